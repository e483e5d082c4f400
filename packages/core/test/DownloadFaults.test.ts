/**
 * Every named fault of a download, against real sockets and real files: the result is exact in the end, or the error
 * names the cause and the target is as it was.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Fault from "@voiceclone/testing/Fault"
import * as NamedFault from "@voiceclone/testing/NamedFault"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Checkpoint from "../src/Checkpoint.ts"
import * as Download from "../src/Download.ts"
import { TaskId } from "../src/Task.ts"
import { hurriedClock, workshop } from "./workshop.ts"

const speech = WavFile.tone({ seconds: 5 })
const total = speech.byteLength
const half = Math.floor(total / 2)
const overlap = 64 * 1024

const save = (id: string, path: string) => Download.Download.use((download) => download.toFile(TaskId(id), path))

interface Expected {
  /** `exact`: the bytes of the result end up at the target; or an error's tag, where nothing may. */
  readonly outcome: string
  /** How many bytes the answers after the first may have, where only the rest is to be fetched. */
  readonly refetched?: number
  /** What stands beside the target after an error. */
  readonly left?: ReadonlyArray<string>
}

const exact = { outcome: "exact" } as const
const rest = { outcome: "exact", refetched: total - half } as const
const restAndOverlap = { outcome: "exact", refetched: total - half + overlap } as const
const typed = (outcome: string, ...left: ReadonlyArray<string>): Expected => ({ outcome, left })
const kept = ["speech.wav.corrupt"]

const expected: Partial<Record<NamedFault.Name, Expected>> = {
  "reset-halfway": exact,
  "etag-strong": rest,
  "etag-weak": restAndOverlap,
  "etag-absent": restAndOverlap,
  "etag-unquoted": restAndOverlap,
  "last-modified-alone": restAndOverlap,
  "repr-digest": rest,
  "range-ignored": exact,
  "206-from-zero": exact,
  "206-without-content-range": exact,
  "206-multipart": exact,
  "206-short": rest,
  "206-short-without-etag": exact,
  "206-total-unknown": rest,
  "206-short-total-unknown": exact,
  "206-of-another-place": exact,
  "206-with-the-whole": exact,
  "206-with-more": exact,
  "206-encoded": exact,
  "206-total-lies": exact,
  "206-nonsense": exact,
  "206-of-endless-numbers": exact,
  "416-with-content-range": { outcome: "exact", refetched: 100 },
  "416-without-content-range": exact,
  "416-though-more-is-left": exact,
  "etag-changes": exact,
  "etag-changes-if-range-ignored": exact,
  "etag-changes-and-is-withheld": exact,
  "total-changes": exact,
  "changes-silently": exact,
  "ten-resets": exact,
  "short-body": restAndOverlap,
  "content-length-too-large": exact,
  "content-length-too-small": exact,
  "content-length-always-too-small": typed("ResultCorrupt", ...kept),
  "chunked-without-end": restAndOverlap,
  "close-delimited": exact,
  "close-delimited-cut-short": restAndOverlap,
  gzip: typed("ResultCorrupt"),
  "extra-bytes": exact,
  "extra-bytes-announced": typed("ResultCorrupt", ...kept),
  "empty-200": typed("ResultCorrupt"),
  "empty-200-chunked": exact,
  "html-200": typed("ResultCorrupt", ...kept),
  "json-200": typed("ResultCorrupt", ...kept),
  "riff-size-0": exact,
  "riff-size-largest": exact,
  "riff-size-0-unproven": typed("ResultCorrupt", ...kept),
  "repr-digest-wrong": typed("ResultCorrupt", ...kept),
  "stalled-head": exact,
  "stalled-body": exact,
  "closed-while-held-back": exact,
}

const download = [...NamedFault.names("resuming"), ...NamedFault.names("body")]

/** A disk that takes its time, so that the sender is held back. */
const slowDisk = Layer.effect(
  FileSystem.FileSystem,
  Effect.map(FileSystem.FileSystem, (fs) => ({
    ...fs,
    open: (...args: Parameters<typeof fs.open>) =>
      Effect.map(
        fs.open(...args),
        (file) =>
          new Proxy(file, {
            get: (file, key) => {
              const value: unknown =
                key === "writeAll"
                  ? (buffer: Uint8Array) => Effect.andThen(Effect.sleep(100), file.writeAll(buffer))
                  : Reflect.get(file, key)
              return typeof value === "function" ? value.bind(file) : value
            },
          }),
      ),
  })),
).pipe(Layer.provide(NodeFileSystem.layer))

describe("A download meets", () => {
  it.live.each(download)("%s", (name) =>
    Effect.gen(function* () {
      const scenario = NamedFault.scenario(name, { lifecycle: ["completed"], speech })
      const { api, directory, disk, files, run } = yield* workshop(scenario, {
        answerTimeout: "10 seconds",
        ...(name === "closed-while-held-back" ? { fileSystem: slowDisk } : {}),
      })
      const { outcome, refetched, left = [] } = expected[name] ?? typed("a fault without an expectation")
      const path = `${directory}/speech.wav`
      yield* disk.writeFileString(path, "as it was")
      const versions = scenario.speech ?? speech
      const right = versions instanceof Uint8Array ? versions : versions.at(-1)
      const result = yield* run(save(api.addTask(), path)).pipe(
        Effect.provideService(Clock.Clock, hurriedClock),
        Effect.result,
      )
      if (outcome === "exact") {
        if (result._tag === "Failure") return assert.fail(result.failure.message)
        // compared here, because a difference of so many bytes takes minutes to be spelled out
        assert.strictEqual(Buffer.compare(yield* disk.readFile(path), right ?? speech), 0, "wrong bytes were saved")
        assert.deepStrictEqual(yield* files, ["speech.wav"])
      } else {
        assert.strictEqual(result._tag === "Failure" ? result.failure._tag : "saved", outcome)
        assert.strictEqual(yield* disk.readFileString(path), "as it was")
        assert.deepStrictEqual(yield* files, ["speech.wav", ...left])
      }
      for (const { headers } of api.requests) assert.notMatch(headers["if-range"] ?? "", /^W\//)
      const [, ...later] = api.requestsOf("result")
      const sent = later.reduce((sum, { answer }) => sum + (answer?.bytes ?? 0), 0)
      if (refetched !== undefined) assert.isAtMost(sent, refetched, "bytes fetched again")
      assert.isAtMost(api.requests.length, name === "206-short" ? 8 : 12)
    }),
  )
})

describe("What an earlier run has left", () => {
  /** Broken off in the middle; then `meddle` with what is left, and saved by another run. */
  const again = Effect.fnUntraced(function* (
    meddle: (
      files: { readonly part: string; readonly checkpoint: string },
      disk: FileSystem.FileSystem,
    ) => Effect.Effect<unknown, unknown>,
    serving: Parameters<typeof workshop>[0] = {},
  ) {
    const { api, directory, disk, files, run } = yield* workshop({
      lifecycle: ["completed"],
      speech,
      serving: { etag: "strong" },
      faults: [
        Fault.on("result", 1, Fault.cutShort(half)),
        ...[2, 3, 4, 5, 6].map((attempt) => Fault.on("result", attempt, Fault.answer(503))),
      ],
      ...serving,
    })
    const path = `${directory}/speech.wav`
    const id = api.addTask()
    const attempt = Effect.provideService(run(save(id, path)), Clock.Clock, hurriedClock)
    assert.strictEqual((yield* Effect.flip(attempt))._tag, "ServerUnavailable")
    assert.deepStrictEqual(yield* files, ["speech.wav.part", "speech.wav.part.json"])
    const before = api.requests.length
    yield* meddle({ part: `${path}.part`, checkpoint: `${path}.part.json` }, disk)
    yield* attempt
    assert.deepStrictEqual(yield* disk.readFile(path), new Uint8Array(speech))
    assert.deepStrictEqual(yield* files, ["speech.wav"])
    return api.requests.slice(before).map(({ headers }) => headers["range"])
  })
  const changed = (text: string, change: object) => Checkpoint.encode({ ...Checkpoint.decode(text)!, ...change })

  it.live("is gone on with, and no byte of it fetched again", () =>
    Effect.map(
      again(() => Effect.void),
      (ranges) => assert.deepStrictEqual(ranges, [`bytes=${half}-`]),
    ),
  )

  it.live("leaves no draft of a checkpoint, and writes nowhere that a link in its place leads to", () =>
    again(({ checkpoint, part }, disk) => disk.symlink(part, `${checkpoint}.tmp`)),
  )

  it.live("is trusted as far as its checkpoint goes", () =>
    Effect.gen(function* () {
      const ranges = yield* again(({ part }, disk) => disk.writeFile(part, new Uint8Array(50_000), { flag: "a" }))
      assert.deepStrictEqual(ranges, [`bytes=${half}-`])
    }),
  )

  const untrusted: ReadonlyArray<[what: string, meddle: Parameters<typeof again>[0]]> = [
    ["without a checkpoint", ({ checkpoint }, disk) => disk.remove(checkpoint)],
    ["with bytes that someone changed", ({ part }, disk) => disk.writeFile(part, new Uint8Array(half))],
    ["that is shorter than its checkpoint says", ({ part }, disk) => disk.truncate(part, 1000)],
    ["without the file", ({ part }, disk) => disk.remove(part)],
    ["with half of a checkpoint", ({ checkpoint }, disk) => disk.truncate(checkpoint, 50)],
    ["with an empty checkpoint", ({ checkpoint }, disk) => disk.truncate(checkpoint, 0)],
    ...(["[]", "null", "{}", "not JSON", '{"version":2}'] as const).map(
      (text): [string, Parameters<typeof again>[0]] => [
        `with ${text} as its checkpoint`,
        ({ checkpoint }, disk) => disk.writeFileString(checkpoint, text),
      ],
    ),
    ...(
      [{ taskId: "task-2" }, { server: "another" }, { bytes: 2 * total }, { bytes: -1 }, { sha256: "" }] as const
    ).map((change): [string, Parameters<typeof again>[0]] => [
      `whose checkpoint has ${JSON.stringify(change)}`,
      ({ checkpoint }, disk) =>
        Effect.flatMap(disk.readFileString(checkpoint), (text) =>
          disk.writeFileString(checkpoint, changed(text, change)),
        ),
    ]),
  ]
  it.live.each(untrusted)("is not trusted %s", ([, meddle]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* again(meddle), [undefined])
    }),
  )

  it.live.each([{ total: half }, { total: 3 * total }, { etag: '"another"' }, { reprDigest: "00" }] as const)(
    "gives way to what the server says: %j",
    (change) =>
      again(({ checkpoint }, disk) =>
        Effect.flatMap(disk.readFileString(checkpoint), (text) =>
          disk.writeFileString(checkpoint, changed(text, change)),
        ),
      ),
  )
})

describe("A download by several connections meets", () => {
  const large = WavFile.tone({ seconds: 400 })
  const other = large.map((byte, index) => (index < 44 ? byte : byte ^ 0x55))
  const strong = { serving: { etag: "strong" } } as const
  const parts = (misbehaviour: Fault.Misbehaviour, ...attempts: ReadonlyArray<number>) =>
    Fault.on("result", attempts, Fault.onParts(misbehaviour))
  const cases: ReadonlyArray<[what: string, scenario: Parameters<typeof workshop>[0], outcome: string]> = [
    ["no trouble", strong, "saved"],
    ["a server without validators", {}, "saved"],
    ["a server without ranges", { serving: { etag: "strong", ranges: "ignored" } }, "saved"],
    ["parts that are shorter than asked", { serving: { etag: "strong", partBytes: 1_000_000 } }, "saved"],
    ["resets", { ...strong, faults: [Fault.on("result", [1, 3, 4], Fault.reset({ afterSent: 100_000 }))] }, "saved"],
    ["a busy server", { ...strong, faults: [Fault.on("result", [2, 3], Fault.answer(503))] }, "saved"],
    [
      "the whole instead of a part",
      { ...strong, faults: [parts({ answer: (r) => ({ ...r, body: large }) }, 3)] },
      "saved",
    ],
    ["a part without Content-Range", { ...strong, faults: [parts(Fault.without("content-range"), 3)] }, "saved"],
    ["another version in between", { ...strong, speech: [other, other, large] }, "saved"],
    [
      "another version, and If-Range is ignored",
      { serving: { etag: "strong", ifRange: "ignored" }, speech: [other, other, large] },
      "saved",
    ],
    ["nothing to fetch", { ...strong, speech: new Uint8Array() }, "ResultCorrupt"],
    ["an expiry in between", { ...strong, faults: [Fault.on("result", 3, Fault.answer(410))] }, "ResultExpired"],
  ]
  it.live.each(cases)("%s", ([, scenario, outcome]) =>
    Effect.gen(function* () {
      const { api, directory, disk, run } = yield* workshop(
        { lifecycle: ["completed"], speech: large, ...scenario },
        // none of these stalls, and a busy machine takes its time over so large a result
        { answerTimeout: "20 minutes" },
      )
      const path = `${directory}/speech.wav`
      const result = yield* run(
        Download.Download.use((download) => download.toFile(TaskId(api.addTask()), path, { connections: 3 })),
      ).pipe(Effect.provideService(Clock.Clock, hurriedClock), Effect.result)
      assert.strictEqual(result._tag === "Failure" ? result.failure._tag : "saved", outcome)
      if (outcome === "saved") assert.strictEqual(Buffer.compare(yield* disk.readFile(path), large), 0)
      else assert.isFalse(yield* disk.exists(path))
    }),
  )
})
