/**
 * Fits one of Flite's voices to a profile: choose, speak a calibration text, measure, correct. Synchronous and free of
 * Effect: it runs in the worker.
 */
import { gainLimits, response } from "../Equaliser.ts"
import * as Level from "../Level.ts"
import * as PitchTracker from "../PitchTracker.ts"
import type { Voice } from "../Speaker.ts"
import { learn, type Sounds, sounds } from "../SpectralDifferential.ts"
import * as Spectrum from "../Spectrum.ts"
import type { VoiceProfile } from "../VoiceProfile.ts"
import { baseVoices, type BaseVoiceName } from "./baseVoices.ts"
import { fliteRate, runFlite } from "./flite.ts"
import { coloured, outputRate } from "./say.ts"

/** Ten seconds in which most English sounds occur, at about the rates at which they do in any text. */
const calibrationText = [
  "When the sunlight strikes raindrops in the air, they act as a prism and form a rainbow.",
  "Most people in this town take the early train, but a few of them choose to drive.",
  "I thought you would enjoy hearing about our journey to the mountains last July.",
]

/** How much the distance between two pitches counts beside that between two vocal tracts. */
const pitchWeight = 0.15
const spreads = { least: 0.8, greatest: 4.5 } as const
/**
 * Faster than this, Flite is misheard more often: its sounds are only shortened, where a person would slur them. And many who
 * are faster speak a language of shorter syllables, which would not make their English as fast.
 */
const paces = { least: 0.6, greatest: 1.1 } as const
/** Fast speech merges a few syllables: found over four voices and three rates each. */
const rateExponent = 1.2
/** Semitones that a deviation of one percent of the pitch spreads it by. */
const semitonesPerShare = 12 / Math.LN2
/** Of formant scales, to 1: 0.3 %, which nobody hears. The rates to resample from are then multiples of 50 Hz, which is quick. */
const scaleSteps = fliteRate / 50
/** Of formants, as the logarithm of a scale: nobody hears it plainly, and slt at 1.02 is misheard half as often again. */
const unheard = 0.025

const within = ({ greatest, least }: { readonly least: number; readonly greatest: number }, value: number) =>
  Math.min(greatest, Math.max(least, value))

const scaleFor = (scale: number): number =>
  Math.abs(Math.log(scale)) < unheard ? 1 : Math.round(scale * scaleSteps) / scaleSteps

/** The voice that has to be changed least. */
const nearest = ({ formantScales, pitch }: VoiceProfile): BaseVoiceName => {
  const distance = (name: BaseVoiceName) => {
    const scale = formantScales[name]
    const octaves = pitch === undefined ? 0 : Math.log2(pitch.median / (scale * baseVoices[name].pitch))
    return Math.abs(Math.log(scale)) + pitchWeight * Math.abs(octaves)
  }
  const names = Object.keys(baseVoices) as Array<BaseVoiceName>
  return names.reduce((best, name) => (distance(name) < distance(best) ? name : best))
}

/** The calibration text as a voice speaks it. */
const speak = (flite: WebAssembly.Module, voice: Voice, sentences = calibrationText): Float32Array => {
  const pieces = sentences.map((text) => Level.trim(runFlite(flite, { text, voice }), fliteRate))
  const signal = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    signal.set(piece, at)
    at += piece.length
  }
  return signal
}

/** The colour that speech takes when it is resampled by a formant scale and goes through an equaliser. */
const colouring = (speech: Float32Array, formantScale: number) => {
  const spectra = Spectrum.spectra(speech)
  const mean = Spectrum.mirrored(Spectrum.meanPower(spectra, Spectrum.speechFrames(spectra)))
  const frequencies = Array.from(mean, (_, bin) => Spectrum.frequencyOf(bin) * formantScale)
  // Resampling only moves the bins, so the bank moves instead.
  const bank = Spectrum.scaledLtasBank(1 / formantScale)
  return (gains: ReadonlyArray<number>): ReadonlyArray<number> => {
    const through = response({ gains, isBounded: false }, outputRate, frequencies)
    return Spectrum.levels(
      bank,
      mean.map((power, bin) => power * 10 ** (through[bin]! / 10)),
    )
  }
}

/** Gains that bring the calibrated voice to the colour of the sample, as far as both have sound. */
const equaliserFor = (
  target: ReadonlyArray<number>,
  limit: number,
  ltas: (gains: ReadonlyArray<number>) => ReadonlyArray<number>,
): ReadonlyArray<number> => {
  const { centres } = Spectrum.ltasBank
  const last = Math.max(
    0,
    centres.findLastIndex((centre) => centre <= limit),
  )
  const flat = new Array<number>(centres.length).fill(0)
  let gains: ReadonlyArray<number> = flat
  // The filter's own smoothness takes a part of every correction.
  for (let round = 0; round < 3; round++) {
    const reached = ltas(gains)
    const missing = target.map((level, band) => level - reached[band]!)
    const wanted = gains.map((gain, band) => gain + missing[Math.min(band, last)]!)
    gains = wanted.map((_, band) => wanted[Math.min(band, last)]!)
    const smooth = gains.map((gain, band) => ((gains[band - 1] ?? gain) + 2 * gain + (gains[band + 1] ?? gain)) / 4)
    gains = Spectrum.withoutMean(round === 0 ? smooth : gains).map((gain) => within(gainLimits, gain))
  }
  return gains
}

/** The synthetic voice that comes nearest to the profile, and to the sounds that it was taken from. */
export const match = (flite: WebAssembly.Module, profile: VoiceProfile, sample: Sounds): Voice => {
  const name = nearest(profile)
  const formantScale = scaleFor(profile.formantScales[name])
  const pace = within(paces, (profile.syllableRate / baseVoices[name].syllableRate) ** rateExponent)
  let voice: Voice = { name, formantScale, stretch: formantScale / pace }
  let speech: Float32Array | undefined
  if (profile.pitch !== undefined) {
    const target = profile.pitch.median / formantScale
    const spread = within(spreads, profile.pitch.spread)
    let [pitch, pitchDeviation] = [target, (target * spread) / semitonesPerShare]
    // A sentence shows roughly what Flite makes of both, the whole text what is left to correct.
    for (const sentences of [calibrationText.slice(0, 1), calibrationText]) {
      speech = speak(flite, { ...voice, pitch, pitchDeviation }, sentences)
      const reached = PitchTracker.range(PitchTracker.track(speech))
      if (reached === undefined) break
      const ratio = target / reached.median
      pitch *= within({ least: 0.7, greatest: 1.4 }, ratio)
      pitchDeviation *= ratio * within({ least: 0.5, greatest: 2 }, spread / Math.max(0.1, reached.spread))
    }
    voice = { ...voice, pitch, pitchDeviation, medianPitch: profile.pitch.median }
  }
  speech ??= speak(flite, voice)
  const gains = equaliserFor(profile.ltas, profile.bandLimit, colouring(speech, formantScale))
  const equalised: Voice = { ...voice, equaliser: { gains, isBounded: formantScale < 1 } }
  const own = sounds(coloured(speech, equalised), outputRate)
  return { ...equalised, differential: learn(own, sample, profile.bandLimit) }
}
