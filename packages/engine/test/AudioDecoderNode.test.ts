import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { once } from "node:events"
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Worker } from "node:worker_threads"
import * as AudioDecoder from "../src/AudioDecoder.ts"
import * as AudioDecoderNode from "../src/AudioDecoderNode.ts"
import { isInstalled } from "../src/internal/ffmpeg.ts"
import { encodeWav, sample, sampleNames, sine } from "./audioFiles.ts"

const decode = (bytes: Uint8Array, options?: AudioDecoderNode.Options) =>
  AudioDecoder.AudioDecoder.use((decoder) => decoder.decode(bytes)).pipe(
    Effect.provide(AudioDecoderNode.layer(options)),
  )

/** Decodes in a thread that runs this script instead. */
const decodeBy = (script: string, threads: Array<Worker> = []) =>
  decode(sample("mono.flac"), {
    spawn: () => {
      const thread = new Worker(script, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } })
      threads.push(thread)
      return thread
    },
  })

/** A stand-in for ffmpeg: it answers the question for its version, and then does as the script says. */
const stubFfmpeg = Effect.fnUntraced(function* (script: string) {
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "stub-ffmpeg-"))),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true })),
  )
  const path = join(directory, "ffmpeg")
  writeFileSync(join(directory, "tone.wav"), encodeWav([sine(500, 22_050, 1)], { rate: 22_050 }))
  writeFileSync(path, `#!/bin/sh\n[ "$1" = -version ] && exit 0\ncd "$(dirname "$0")"\n${script}\n`)
  chmodSync(path, 0o755)
  return path
})

/** More with SAMPLE_FUZZ_THREADS=2000 in the environment. */
const threadRuns = Number(process.env["SAMPLE_FUZZ_THREADS"] ?? 20)

const hasFfmpeg = await Effect.runPromise(isInstalled("ffmpeg"))
const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith("voiceclone-sample-"))

describe("AudioDecoderNode", () => {
  it.live.each(sampleNames)("decodes %s in a thread as in place", (name) =>
    Effect.gen(function* () {
      const inPlace = yield* AudioDecoder.AudioDecoder.use((decoder) => decoder.decode(sample(name))).pipe(
        Effect.provide(AudioDecoderNode.layerInProcess),
      )
      assert.deepStrictEqual(yield* decode(sample(name)), inPlace)
    }),
  )

  it.live("leaves the calling thread free", () =>
    Effect.gen(function* () {
      let turns = 0
      const timer = setInterval(() => turns++, 5)
      yield* decode(encodeWav([sine(500, 96_000, 20)], { rate: 96_000 }))
      clearInterval(timer)
      assert.isAbove(turns, 10)
    }),
  )

  it.live.each([100, 200_000])("leaves Node's buffers to the caller, be they pooled or large", (length) =>
    Effect.gen(function* () {
      const bytes = Buffer.concat([encodeWav([sine(500, 16_000, 1).subarray(0, length)])])
      const before = Buffer.from(bytes)
      assert.isAbove((yield* decode(bytes)).samples.length, 99)
      assert.isTrue(bytes.equals(before))
    }),
  )

  it.live("carries a refusal out of the thread", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(decode(sample("stereo.ogg").subarray(0, 9_000)))
      assert.strictEqual(error._tag, "SampleUnusable")
      assert.match(error.message, /cut short/)
    }),
  )

  it.effect("gives up on a sample that takes too long, and ends its thread", () =>
    Effect.gen(function* () {
      const threads: Array<Worker> = []
      const fiber = yield* Effect.forkChild(Effect.flip(decodeBy("for (;;) {}", threads)))
      while (threads.length === 0) yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 1)))
      const ended = once(threads[0]!, "exit")
      yield* TestClock.adjust("21 seconds")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error._tag === "SampleUnusable" && error.reason, "too demanding")
      yield* Effect.promise(() => ended)
    }),
  )

  it.live("gives up on a sample that takes too much memory", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(decodeBy("const all = []; for (;;) all.push(new Array(1e4).fill({}))"))
      assert.strictEqual(error._tag === "SampleUnusable" && error.reason, "too demanding")
    }),
  )

  it.live.each(["process.exit(3)", "throw new Error('lost')"])("does not blame the sample for %s", (script) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(decodeBy(script))
      assert.isTrue(error._tag === "EngineUnavailable" && error.retryable)
    }),
  )

  it.live(
    "answers every damaged file with speech or a reason, and then decodes the next",
    () =>
      Effect.gen(function* () {
        const decoder = yield* AudioDecoder.AudioDecoder
        const whole = sample("mono.flac")
        const expected = yield* decoder.decode(whole)
        const damaged = fc.tuple(
          fc.constantFrom(...sampleNames),
          fc.double({ min: 0.01, max: 1, noNaN: true }),
          fc.array(fc.tuple(fc.double({ min: 0, max: 0.2, noNaN: true }), fc.nat(255)), { maxLength: 6 }),
        )
        for (const [name, share, edits] of fc.sample(damaged, { numRuns: threadRuns, seed: threadRuns })) {
          const bytes = sample(name).slice(0, Math.ceil(share * sample(name).length))
          for (const [at, value] of edits) bytes[Math.floor(at * bytes.length)] = value
          const outcome = yield* decoder.decode(bytes).pipe(
            Effect.map(({ samples }) => samples.length > 0),
            Effect.catchTag("SampleUnusable", ({ detail }) => Effect.succeed(detail.length > 0)),
          )
          assert.isTrue(outcome, `${name}, ${share} of it, with ${JSON.stringify(edits)}`)
        }
        assert.deepStrictEqual(yield* decoder.decode(whole), expected)
      }).pipe(Effect.provide(AudioDecoderNode.layer({ ffmpeg: false }))),
    30_000 + threadRuns * 2_000,
  )

  it.live("ends the thread when interrupted", () =>
    Effect.gen(function* () {
      const threads: Array<Worker> = []
      const fiber = yield* Effect.forkChild(decodeBy("for (;;) {}", threads))
      while (threads.length === 0) yield* Effect.sleep(1)
      const ended = once(threads[0]!, "exit")
      yield* Fiber.interrupt(fiber)
      yield* Effect.promise(() => ended)
    }),
  )

  it.live("accepts m4a only where ffmpeg is", () =>
    Effect.gen(function* () {
      const inspect = (options: AudioDecoderNode.Options) =>
        AudioDecoder.AudioDecoder.use((decoder) => decoder.inspect(sample("aac.m4a"))).pipe(
          Effect.provide(AudioDecoderNode.layer(options)),
        )
      for (const ffmpeg of [false, "/nowhere/ffmpeg"] as const) {
        const error = yield* Effect.flip(inspect({ ffmpeg }))
        assert.match(error.message, /only where ffmpeg is installed; send wav, mp3, ogg, flac or webm/)
      }
      const ffmpeg = yield* stubFfmpeg("exit 1")
      assert.deepStrictEqual(yield* inspect({ ffmpeg }), { container: "mp4" })
    }).pipe(Effect.scoped),
  )

  it.live.each<readonly [string, string, string]>([
    ["gives a wav file", "cat tone.wav", "22050"],
    ["fails", "exit 1", "damaged"],
    ["gives nothing", "exit 0", "damaged"],
    ["finds no audio that it can read", "head -c 44 tone.wav | tr '\\104\\254' '\\0\\0'", "damaged"],
    ["never stops giving", "cat tone.wav /dev/zero", "damaged"],
  ])("takes it well when ffmpeg %s", ([, script, expected]) =>
    Effect.gen(function* () {
      const before = leftovers()
      const ffmpeg = yield* stubFfmpeg(script)
      const outcome = yield* decode(sample("aac.m4a"), { ffmpeg }).pipe(
        Effect.map(({ samples }) => String(samples.length)),
        Effect.catchTag("SampleUnusable", ({ reason }) => Effect.succeed(reason)),
      )
      assert.strictEqual(outcome, expected)
      assert.deepStrictEqual(leftovers(), before)
    }).pipe(Effect.scoped),
  )

  it.live.skipIf(!hasFfmpeg)("decodes AAC through ffmpeg", () =>
    Effect.gen(function* () {
      const { sampleRate, samples } = yield* decode(sample("aac.m4a"))
      assert.strictEqual(sampleRate, 22_050)
      assert.approximately(samples.length / sampleRate, 1.2, 0.1)
      const error = yield* Effect.flip(decode(sample("aac.m4a").subarray(0, 9_000)))
      assert.match(error.message, /cut short/)
    }),
  )
})
