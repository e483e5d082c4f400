/**
 * Any server, any break, anything left by an earlier run: the target holds the bytes of one result, or what it held.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Fault from "@voiceclone/testing/Fault"
import * as SeededRandom from "@voiceclone/testing/SeededRandom"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as fc from "fast-check"
import { createHash } from "node:crypto"
import * as Checkpoint from "../src/Checkpoint.ts"
import * as Download from "../src/Download.ts"
import * as InMemory from "../src/InMemory.ts"
import { TaskId } from "../src/Task.ts"
import { forAll, runsOf } from "./property.ts"
import { hurriedClock, workshop } from "./workshop.ts"

const runs = 60
const within = 1000 * runsOf(runs)

type ValueOf<A> = A extends fc.Arbitrary<infer T> ? T : never

/** Bytes that come again nowhere, told by a number. */
const noise = (salt: number, length: number) => SeededRandom.make(salt).bytes(length)

/** A place in a result, counted from its beginning over and over. */
const place = fc.nat(200_000)

/** A result. */
type Speech = ValueOf<typeof speech>
const speech = fc.record({
  salt: fc.nat(1000),
  samples: fc.integer({ min: 1, max: 100_000 }),
  sizes: fc.constantFrom("exact", "exact", "exact", "zero"),
})

const wavOf = ({ salt, samples, sizes }: Speech) => WavFile.make({ data: noise(salt, 2 * samples), sizes })

const serving = fc.record({
  etag: fc.constantFrom("none", "weak", "strong"),
  lastModified: fc.boolean(),
  reprDigest: fc.constantFrom("none", "none", "right"),
  ranges: fc.constantFrom("honoured", "honoured", "ignored"),
  ifRange: fc.constantFrom("honoured", "ignored"),
  partBytes: fc.constantFrom(1_000_000, 1_000_000, 70_000, 500),
})

const framing = fc.constantFrom("length", "length", "chunked", "close")

/** What goes wrong with one answer. */
type Trouble = ValueOf<typeof trouble>
const trouble = fc.oneof(
  fc.record({ how: fc.constant("answered"), status: fc.constantFrom(503, 502, 500, 429) }),
  fc.record({ how: fc.constant("unanswered") }),
  fc.record({ how: fc.constant("cut"), at: place, framing }),
  fc.record({ how: fc.constant("reset"), at: place }),
  fc.record({ how: fc.constant("stalled"), at: place }),
  fc.record({ how: fc.constant("overstated"), by: fc.constantFrom(1, 1000) }),
)

const misbehaviour = (total: number, trouble: Trouble): Fault.Misbehaviour => {
  switch (trouble.how) {
    case "answered":
      return Fault.answer(trouble.status)
    case "unanswered":
      return Fault.reset()
    case "cut":
      return Fault.cutShort(trouble.at % total, trouble.framing)
    case "reset":
      return Fault.reset({ afterSent: trouble.at % total })
    case "stalled":
      return Fault.stall({ afterSent: trouble.at % total })
    case "overstated":
      return Fault.contentLengthOff(trouble.by)
  }
}

/** Parts whose head says less. */
const withholding = (what: "nothing" | "the entity tag" | "the size of the whole"): Fault.Misbehaviour =>
  Fault.onParts(
    what === "the entity tag"
      ? Fault.without("etag")
      : {
          answer: (right) => {
            const { "content-range": range = "", ...headers } = right.headers
            const field = what === "nothing" ? range : range.replace(/\d+$/, "*")
            return { ...right, headers: { ...headers, "content-range": field } }
          },
        },
  )

/** What lies beside the target. */
type Litter = ValueOf<typeof litter>
const litter = fc.record({
  part: fc.constantFrom("absent", "empty", "stranger", "start", "start and more", "whole and more"),
  length: place,
  checkpoint: fc.constantFrom("absent", "right", "right", "right", "right", "cut", "doubled", "zeros"),
  ofTask: fc.constantFrom("ours", "ours", "another"),
  ofServer: fc.constantFrom("the server", "the server", "another"),
  bytes: fc.option(fc.nat(400_000), { nil: undefined }),
  total: fc.constantFrom(undefined, "right", "wrong"),
  etag: fc.constantFrom(undefined, undefined, '"of long ago"', '"two lines\r\nx-injected: 1"'),
  reprDigest: fc.constantFrom(undefined, undefined, "f".repeat(64)),
})

const leave = Effect.fnUntraced(function* (
  disk: FileSystem.FileSystem,
  path: string,
  taskId: string,
  speech: Uint8Array,
  litter: Litter,
) {
  const length = litter.length % speech.byteLength
  const start = speech.subarray(0, length)
  const part = {
    absent: new Uint8Array(),
    empty: new Uint8Array(),
    stranger: noise(1, length % 1000),
    start,
    "start and more": new Uint8Array([...start, ...noise(2, 1000)]),
    "whole and more": new Uint8Array([...speech, ...noise(2, 1000)]),
  }[litter.part]
  const vouched = Math.min(length, part.byteLength)
  // a checkpoint vouches for what is there, or for something else; never for a stranger's bytes that are there
  const isOurs = Buffer.compare(part.subarray(0, vouched), speech.subarray(0, vouched)) === 0
  const { etag, reprDigest, total } = litter
  const text = Checkpoint.encode({
    taskId: litter.ofTask === "ours" ? taskId : litter.ofTask,
    server: litter.ofServer,
    bytes: litter.bytes ?? vouched,
    sha256: isOurs ? createHash("sha256").update(part.subarray(0, vouched)).digest("hex") : "0".repeat(64),
    ...(total === undefined ? {} : { total: total === "right" ? speech.byteLength : 1 + length }),
    ...(etag === undefined ? {} : { etag }),
    ...(reprDigest === undefined ? {} : { reprDigest }),
  })
  const written = {
    right: text,
    cut: text.slice(0, length % text.length),
    doubled: text + text,
    zeros: "\0".repeat(99),
  }
  if (litter.part !== "absent") yield* disk.writeFile(`${path}.part`, part)
  if (litter.checkpoint !== "absent") yield* disk.writeFileString(`${path}.part.json`, written[litter.checkpoint])
})

const scenario = fc.record({
  speech,
  /** What the result is after some answers. */
  last: fc.constantFrom("the same", "the same", "another", "another of the same size"),
  another: speech,
  answersBefore: fc.nat(3),
  serving,
  framing,
  /** What parts leave out of their head. */
  withheld: fc.constantFrom("nothing", "nothing", "the entity tag", "the size of the whole"),
  pieces: fc.array(fc.nat(40_000), { maxLength: 8 }),
  troubles: fc.array(trouble, { maxLength: 7 }),
  litter: fc.option(litter, { freq: 2, nil: undefined }),
  /** After how many milliseconds the first attempts are broken off. */
  patience: fc.array(fc.constantFrom(60_000, 2000, 100), { minLength: 5, maxLength: 5 }),
})

const save = (id: string, path: string) => Download.Download.use((download) => download.toFile(TaskId(id), path))

describe.concurrent("A download", () => {
  it(
    "ends with the bytes of one result, or as it was; and when the trouble is over, with the result",
    () =>
      forAll(
        scenario,
        Effect.fnUntraced(function* ({ answersBefore, framing, pieces, troubles, withheld, ...given }) {
          const first = wavOf(given.speech)
          const others = {
            "the same": first,
            another: wavOf(given.another),
            "another of the same size": wavOf({ ...given.speech, salt: given.speech.salt + 1 }),
          }
          const last = others[given.last]
          const { api, directory, disk, files, run } = yield* workshop(
            {
              lifecycle: ["completed"],
              speech: [first, ...Array.from({ length: answersBefore }, () => first), last],
              serving: given.serving,
              faults: [
                ...(framing === "length" ? [] : [Fault.on("result", "every", Fault.framing(framing))]),
                Fault.on("result", "every", withholding(withheld)),
                Fault.on("result", "every", Fault.inPieces(pieces)),
                ...troubles.map((trouble, i) => Fault.on("result", i + 1, misbehaviour(first.byteLength, trouble))),
              ],
            },
            { answerTimeout: "5 seconds" },
          )
          const path = `${directory}/speech.wav`
          const id = api.addTask()
          yield* disk.writeFileString(path, "as it was")
          if (given.litter !== undefined) yield* leave(disk, path, id, first, given.litter)
          const whole = (bytes: Uint8Array) => [first, last].some((version) => Buffer.compare(version, bytes) === 0)
          for (let tries = 0; tries < 20; tries++) {
            const outcome = yield* run(save(id, path)).pipe(
              Effect.timeoutOption(given.patience[tries] ?? "10 minutes"),
              Effect.provideService(Clock.Clock, hurriedClock),
              Effect.result,
            )
            const stands = yield* disk.readFile(path)
            if (outcome._tag === "Success" && outcome.success._tag === "Some") {
              assert.isTrue(whole(stands), "wrong bytes were saved")
              assert.strictEqual(outcome.success.value.bytes, stands.byteLength)
              const left = (yield* files).filter((name) => !name.endsWith(".corrupt"))
              assert.deepStrictEqual(left, ["speech.wav"])
              return
            }
            // one that was told to stop may have been done with the file already
            const untouched = Buffer.compare(stands, Buffer.from("as it was")) === 0
            assert.isTrue(untouched || whole(stands), "a target was touched")
            if (!untouched) return
            if (outcome._tag === "Failure") {
              const { _tag, message } = outcome.failure
              assert.include(
                ["ConnectionFailed", "ServerUnavailable", "TooManyRequests", "ResultCorrupt"],
                _tag,
                message,
              )
              // nothing on the way says where a streamed WAV ends: refused whenever it is asked for
              if (_tag === "ResultCorrupt" && /nor the transport/.test(message)) return
            }
          }
          assert.fail(`never came to an end: ${api.requests.length} requests`)
        }, Effect.scoped),
        { runs, within },
      ),
    2 * within,
  )

  it(
    "into memory ends with the bytes of one result, or with an error",
    () =>
      forAll(
        fc.record({
          speech,
          serving,
          pieces: fc.array(fc.nat(40_000), { maxLength: 8 }),
          troubles: fc.array(trouble, { maxLength: 4 }),
        }),
        Effect.fnUntraced(function* ({ pieces, serving, speech, troubles }) {
          const result = wavOf(speech)
          const { api, run } = yield* workshop(
            {
              lifecycle: ["completed"],
              speech: result,
              serving,
              faults: [
                Fault.on("result", "every", Fault.inPieces(pieces)),
                ...troubles.map((trouble, i) => Fault.on("result", i + 1, misbehaviour(result.byteLength, trouble))),
              ],
            },
            { answerTimeout: "5 seconds" },
          )
          const outcome = yield* run(InMemory.receive(TaskId(api.addTask()))).pipe(
            Effect.provideService(Clock.Clock, hurriedClock),
            Effect.result,
          )
          if (outcome._tag === "Success") assert.strictEqual(Buffer.compare(outcome.success.data, result), 0)
        }, Effect.scoped),
        { runs, within },
      ),
    2 * within,
  )
})
