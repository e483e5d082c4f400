import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as AudioDecoderNode from "../src/AudioDecoderNode.ts"
import * as FliteNode from "../src/FliteNode.ts"
import type { Recording } from "../src/Recording.ts"
import { Speaker, type Voice } from "../src/Speaker.ts"
import * as Spectrum from "../src/Spectrum.ts"
import { sampleRate, Synthesizer } from "../src/Synthesizer.ts"
import * as VoiceMatch from "../src/VoiceMatch.ts"
import * as VoiceProfile from "../src/VoiceProfile.ts"
import { recordingOf } from "./voices.ts"

const text = "She told the government that we would open three offices. Please call me back when you have time to talk."

const speak = Effect.fnUntraced(function* (sample: Recording, said = text) {
  const synthesizer = yield* Synthesizer
  const chunks = yield* Stream.runCollect(synthesizer.synthesize({ sample, text: said }))
  return Int16Array.from(chunks.flatMap(({ pcm }) => [...pcm]))
})

const inProcess = <A, E>(effect: Effect.Effect<A, E, Synthesizer>) =>
  Effect.provide(effect, FliteNode.layerInProcess, { local: true })

/** Counts what it is asked for. */
const counting = () => {
  const counts = { said: 0, fitted: 0 }
  const speaker = Layer.succeed(
    Speaker,
    Speaker.of({
      say: () => Effect.sync(() => new Int16Array(2_000).fill(++counts.said)),
      fit: () => Effect.sync(() => ({ voice: { name: "slt" }, warnings: [], nth: ++counts.fitted })),
    }),
  )
  return { counts, layer: VoiceMatch.layer.pipe(Layer.provide([speaker, AudioDecoderNode.layerInProcess])) }
}

const recording = (value: number): Recording => ({ samples: new Float32Array(100).fill(value), sampleRate })

// A voice takes seconds to fit, and fifty times that on a machine that many share.
describe("VoiceMatch", { timeout: 180_000 }, () => {
  it.live.each<Voice>([
    { name: "rms", formantScale: 0.88 },
    { name: "slt", pitch: 280 / 1.18, formantScale: 1.18 },
    { name: "awb", formantScale: 1.1, stretch: 0.85 },
  ])("takes pitch, formants, colour and pace from %o", (voice) =>
    Effect.gen(function* () {
      const sample = yield* Effect.promise(() => recordingOf(voice))
      const pcm = yield* inProcess(speak(sample))
      const target = VoiceProfile.measure(sample)
      const samples = Float32Array.from(pcm, (value) => value / 32_768)
      const match = VoiceProfile.measure({ samples, sampleRate })
      assert.approximately(12 * Math.log2(match.pitch!.median / target.pitch!.median), 0, 0.6)
      for (const name of ["awb", "kal16"] as const) {
        assert.approximately(match.formantScales[name] / target.formantScales[name], 1, 0.06, name)
      }
      const bands = Spectrum.ltasBank.centres.filter((centre) => centre <= target.bandLimit).length
      const differences = match.ltas.slice(0, bands).map((level, band) => level - target.ltas[band]!)
      const distance = Math.hypot(...differences) / Math.sqrt(bands)
      assert.isBelow(distance, 2.5)
      assert.approximately(match.syllableRate / target.syllableRate, 1, 0.3)
    }),
  )

  it.live("gives the same bytes for the same request, in threads as in this one", () =>
    Effect.gen(function* () {
      const sample = yield* Effect.promise(() =>
        recordingOf({ name: "kal16" }, ["Rice is often served in round bowls."]),
      )
      const said = "The train leaves at nine."
      const here = yield* inProcess(speak(sample, said))
      const inThread = yield* Effect.provide(speak(sample, said), FliteNode.layer, { local: true })
      assert.deepStrictEqual(inThread, here)
    }),
  )

  it.live("refuses a recording without speech, in threads as in this one", () =>
    Effect.gen(function* () {
      for (const layer of [FliteNode.layerInProcess, FliteNode.layer]) {
        const error = yield* Effect.flip(Effect.provide(speak(recording(0)), layer, { local: true }))
        assert.strictEqual(error._tag, "SampleUnusable")
        if (error._tag === "SampleUnusable") assert.strictEqual(error.reason, "silent")
      }
    }),
  )

  it.effect("speaks no sentence before it is asked for: memory does not grow with the text", () => {
    const { counts, layer } = counting()
    return Effect.gen(function* () {
      const { synthesize } = yield* Synthesizer
      const most = { ahead: 0, samples: 0 }
      let taken = 0
      yield* synthesize({ sample: recording(1), text: "One more sentence. ".repeat(500) }).pipe(
        Stream.runForEach(({ pcm }) =>
          Effect.sync(() => {
            most.ahead = Math.max(most.ahead, counts.said - ++taken)
            most.samples = Math.max(most.samples, pcm.length)
          }),
        ),
      )
      assert.strictEqual(taken, 500)
      assert.isAtMost(most.ahead, 1)
      assert.isBelow(most.samples, 2_000 + sampleRate)
    }).pipe(Effect.provide(layer))
  })

  it.effect("fits a voice once to a sample, and forgets it after a while", () => {
    const { counts, layer } = counting()
    return Effect.gen(function* () {
      yield* speak(recording(1))
      yield* speak(recording(1))
      assert.strictEqual(counts.fitted, 1)
      yield* speak({ ...recording(1), sampleRate: 16_000 })
      assert.strictEqual(counts.fitted, 2)
      yield* TestClock.adjust(VoiceMatch.retention)
      yield* speak(recording(1))
      assert.strictEqual(counts.fitted, 3)
      for (let voice = 2; voice < VoiceMatch.voicesKept + 2; voice++) yield* speak(recording(voice))
      const before = counts.fitted
      yield* speak(recording(1))
      assert.strictEqual(counts.fitted, before + 1)
    }).pipe(Effect.provide(layer))
  })
})
