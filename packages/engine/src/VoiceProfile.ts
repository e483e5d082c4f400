/**
 * What is measured of a voice: pitch, formant scale, spectral colour and pace. Biometric data: it is kept in memory
 * while it is needed, and never written down.
 */
import type { BaseVoiceName } from "./internal/baseVoices.ts"
import { unusable } from "./internal/refusal.ts"
import * as Level from "./Level.ts"
import * as PitchTracker from "./PitchTracker.ts"
import type { Recording } from "./Recording.ts"
import { resample } from "./Resampler.ts"
import type { Sounds } from "./SpectralDifferential.ts"
import * as Spectrum from "./Spectrum.ts"
import * as VocalTract from "./VocalTract.ts"

/** A voice in figures. */
export interface VoiceProfile {
  /** Undefined for a whisper. */
  readonly pitch: PitchTracker.PitchRange | undefined
  /** dB per band of `Spectrum.ltasBank`, relative to the mean over 200 to 4000 Hz. */
  readonly ltas: ReadonlyArray<number>
  /** In Hz: above it the sample holds nothing, as after a telephone. */
  readonly bandLimit: number
  /** Syllables in a second of speech without pauses. */
  readonly syllableRate: number
  /** Of the voice, relative to each voice that can be matched to it. */
  readonly formantScales: Readonly<Record<BaseVoiceName, number>>
  /** What makes the figures less sure than they should be. */
  readonly warnings: ReadonlyArray<VoiceWarning>
}

/**
 * - `short`: less than 3 s of speech
 * - `whispered`: no pitch was found, and the synthetic voice keeps its own
 * - `clipped`: peaks are cut off, which colours the spectrum
 * - `noisy`: the pauses are within 15 dB of the speech
 * - `band limited`: nothing lies above `bandLimit`
 */
export type VoiceWarning = "short" | "whispered" | "clipped" | "noisy" | "band limited"

/** Speech beyond so many seconds tells nothing new. */
const enough = 30
/** Frames of 10 ms. */
const leastSpeech = 30
const shortSpeech = 300
/** Of 5 ms. */
const leastVoiced = 20
/** Even of a voice with much breath more is voiced; in a whisper chance finds a little. */
const leastVoicedShare = 0.1
/** dB between neighbouring bands: nothing natural falls so steeply. */
const cliff = 20
/** Where telephones and other narrow channels end, in Hz. A cliff above belongs to the colour of the voice. */
const bandLimits = { least: 2_500, greatest: 5_000 } as const

/** In Hz: no voice is as low, and an offset is lower. */
const lowest = 20

/**
 * Without an offset, by a high-pass filter of the first order: taken from the whole, a mean would stay where a pause is
 * without any, and sound like speech.
 */
const withoutOffset = (signal: Float32Array, sampleRate: number): Float32Array => {
  const kept = Math.exp((-2 * Math.PI * lowest) / sampleRate)
  let [before, level] = [signal[0] ?? 0, 0]
  return signal.map((value) => {
    level = kept * level + value - before
    before = value
    return level
  })
}

/** At the rate of analysis, without an offset, at most {@link enough} seconds from where sound begins. */
const prepare = ({ sampleRate, samples }: Recording): Float32Array => {
  const sound = Level.trim(withoutOffset(samples, sampleRate), sampleRate).subarray(0, enough * sampleRate)
  return resample(sound, { from: sampleRate, to: Spectrum.analysisRate })
}

/** Shares of a recording on the plateau that clipped peaks lie on. Even a pure tone spends no tenth of its time so near its peak. */
const plateau = { clipped: 0.001, unrecognisable: 0.1 } as const

/** How much of a recording is clipped, at whatever level. */
const clippedShare = ({ samples }: Recording): number => {
  const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  let flat = 0
  for (let i = 1; i < samples.length; i++) {
    if (Math.abs(samples[i]!) > 0.99 * peak && Math.abs(samples[i]! - samples[i - 1]!) < 0.002 * peak) flat++
  }
  return flat / samples.length
}

const bandLimitOf = (ltas: ReadonlyArray<number>): number => {
  const { centres } = Spectrum.ltasBank
  const last = ltas.findIndex((level, band) => {
    const next = Math.min(...ltas.slice(band + 1, band + 3))
    return centres[band]! > bandLimits.least && centres[band]! < bandLimits.greatest && level - next > cliff
  })
  return last < 0 ? Spectrum.analysisRate / 2 : centres[last]!
}

/** A change of less than this share of the variance is none. */
const stillness = 0.01

/** How sounds follow each other: half the squared change of the cepstrum over 20 ms, relative to its variance. */
const motion = (spectra: Spectrum.Spectra, frames: ReadonlyArray<number>) => {
  const rows = Spectrum.cepstra(spectra, frames, VocalTract.bankFor("narrow"), { centred: true })
  const size = Spectrum.coefficients
  const variance = rows.reduce((sum, value) => sum + value * value, 0) / frames.length
  let [sum, count, still] = [0, 0, 0]
  for (let row = 2; row < frames.length; row++) {
    if (frames[row]! - frames[row - 2]! !== 2) continue
    let change = 0
    for (let i = 0; i < size; i++) change += (rows[row * size + i]! - rows[(row - 2) * size + i]!) ** 2
    sum += change
    count++
    if (change / 2 < stillness * variance) still++
  }
  const changes = Math.max(1, count)
  return { variance, speed: variance === 0 ? 0 : sum / changes / 2 / variance, still: still / changes }
}

/** Where vowels are loud and little else is, in Hz. */
const sonority = { from: 300, to: 1_500 } as const
/** dB by which the level falls between two syllables. */
const dip = 2
/** dB under the loudest syllables at which there are none any more. */
const syllableRange = 22
/** Frames on each side of the one that is smoothed: 30 ms. */
const smoothing = 3

const peaks = (levels: Float32Array, floor: number): number => {
  let count = 0
  let isRising = true
  let turn = -Infinity
  for (const level of levels) {
    if (isRising && level < turn - dip) {
      if (turn > floor) count++
      isRising = false
      turn = level
    } else if (!isRising && level > turn + dip) {
      isRising = true
      turn = level
    } else turn = isRising ? Math.max(turn, level) : Math.min(turn, level)
  }
  return count
}

/**
 * Syllables in a second of speech without pauses: peaks of the level with a dip between them. After de Jong and Wempe
 * (2009), "Praat script to detect syllable nuclei and measure speech rate automatically".
 */
export const syllableRate = (spectra: Spectrum.Spectra, frames: ReadonlyArray<number>): number => {
  const levels = Spectrum.rangeLevels(spectra, sonority)
  const smooth = levels.map((_, i) => {
    let [sum, weights] = [0, 0]
    for (let offset = -smoothing; offset <= smoothing; offset++) {
      const level = levels[i + offset]
      const weight = smoothing + 1 - Math.abs(offset)
      if (level !== undefined) [sum, weights] = [sum + weight * level, weights + weight]
    }
    return sum / weights
  })
  const sorted = frames.map((frame) => smooth[frame]!).sort((a, b) => a - b)
  const loud = sorted[Math.floor(0.98 * (sorted.length - 1))]!
  return peaks(smooth, loud - syllableRange) / (frames.length * Spectrum.hop)
}

/** The frames of speech that are voiced. */
export const voicedFrames = (f0: Float32Array, frames: ReadonlyArray<number>): ReadonlyArray<number> =>
  frames.filter((frame) => (f0[Math.round((frame * Spectrum.hop) / PitchTracker.hop)] ?? 0) > 0)

/** Semitones in 5 ms, below which a pitch stands still. */
const steadiness = 0.02

/** The share of the pitch that stands still: a quarter of it in speech, two thirds and more in what instruments play. */
const steadyShare = (f0: Float32Array): number => {
  let [steady, count] = [0, 0]
  for (let i = 1; i < f0.length; i++) {
    const [before, here] = [f0[i - 1]!, f0[i]!]
    if (before === 0 || here === 0) continue
    count++
    if (Math.abs(12 * Math.log2(here / before)) < steadiness) steady++
  }
  return steady / Math.max(1, count)
}

/**
 * How much the change from one spectrum to the next itself changes, of spectra at one level: little in music, where every
 * sound changes as the last one did, much in speech, where vowels stand and consonants break. The variance of the spectral
 * flux, after Scheirer and Slaney (1997), "Construction and evaluation of a robust multifeature speech/music discriminator".
 */
const fluxVariance = (spectra: Spectrum.Spectra, frames: ReadonlyArray<number>): number => {
  const flux = Spectrum.flux(spectra, frames)
  const mean = flux.reduce((sum, value) => sum + value, 0) / flux.length
  return flux.reduce((sum, value) => sum + (value - mean) ** 2, 0) / flux.length
}

/** Where voices have most of their sound, in Hz. */
const voiceRange = { from: 100, to: 800 } as const

/** The standard deviation of the level in {@link voiceRange}, in dB: instruments go on where a voice stops and starts. */
const levelDeviation = (spectra: Spectrum.Spectra, frames: ReadonlyArray<number>): number => {
  const all = Spectrum.rangeLevels(spectra, voiceRange)
  const mean = frames.reduce((sum, frame) => sum + all[frame]!, 0) / frames.length
  return Math.sqrt(frames.reduce((sum, frame) => sum + (all[frame]! - mean) ** 2, 0) / frames.length)
}

/**
 * Notes keep their pitch and either their sound or the way in which it changes. A voice without melody keeps its pitch only.
 * The less of the pitch stands still, as under drums, the more the rest has to look played. Between these limits and those of
 * 76 recordings of speech, with noise, echo or music at a tenth of its power among them, there is room.
 */
const isPlayed = (
  spectra: Spectrum.Spectra,
  frames: ReadonlyArray<number>,
  f0: Float32Array,
  still: number,
): boolean => {
  const steady = steadyShare(f0)
  if (steady < 0.25) return false
  if (steady > 0.5 && still > 0.2) return true
  const variance = fluxVariance(spectra, frames)
  const deviation = levelDeviation(spectra, frames)
  return steady > 0.4 ? variance < 0.025 || deviation < 5 : variance < 0.02 && deviation < 6.5
}

/** Speech rises and falls, and its sounds differ but do not jump; tones and noises lack one or the other. */
const isSpeech = (spectra: Spectrum.Spectra, frames: ReadonlyArray<number>, f0: Float32Array): boolean => {
  const levels = frames.map((frame) => spectra.levels[frame]!).sort((a, b) => a - b)
  const swing = levels[Math.floor(0.95 * levels.length)]! - levels[Math.floor(0.2 * levels.length)]!
  const { speed, still, variance } = motion(spectra, frames)
  return swing > 4 && speed < 0.6 && variance > 4 && !isPlayed(spectra, frames, f0, still)
}

/** A recording in which somebody speaks. */
export interface Heard extends Sounds {
  readonly recording: Recording
  /** What `PitchTracker.track` found. */
  readonly f0: Float32Array
}

/** Listens for speech. Throws a `Refusal` where there is none: no Effect is loaded in the worker. */
export const hear = (recording: Recording): Heard => {
  const signal = prepare(recording)
  const level = Level.rms(signal)
  if (!(level > -60)) throw unusable("silent", "The sample holds only silence.")
  const gain = 10 ** ((Level.target - level) / 20)
  const spectra = Spectrum.spectra(signal.map((value) => value * gain))
  const frames = Spectrum.speechFrames(spectra)
  if (frames.length < leastSpeech) {
    throw unusable(
      "no speech",
      "The sample holds less than a third of a second of sound: 10 seconds of speech are best.",
    )
  }
  const f0 = PitchTracker.track(signal)
  if (!isSpeech(spectra, frames, f0)) {
    throw unusable(
      "no speech",
      clippedShare(recording) > plateau.unrecognisable
        ? "The sample is clipped so hard that it does not sound like speech any more: record it at a lower level."
        : "The sample does not sound like speech: record a person who speaks for 10 seconds.",
    )
  }
  return { recording, spectra, frames, f0 }
}

/** The voice that was heard. */
export const profileOf = ({ f0, frames, recording, spectra }: Heard): VoiceProfile => {
  const range = PitchTracker.range(f0)
  const speechValues = (frames.length * Spectrum.hop) / PitchTracker.hop
  const isVoiced = range !== undefined && range.voiced >= Math.max(leastVoiced, leastVoicedShare * speechValues)
  const pitch = isVoiced ? range : undefined
  const ltas = Spectrum.ltas(spectra, frames)
  const bandLimit = bandLimitOf(ltas)
  const isLimited = bandLimit < bandLimits.greatest
  const sounds = pitch === undefined ? frames : voicedFrames(f0, frames)
  const scales = VocalTract.baseScales(
    spectra,
    sounds.length >= leastVoiced ? sounds : frames,
    isLimited ? "narrow" : "wide",
    pitch?.median,
  )
  const quiet = Float32Array.from(spectra.levels).sort()[Math.floor(0.05 * spectra.frames)]!
  const speechLevel =
    10 * Math.log10(frames.reduce((sum, i) => sum + 10 ** (spectra.levels[i]! / 10), 0) / frames.length)
  const found: Readonly<Record<VoiceWarning, boolean>> = {
    short: frames.length < shortSpeech,
    whispered: pitch === undefined,
    clipped: clippedShare(recording) > plateau.clipped,
    noisy: spectra.frames > shortSpeech && speechLevel - quiet < 15,
    "band limited": isLimited,
  }
  return {
    pitch,
    ltas,
    bandLimit,
    syllableRate: syllableRate(spectra, frames),
    formantScales: scales,
    warnings: Object.entries(found).flatMap(([name, isFound]) => (isFound ? [name as VoiceWarning] : [])),
  }
}

/** Measures the voice of a recording. Throws a `Refusal` where there is none. */
export const measure = (recording: Recording): VoiceProfile => profileOf(hear(recording))
