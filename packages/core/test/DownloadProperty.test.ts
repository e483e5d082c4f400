/**
 * Any server, any break, anything left by an earlier run: the target holds the bytes of one result, or what it held.
 *
 * `VOICECLONE_SEED=…` repeats a run, `VOICECLONE_RUNS=…` makes more of them.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Fault from "@voiceclone/testing/Fault"
import * as SeededRandom from "@voiceclone/testing/SeededRandom"
import type { Serving } from "@voiceclone/testing/Serving"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import { createHash } from "node:crypto"
import * as Checkpoint from "../src/Checkpoint.ts"
import * as Download from "../src/Download.ts"
import * as InMemory from "../src/InMemory.ts"
import { TaskId } from "../src/Task.ts"
import { hurriedClock, workshop } from "./workshop.ts"

const runs = Number(process.env["VOICECLONE_RUNS"] ?? 60)
const given = process.env["VOICECLONE_SEED"]
const seeds = (count = runs): ReadonlyArray<number> =>
  given === undefined ? Array.from({ length: count }, () => SeededRandom.make().seed) : [Number(given)]

const save = (id: string, path: string) => Download.Download.use((download) => download.toFile(TaskId(id), path))

const randomServing = ({ pick }: SeededRandom.SeededRandom): Serving => ({
  etag: pick(["strong", "weak", "none"]),
  lastModified: pick([true, false]),
  reprDigest: pick(["right", "none", "none"]),
  ranges: pick(["honoured", "honoured", "ignored"]),
  ifRange: pick(["honoured", "ignored"]),
  ...pick([{}, {}, { partBytes: 70_000 }, { partBytes: 500 }]),
})

const randomSpeech = ({ bytes, int, pick }: SeededRandom.SeededRandom, length = 2 * int(100_000)) =>
  WavFile.make({ data: bytes(length), sizes: pick(["exact", "exact", "exact", "zero"]) })

const randomBreak = ({ int, pick }: SeededRandom.SeededRandom, total: number): Fault.Misbehaviour =>
  pick<() => Fault.Misbehaviour>([
    () => Fault.reset({ afterSent: int(total) }),
    () => Fault.cutShort(int(total), pick(["length", "chunked", "close"])),
    () => Fault.cutShort(int(total)),
    () => Fault.stall({ afterSent: int(total) }),
    () => Fault.answer(pick([429, 500, 502, 503])),
    () => Fault.reset(),
    () => Fault.contentLengthOff(pick([1, 1000])),
  ])()

/** What may lie beside the target: leftovers of any kind. */
const litter = Effect.fnUntraced(function* (
  random: SeededRandom.SeededRandom,
  disk: FileSystem.FileSystem,
  path: string,
  taskId: string,
  speech: Uint8Array,
) {
  const { bytes, int, pick } = random
  const length = int(speech.byteLength)
  const part = pick<() => Uint8Array>([
    () => bytes(int(1000)),
    () => speech.subarray(0, length),
    () => new Uint8Array([...speech.subarray(0, length), ...bytes(1000)]),
    () => new Uint8Array([...speech, ...bytes(1000)]),
    () => new Uint8Array(0),
  ])()
  const vouched = Math.min(length, part.byteLength)
  // a checkpoint vouches for what is there, or for something else; never for a stranger's bytes that are there
  const isOurs = Buffer.compare(part.subarray(0, vouched), speech.subarray(0, vouched)) === 0
  const some = pick<Partial<Checkpoint.Checkpoint>>([{}, { total: speech.byteLength }, { total: int(1_000_000) }])
  const checkpoint: Checkpoint.Checkpoint = {
    taskId: pick([taskId, taskId, "another"]),
    server: pick(["the server", "the server", "another"]),
    bytes: pick([vouched, int(2 * speech.byteLength)]),
    sha256: isOurs ? createHash("sha256").update(part.subarray(0, vouched)).digest("hex") : "0".repeat(64),
    ...some,
    ...pick([{}, {}, { etag: '"of long ago"' }]),
    ...pick([{}, {}, { reprDigest: "f".repeat(64) }]),
  }
  const text = Checkpoint.encode(checkpoint)
  if (int(4) > 0) yield* disk.writeFile(`${path}.part`, part)
  if (int(4) > 0) {
    yield* disk.writeFileString(
      `${path}.part.json`,
      pick([text, text, text, text.slice(0, int(text.length)), `${text}${text}`, "\u0000".repeat(int(100))]),
    )
  }
})

describe("A download", () => {
  it.live(
    "ends with the bytes of one result, or as it was; and when the trouble is over, with the result",
    () =>
      Effect.forEach(
        seeds(),
        (seed) =>
          Effect.gen(function* () {
            const random = SeededRandom.make(seed)
            const { int, pick } = random
            const first = randomSpeech(random)
            const last = pick([first, first, randomSpeech(random), randomSpeech(random, first.byteLength - 44)])
            const change = int(4)
            const troubles = int(8)
            const framing = pick(["length", "length", "chunked", "close"] as const)
            const { api, directory, disk, files, run } = yield* workshop(
              {
                lifecycle: ["completed"],
                speech: [first, ...Array.from({ length: change }, () => first), last],
                serving: randomServing(random),
                faults: [
                  ...(framing === "length" ? [] : [Fault.on("result", "every", Fault.framing(framing))]),
                  ...Array.from({ length: troubles }, (_, i) =>
                    Fault.on("result", i + 1, randomBreak(random, first.byteLength)),
                  ),
                ],
              },
              { answerTimeout: "5 seconds" },
            )
            const path = `${directory}/speech.wav`
            const id = api.addTask()
            yield* disk.writeFileString(path, "as it was")
            if (int(3) === 0) yield* litter(random, disk, path, id, first)
            const hint = `VOICECLONE_SEED=${seed}`
            const whole = (bytes: Uint8Array) => [first, last].some((version) => Buffer.compare(version, bytes) === 0)
            for (let tries = 0; tries < 20; tries++) {
              const patience = `${pick([100, 2000, 60_000])} millis` as const
              const outcome = yield* run(save(id, path)).pipe(
                Effect.timeoutOption(tries < 5 ? patience : "10 minutes"),
                Effect.provideService(Clock.Clock, hurriedClock),
                Effect.result,
              )
              const stands = yield* disk.readFile(path)
              if (outcome._tag === "Success" && outcome.success._tag === "Some") {
                assert.isTrue(whole(stands), `wrong bytes were saved; ${hint}`)
                assert.strictEqual(outcome.success.value.bytes, stands.byteLength, hint)
                const left = (yield* files).filter((name) => !name.endsWith(".corrupt"))
                assert.deepStrictEqual(left, ["speech.wav"], hint)
                return
              }
              // one that was told to stop may have been done with the file already
              const untouched = Buffer.compare(stands, Buffer.from("as it was")) === 0
              assert.isTrue(untouched || whole(stands), `a target was touched; ${hint}`)
              if (!untouched) return
              if (outcome._tag === "Failure") {
                const { _tag } = outcome.failure
                assert.include(
                  ["ConnectionFailed", "ServerUnavailable", "TooManyRequests", "ResultCorrupt"],
                  _tag,
                  `${outcome.failure.message}; ${hint}`,
                )
                // nothing on the way says where a streamed WAV ends: refused whenever it is asked for
                if (_tag === "ResultCorrupt" && /nor the transport/.test(outcome.failure.message)) return
              }
            }
            assert.fail(`never came to an end: ${api.requests.length} requests; ${hint}`)
          }).pipe(Effect.scoped),
        { concurrency: 8, discard: true },
      ),
    1000 * runs,
  )

  it.live(
    "into memory ends with the bytes of one result, or with an error",
    () =>
      Effect.forEach(
        seeds(),
        (seed) =>
          Effect.gen(function* () {
            const random = SeededRandom.make(seed)
            const speech = randomSpeech(random)
            const { api, run } = yield* workshop(
              {
                lifecycle: ["completed"],
                speech,
                serving: randomServing(random),
                faults: Array.from({ length: random.int(5) }, (_, i) =>
                  Fault.on("result", i + 1, randomBreak(random, speech.byteLength)),
                ),
              },
              { answerTimeout: "5 seconds" },
            )
            const outcome = yield* run(InMemory.receive(TaskId(api.addTask()))).pipe(
              Effect.provideService(Clock.Clock, hurriedClock),
              Effect.result,
            )
            if (outcome._tag === "Success") {
              assert.strictEqual(
                Buffer.compare(outcome.success.data, speech),
                0,
                `wrong bytes; VOICECLONE_SEED=${seed}`,
              )
            }
          }).pipe(Effect.scoped),
        { concurrency: 8, discard: true },
      ),
    1000 * runs,
  )
})
