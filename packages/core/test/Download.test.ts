import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeHttpClient from "@voiceclone/testing/FakeHttpClient"
import * as Fault from "@voiceclone/testing/Fault"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as PlatformError from "effect/PlatformError"
import * as Schedule from "effect/Schedule"
import { createHash } from "node:crypto"
import * as Download from "../src/Download.ts"
import * as InMemory from "../src/InMemory.ts"
import * as JobEvent from "../src/JobEvent.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import { TaskId } from "../src/Task.ts"
import * as VoiceCloneClient from "../src/VoiceCloneClient.ts"
import { digestLayer, workshop } from "./workshop.ts"

const speech = WavFile.tone({ seconds: 5 })

const completed = (...misbehaviours: ReadonlyArray<Fault.Misbehaviour>): FakeApi.Scenario => ({
  lifecycle: ["completed"],
  speech,
  faults: misbehaviours.map((misbehaviour, i) => Fault.on("result", i + 1, misbehaviour)),
})

const save = (id: string, path: string) => Download.Download.use((download) => download.toFile(TaskId(id), path))

describe("Download.toFile", () => {
  it.live("saves the bytes as they are, and says what they are", () =>
    Effect.gen(function* () {
      const { api, directory, disk, events, files, run } = yield* workshop(completed())
      const path = `${directory}/speech.wav`
      const saved = yield* run(save(api.addTask(), path))
      assert.deepStrictEqual(saved, {
        taskId: TaskId("task-1"),
        path,
        bytes: speech.byteLength,
        sha256: createHash("sha256").update(speech).digest("hex"),
        format: { sampleRate: 22_050, bitsPerSample: 16, channels: 1 },
        seconds: 5,
      })
      assert.deepStrictEqual(yield* disk.readFile(path), new Uint8Array(speech))
      assert.deepStrictEqual(yield* files, ["speech.wav"])
      const tags = events.map(({ _tag }) => _tag)
      assert.deepStrictEqual([...new Set(tags)], ["Downloading", "Verified", "Saved"])
      const last = events.findLast((event) => event._tag === "Downloading")
      assert.deepInclude(last, { receivedBytes: speech.byteLength, totalBytes: speech.byteLength })
    }),
  )

  const survived: ReadonlyArray<[string, Fault.Misbehaviour]> = [
    ["no body", Fault.reset()],
    ["a reset at once", Fault.reset({ afterSent: 0 })],
    ["a reset halfway", Fault.reset({ afterSent: 100_000 })],
    ["a short body", Fault.cutShort(100_000)],
    ["a body cut within its header", Fault.cutShort(30, "close")],
    ["chunks without an end", Fault.cutShort(100_000, "chunked")],
    ["a body that only ends, too soon", Fault.cutShort(100_000, "close")],
    ["a body that only ends, before it begins", Fault.cutShort(0, "close")],
    ["a busy server", Fault.answer(503)],
    ["a limit", Fault.answer(429)],
    ["nothing for a result", Fault.cutShort(0, "close")],
  ]
  it.live.each(survived)("survives %s", ([, misbehaviour]) =>
    Effect.gen(function* () {
      const { api, directory, disk, events, files, run } = yield* workshop(completed(misbehaviour, misbehaviour))
      const path = `${directory}/speech.wav`
      yield* run(save(api.addTask(), path))
      assert.deepStrictEqual(yield* disk.readFile(path), new Uint8Array(speech))
      assert.deepStrictEqual(yield* files, ["speech.wav"])
      assert.strictEqual(api.requestsOf("result").length, 3)
      assert.strictEqual(events.filter(({ _tag }) => _tag === "Retrying").length, 2)
    }),
  )

  it.live.each(["chunked", "close"] as const)("takes a whole result without Content-Length (%s)", (framing) =>
    Effect.gen(function* () {
      const { api, directory, disk, run } = yield* workshop(completed(Fault.framing(framing)))
      yield* run(save(api.addTask(), `${directory}/speech.wav`))
      assert.deepStrictEqual(yield* disk.readFile(`${directory}/speech.wav`), new Uint8Array(speech))
    }),
  )

  const wav = { "content-type": "audio/wav" }
  const refused: ReadonlyArray<[string, Fault.Misbehaviour, string, RegExp]> = [
    ["a web page", Fault.html(200), "ResultCorrupt", /HTML/],
    ["JSON", Fault.answer(200, { body: '{"detail":"Task not completed yet"}' }), "ResultCorrupt", /JSON/],
    ["nothing", Fault.answer(200, { headers: wav, body: "" }), "ResultCorrupt", /empty/],
    ["gzip", Fault.headers({ "content-encoding": "gzip" }), "ResultCorrupt", /gzip/],
    [
      "extra bytes",
      Fault.answer(200, { headers: wav, body: new Uint8Array([...speech, 1, 2, 3]) }),
      "ResultCorrupt",
      /longer/,
    ],
    ["401", Fault.answer(401), "InvalidApiKey", /key/],
    ["403", Fault.answer(403), "AccessDenied", /another user/],
    ["404", Fault.answer(404), "TaskNotFound", /task-1/],
    ["409", Fault.answer(409), "TaskNotReady", /processing/],
    ["410", Fault.answer(410), "ResultExpired", /expired/],
  ]
  it.live.each(refused)("refuses %s, and leaves what stands at the target", ([, misbehaviour, tag, reason]) =>
    Effect.gen(function* () {
      const { api, directory, disk, files, run } = yield* workshop(completed(misbehaviour))
      const path = `${directory}/speech.wav`
      yield* disk.writeFileString(path, "as it was")
      const error = yield* Effect.flip(run(save(api.addTask(), path)))
      assert.strictEqual(error._tag, tag)
      assert.match(error.message, reason)
      assert.strictEqual(yield* disk.readFileString(path), "as it was")
      // what is wrong can be looked at, where there is something
      const aside = tag === "ResultCorrupt" && !/empty|gzip/.test(error.message) ? ["speech.wav.corrupt"] : []
      assert.deepStrictEqual(yield* files, ["speech.wav", ...aside])
      assert.strictEqual(api.requests.length, 1, "not repeated")
    }),
  )

  it.live("gives up in the end, with the last error, and keeps what it has", () =>
    Effect.gen(function* () {
      const { api, directory, files, run } = yield* workshop({
        ...completed(),
        faults: [Fault.on("result", "every", Fault.cutShort(1000, "close"))],
      })
      const error = yield* Effect.flip(run(save(api.addTask(), `${directory}/speech.wav`)))
      assert.strictEqual(error._tag, "ConnectionFailed")
      assert.deepStrictEqual(yield* files, ["speech.wav.part", "speech.wav.part.json"])
      // the first that came, and those that came no further
      assert.strictEqual(api.requests.length, 1 + 5)
    }),
  )

  it.live("ends on the wire when it is interrupted, and goes on where it stood", () =>
    Effect.gen(function* () {
      const { api, directory, disk, events, files, run, server } = yield* workshop({
        ...completed(Fault.stall({ afterSent: 100_000 })),
        serving: { etag: "strong" },
      })
      const path = `${directory}/speech.wav`
      const id = api.addTask()
      const fiber = yield* Effect.forkChild(run(save(id, path)))
      while (!events.some(({ _tag }) => _tag === "Downloading")) yield* Effect.sleep(5)
      yield* Effect.sleep(50)
      assert.deepStrictEqual(yield* files, ["speech.wav.part", "speech.wav.part.json", "speech.wav.part.lock"])
      assert.strictEqual((yield* Effect.flip(run(save(id, path))))._tag, "TargetBusy")
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* files, ["speech.wav.part", "speech.wav.part.json"])
      while (server.connections.open > 0) yield* Effect.sleep(5)
      assert.strictEqual(api.requests[0]?.outcome, "aborted")
      yield* run(save(id, path))
      assert.deepStrictEqual(yield* disk.readFile(path), new Uint8Array(speech))
      assert.deepStrictEqual(yield* files, ["speech.wav"])
      assert.deepStrictEqual(
        api.requests.map(({ headers }) => headers["range"]),
        [undefined, "bytes=100000-"],
      )
    }),
  )

  it.live("says that the disk is full, and keeps what stood there", () =>
    Effect.gen(function* () {
      const full = Layer.effect(
        FileSystem.FileSystem,
        Effect.map(FileSystem.FileSystem, (fs) => ({
          ...fs,
          open: (...args: Parameters<typeof fs.open>) =>
            Effect.map(fs.open(...args), (file) => {
              const writeAll: typeof file.writeAll = (buffer) =>
                Effect.suspend(() => ((space -= buffer.byteLength) < 0 ? noSpace : file.writeAll(buffer)))
              return new Proxy(file, {
                get: (file, key) => {
                  const value: unknown = key === "writeAll" ? writeAll : Reflect.get(file, key)
                  return typeof value === "function" ? value.bind(file) : value
                },
              })
            }),
        })),
      ).pipe(Layer.provide(NodeFileSystem.layer))
      const speech = WavFile.tone({ seconds: 20 })
      let space = 600_000
      const { api, directory, disk, files, run } = yield* workshop(
        { ...completed(), speech, serving: { etag: "strong" } },
        { fileSystem: full },
      )
      const path = `${directory}/speech.wav`
      yield* disk.writeFileString(path, "as it was")
      const id = api.addTask()
      const error = yield* Effect.flip(run(save(id, path)))
      assert.strictEqual(error._tag, "TargetUnwritable")
      assert.match(error.message, /the disk is full/)
      assert.strictEqual(yield* disk.readFileString(path), "as it was")
      assert.deepStrictEqual(yield* files, ["speech.wav", "speech.wav.part", "speech.wav.part.json"])
      // someone makes room
      space = 2_000_000
      yield* run(save(id, path))
      assert.deepStrictEqual(yield* disk.readFile(path), new Uint8Array(speech))
      assert.match(api.requests.at(-1)?.headers["range"] ?? "", /^bytes=[1-9]\d+-$/, "only the rest is fetched")
    }),
  )

  const untold: ReadonlyArray<[string, (buffer: Uint8Array) => Uint8Array]> = [
    ["has lost some of it", (buffer) => buffer.subarray(0, 100)],
    ["has more than it was given", (buffer) => new Uint8Array(buffer.buffer)],
  ]
  it.live.each(untold)("takes no file for saved that %s, without a word", ([, twist]) =>
    Effect.gen(function* () {
      let twists = true
      const untrue = Layer.effect(
        FileSystem.FileSystem,
        Effect.map(FileSystem.FileSystem, (fs) => ({
          ...fs,
          open: (...args: Parameters<typeof fs.open>) =>
            Effect.map(fs.open(...args), (file) => {
              const writeAll: typeof file.writeAll = (buffer) => file.writeAll(twists ? twist(buffer) : buffer)
              return new Proxy(file, {
                get: (file, key) => {
                  const value: unknown = key === "writeAll" ? writeAll : Reflect.get(file, key)
                  return typeof value === "function" ? value.bind(file) : value
                },
              })
            }),
        })),
      ).pipe(Layer.provide(NodeFileSystem.layer))
      const { api, directory, disk, run } = yield* workshop(completed(), { fileSystem: untrue })
      const path = `${directory}/speech.wav`
      yield* disk.writeFileString(path, "as it was")
      const id = api.addTask()
      const error = yield* Effect.flip(run(save(id, path)))
      assert.strictEqual(error._tag, "TargetUnwritable")
      assert.match(error.message, /bytes stand in it/)
      assert.strictEqual(yield* disk.readFileString(path), "as it was")
      twists = false
      yield* run(save(id, path))
      assert.deepStrictEqual(yield* disk.readFile(path), new Uint8Array(speech))
    }),
  )

  it.live("fetches nothing twice where what is whole could not get its name", () =>
    Effect.gen(function* () {
      const { api, directory, disk, files, run } = yield* workshop(completed())
      const path = `${directory}/speech.wav`
      const id = api.addTask()
      // whoever stands there has come meanwhile
      const inTheWay = Effect.provideService(save(id, path), JobEvent.Listener, ({ _tag }) =>
        _tag === "Verified" ? Effect.orDie(disk.makeDirectory(path)) : Effect.void,
      )
      assert.strictEqual((yield* Effect.flip(run(inTheWay)))._tag, "TargetUnwritable")
      yield* disk.remove(path, { recursive: true })
      yield* run(save(id, path))
      assert.deepStrictEqual(yield* disk.readFile(path), new Uint8Array(speech))
      assert.deepStrictEqual(yield* files, ["speech.wav"])
      assert.strictEqual(api.requestsOf("result").length, 1)
    }),
  )
})

const noSpace = Effect.fail(
  PlatformError.systemError({
    module: "FileSystem",
    method: "writeAll",
    _tag: "Unknown",
    cause: Object.assign(new Error("no space left on device"), { code: "ENOSPC" }),
  }),
)

describe("InMemory.receive", () => {
  it.live("believes no transport that takes a short body for whole", () =>
    Effect.gen(function* () {
      const api = FakeApi.make({
        lifecycle: ["completed"],
        speech,
        faults: [
          Fault.on("result", "every", Fault.framing("chunked")),
          Fault.on("result", "every", Fault.headers({ "content-length": String(speech.byteLength + 1) })),
        ],
      })
      const error = yield* InMemory.receive(TaskId(api.addTask())).pipe(
        Effect.provide(
          Layer.merge(Layer.provide(VoiceCloneClient.layer({ apiKey: "key" }), FakeHttpClient.layer(api)), digestLayer),
        ),
        Effect.provideService(RetryPolicy.RetryPolicy, { schedule: Schedule.recurs(0) }),
        Effect.flip,
      )
      assert.strictEqual(error._tag, "ConnectionFailed")
      assert.match(error.message, /closed 1 bytes too early/)
    }),
  )

  it.live("holds the result in memory, after a retry too", () =>
    Effect.gen(function* () {
      const { api, run } = yield* workshop(completed(Fault.cutShort(100_000)))
      const { data, ...received } = yield* run(InMemory.receive(TaskId(api.addTask())))
      assert.deepStrictEqual(data, new Uint8Array(speech))
      assert.deepInclude(received, { bytes: speech.byteLength, seconds: 5 })
    }),
  )
})
