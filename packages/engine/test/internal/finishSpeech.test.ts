import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { finishSpeech } from "../../src/internal/finishSpeech.ts"
import * as Level from "../../src/Level.ts"
import { resample } from "../../src/Resampler.ts"

describe("finishSpeech", () => {
  it.effect.each([8_000, 22_050, 24_000, 44_100, 48_000])(
    "changes nothing by working in steps, at %i Hz",
    (sampleRate) =>
      Effect.gen(function* () {
        const samples = Float32Array.from({ length: sampleRate * 1.7 + 13 }, (_, i) =>
          Math.sin(i / 9 + Math.sin(i / 1_000)),
        )
        const pcm = yield* finishSpeech({ samples, sampleRate }, 0)
        const whole = Level.finish(resample(samples, { from: sampleRate, to: 22_050 }))
        assert.strictEqual(pcm.length, whole.length)
        assert.isAtMost(Math.max(...pcm.map((value, i) => Math.abs(value - whole[i]!))), 1)
      }),
  )
})
