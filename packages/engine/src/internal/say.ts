/** One utterance to finished PCM. Synchronous and free of Effect: it runs in the worker. */
import { equalise, tail } from "../Equaliser.ts"
import * as Level from "../Level.ts"
import * as PitchTracker from "../PitchTracker.ts"
import { resample } from "../Resampler.ts"
import type { Utterance, Voice } from "../Speaker.ts"
import { apply } from "../SpectralDifferential.ts"
import { fliteRate, runFlite } from "./flite.ts"

/** Of all speech that leaves the engine. */
export const outputRate = 22_050

/** As a whole number, whose distances from sample to sample the resampler can tabulate. */
const rateOf = (formantScale: number): number => Math.round(fliteRate * formantScale)

/**
 * The rates that resampling goes from and to. Formants moved down leave nothing below the Nyquist frequency's old
 * place, so its image takes that place, the hiss of the highest frequencies mirrored: spectral folding, after Makhoul
 * and Berouti (1979), "High-frequency regeneration in speech coding systems".
 */
const scaled = (speech: Float32Array, formantScale: number): Float32Array => {
  const from = rateOf(formantScale)
  if (formantScale >= 1) return resample(speech, { from, to: outputRate })
  const folded = new Float32Array(speech.length * 2)
  for (let i = 0; i < speech.length; i++) folded[2 * i] = 2 * speech[i]!
  return resample(folded, { from: 2 * from, to: outputRate })
}

/** An utterance whose pitch misses by more is spoken a second time; by more than the greatest, its pitch is unclear. */
const miss = { tolerated: 0.3, greatest: 3 } as const
/** Values of 5 ms: fewer don't make a median. */
const leastVoiced = 40

const speak = (flite: WebAssembly.Module, utterance: Utterance): Float32Array => {
  const { formantScale = 1, medianPitch, pitch } = utterance.voice
  const speech = Level.trim(runFlite(flite, utterance), fliteRate)
  if (medianPitch === undefined || pitch === undefined) return speech
  const range = PitchTracker.range(PitchTracker.track(speech))
  if (range === undefined || range.voiced < leastVoiced) return speech
  const ratio = medianPitch / (range.median * formantScale)
  const semitones = Math.abs(12 * Math.log2(ratio))
  if (semitones <= miss.tolerated || semitones > miss.greatest) return speech
  return Level.trim(runFlite(flite, { ...utterance, voice: { ...utterance.voice, pitch: pitch * ratio } }), fliteRate)
}

/** Flite's speech in the formants and the colour of the voice. */
export const coloured = (speech: Float32Array, { differential, equaliser, formantScale = 1 }: Voice): Float32Array => {
  if (equaliser === undefined) return resample(speech, { from: rateOf(formantScale), to: outputRate })
  // The equaliser is what brings the image to its level, and cuts off the rest of it.
  const folded = equaliser.isBounded
    ? scaled(speech, formantScale)
    : resample(speech, { from: rateOf(formantScale), to: outputRate })
  const equalised = equalise(folded, outputRate, equaliser)
  return differential === undefined ? equalised : apply(equalised, outputRate, differential)
}

/** Throws an `Error` that tells what Flite complained of, or the trap it ended in. */
export const say = (flite: WebAssembly.Module, utterance: Utterance): Int16Array<ArrayBuffer> => {
  const speech = coloured(speak(flite, utterance), utterance.voice)
  const silence = Math.round((utterance.pause ?? 0) * outputRate)
  // The equaliser rings into the pauses on both sides: they are that much shorter.
  return Level.finish(speech, utterance.voice.equaliser === undefined ? silence : Math.max(0, silence - 2 * tail))
}
