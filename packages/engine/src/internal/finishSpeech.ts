/**
 * What another program has spoken, brought to this package's form: 22,050 Hz, levelled, without padding. It is done in
 * short steps, since it happens in the thread that also answers requests.
 */
import * as Effect from "effect/Effect"
import * as Level from "../Level.ts"
import type { Recording } from "../Recording.ts"
import { resample } from "../Resampler.ts"
import { sampleRate } from "../Synthesizer.ts"

/** Of speech that is resampled at a time, in seconds: 2 to 3 ms of work. */
const step = 0.5
/** Input on both sides of a step that its samples depend on; the kernel reaches 32 samples of the lower rate. */
const context = 0.02

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b))

/** {@link resample} step by step, with the same result: steps begin where samples of both rates coincide. */
const resampleInSteps = Effect.fnUntraced(function* ({ sampleRate: from, samples }: Recording) {
  if (from === sampleRate) return samples
  const divisor = greatestCommonDivisor(from, sampleRate)
  const unit = from / divisor
  const whole = (seconds: number) => Math.ceil((seconds * from) / unit) * unit
  const output = new Float32Array(Math.round((samples.length * sampleRate) / from))
  for (let at = 0; at < samples.length; at += whole(step)) {
    const start = Math.max(0, at - whole(context))
    const end = Math.min(samples.length, at + whole(step) + whole(context))
    const part = resample(samples.subarray(start, end), { from, to: sampleRate })
    const first = (at / from) * sampleRate
    const skipped = ((at - start) / from) * sampleRate
    const length = end === samples.length ? Infinity : (whole(step) / from) * sampleRate
    output.set(
      part.subarray(Math.round(skipped), Math.round(skipped + length)).subarray(0, output.length - first),
      first,
    )
    yield* Effect.yieldNow
  }
  return output
})

/** Finished PCM with a pause after it. */
export const finishSpeech = Effect.fnUntraced(function* (speech: Recording, pause: number) {
  const trimmed = Level.trim(speech.samples, speech.sampleRate)
  const finished = Level.finish(yield* resampleInSteps({ samples: trimmed, sampleRate: speech.sampleRate }))
  const pcm = new Int16Array(finished.length + Math.round(pause * sampleRate))
  pcm.set(finished)
  return pcm
})
