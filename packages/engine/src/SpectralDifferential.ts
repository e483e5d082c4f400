/**
 * Gives every class of sounds the colour that it has in a sample: a filter that changes with what is being said, where an
 * equaliser is the same for all. The wave is filtered and never made anew, so that nothing buzzes; after Kobayashi, Toda,
 * Neubig, Sakti and Nakamura (2014), "Statistical singing voice conversion with direct waveform modification based on the
 * spectrum differential".
 *
 * Nobody says the same sentences in both voices here. So the classes are a Gaussian mixture of the voice that is filtered,
 * and its means, adapted to the sample, tell which sounds of the sample belong to which class; after Reynolds, Quatieri and
 * Dunn (2000), "Speaker verification using adapted Gaussian mixture models".
 */
import { transform } from "./internal/fft.ts"
import * as Mixture from "./internal/mixture.ts"
import * as Level from "./Level.ts"
import { resample } from "./Resampler.ts"
import * as Spectrum from "./Spectrum.ts"

/** What was learnt of two voices. Biometric data, as a profile is. */
export interface SpectralDifferential {
  /** The sounds of the voice that is filtered, by their cepstra relative to {@link mean}. */
  readonly classes: Mixture.Mixture
  readonly mean: Float32Array
  /** In dB: a row for every class, a column for every band of `Spectrum.ltasBank`. */
  readonly gains: Float32Array
  /** In dB for every band, at all times: what brings the whole back to the sample's colour. */
  readonly balance: Float32Array
}

/** The sounds of one voice. */
export interface Sounds {
  readonly spectra: Spectrum.Spectra
  /** Those of speech. */
  readonly frames: ReadonlyArray<number>
}

/** Ten seconds tell few more apart: of twice as many, much of a difference is the chance of what was said, and is misheard. */
const components = 8
/** Frames of a class after which its mean goes half the way, while it is adapted. */
const relevance = 16
/** Frames in a row are of one sound: so many tell no more than one. */
const alike = 8
/** Of a difference that is made up for: the nearer to the sample, the harder to understand. */
const share = 0.5
const rounds = 2
/** dB by which any band may change. */
const most = 8
/** dB by which the colour of the whole may be brought back. */
const mostBalance = 6
/** Frames over which gains are smoothed on both sides: where they change within a sound, it is taken for another. */
const smoothing = 8
/** dB below a frame's loudest band, under which nobody hears what a band holds. */
const audible = 35
/** Hz. Below, a class says more of the pitch than of the sound. */
const lowest = 120

/** Where the classes differ, and telephone recordings too have sound. */
const bank = Spectrum.bank(26, 150, 3_400)
const { centres } = Spectrum.ltasBank
const bands = centres.length
const order = Spectrum.coefficients

/** Speech at any rate, brought to one level: what is learnt of it and what it is applied to are seen alike. */
export const sounds = (signal: Float32Array, sampleRate: number): Sounds => {
  const resampled = resample(signal, { from: sampleRate, to: Spectrum.analysisRate })
  const gain = 10 ** ((Level.target - Level.rms(resampled)) / 20)
  const spectra = Spectrum.spectra(resampled.map((value) => value * gain))
  return { spectra, frames: Spectrum.speechFrames(spectra) }
}

const cepstraOf = ({ frames, spectra }: Sounds): Float32Array =>
  Spectrum.cepstra(spectra, frames, bank, { centred: false })

const meanOf = (rows: Float32Array): Float32Array => {
  const mean = new Float64Array(order)
  for (let i = 0; i < rows.length; i++) mean[i % order]! += rows[i]! / (rows.length / order)
  return Float32Array.from(mean)
}

const relativeTo = (rows: Float32Array, mean: Float32Array): Float32Array =>
  rows.map((value, i) => value - mean[i % order]!)

/** dB per audible band of every frame, relative to the frame's own mean: its colour, without its level. */
const coloursOf = ({ frames, spectra }: Sounds): Float32Array => {
  const rows = new Float32Array(frames.length * bands)
  const powers = new Float64Array(bands)
  for (const [row, frame] of frames.entries()) {
    Spectrum.bandPowers(Spectrum.ltasBank, spectra.power, frame, powers)
    const least = Math.max(1e-7, Math.max(...powers) * 10 ** (-audible / 10))
    rows.set(Spectrum.withoutMean(Array.from(powers, (power) => 10 * Math.log10(Math.max(power, least)))), row * bands)
  }
  return rows
}

/** The mean colour of every class, and how far that mean may be off: its own variance. */
const meanColours = (shares: Float32Array, colours: Float32Array) => {
  const counts = new Float64Array(components)
  const sums = new Float64Array(components * bands)
  const squares = new Float64Array(components * bands)
  for (let row = 0; row < colours.length / bands; row++) {
    for (let component = 0; component < components; component++) {
      const part = shares[row * components + component]!
      if (part < 1e-4) continue
      counts[component]! += part
      for (let band = 0; band < bands; band++) {
        const level = colours[row * bands + band]!
        sums[component * bands + band]! += part * level
        squares[component * bands + band]! += part * level * level
      }
    }
  }
  const countOf = (i: number) => Math.max(1e-6, counts[Math.floor(i / bands)]!)
  const means = sums.map((sum, i) => sum / countOf(i))
  return {
    means,
    doubts: squares.map((sum, i) => (alike * (sum / countOf(i) - means[i]! ** 2)) / Math.max(1, countOf(i))),
  }
}

type Colours = ReturnType<typeof meanColours>

/**
 * How much of each class's difference is more than the chance of what was said: 1 less the expected share of chance, and
 * nothing where chance explains it all. After James and Stein (1961), "Estimation with quadratic loss".
 */
const certainties = (own: Colours, target: Colours, isHeard: (band: number) => boolean): ReadonlyArray<number> =>
  Array.from({ length: components }, (_, component) => {
    let [difference, doubt] = [1e-9, 0]
    for (let band = 0; band < bands; band++) {
      if (!isHeard(band)) continue
      const at = component * bands + band
      difference += (target.means[at]! - own.means[at]!) ** 2
      doubt += own.doubts[at]! + target.doubts[at]!
    }
    return Math.max(0, 1 - doubt / difference)
  })

/** The gains of all frames, smoothed over time; none where there is no speech. */
const gainsOverTime = ({ frames, spectra }: Sounds, shares: Float32Array, gains: Float32Array): Float32Array => {
  const sharp = new Float32Array(spectra.frames * bands)
  for (const [row, frame] of frames.entries()) {
    const into = sharp.subarray(frame * bands, (frame + 1) * bands)
    for (let component = 0; component < components; component++) {
      const part = shares[row * components + component]!
      if (part < 1e-4) continue
      for (let band = 0; band < bands; band++) into[band]! += part * gains[component * bands + band]!
    }
    for (let band = 0; band < bands; band++) into[band] = Math.max(-most, Math.min(most, share * into[band]!))
  }
  const smooth = new Float32Array(sharp.length)
  for (let frame = 0; frame < spectra.frames; frame++) {
    let weights = 0
    for (let offset = -smoothing; offset <= smoothing; offset++) {
      const near = frame + offset
      if (near < 0 || near >= spectra.frames) continue
      const weight = smoothing + 1 - Math.abs(offset)
      weights += weight
      for (let band = 0; band < bands; band++) smooth[frame * bands + band]! += weight * sharp[near * bands + band]!
    }
    for (let band = 0; band < bands; band++) smooth[frame * bands + band]! /= weights
  }
  return smooth
}

/** The long-term average spectrum of speech after its frames have been filtered. */
const filteredLtas = ({ frames, spectra }: Sounds, change: Float32Array): ReadonlyArray<number> => {
  const sums = new Array<number>(bands).fill(1e-12)
  const powers = new Float64Array(bands)
  for (const frame of frames) {
    Spectrum.bandPowers(Spectrum.ltasBank, spectra.power, frame, powers)
    for (let band = 0; band < bands; band++) sums[band]! += powers[band]! * 10 ** (change[frame * bands + band]! / 10)
  }
  return Spectrum.withoutMean(sums.map((sum) => 10 * Math.log10(sum)))
}

/**
 * What turns the sounds of one voice into those of a sample, up to a frequency in Hz: beyond, the sample holds nothing. The
 * voice should have the sample's colour on the whole already, as classes are told apart by what they differ in.
 */
export const learn = (voice: Sounds, sample: Sounds, limit: number): SpectralDifferential => {
  const rows = cepstraOf(voice)
  const mean = meanOf(rows)
  const own = relativeTo(rows, mean)
  const classes = Mixture.train(own, order, components)
  const theirs = cepstraOf(sample)
  const heard = relativeTo(theirs, meanOf(theirs))
  // The second time, what the first has moved finds more of its own.
  const nearer = Mixture.adapt(classes, classes, heard, relevance)
  const adapted = Mixture.adapt(classes, nearer, heard, relevance)
  const target = meanColours(Mixture.shares(adapted, heard), coloursOf(sample))
  const shares = Mixture.shares(classes, own)
  const colours = coloursOf(voice)
  const isHeard = (band: number) => centres[band]! >= lowest && centres[band]! <= limit
  let reached = meanColours(shares, colours)
  const certain = certainties(reached, target, isHeard)
  let gains = new Float32Array(components * bands)
  for (let round = 1; round <= rounds; round++) {
    // Smoothing takes a part of every change away: it is asked for again.
    if (round > 1) {
      const change = gainsOverTime(voice, shares, gains)
      const frameOf = (i: number) => voice.frames[Math.floor(i / bands)]!
      reached = meanColours(
        shares,
        colours.map((colour, i) => colour + change[frameOf(i) * bands + (i % bands)]!),
      )
    }
    gains = gains.map((gain, i) =>
      isHeard(i % bands) ? gain + certain[Math.floor(i / bands)]! * (target.means[i]! - reached.means[i]!) : 0,
    )
  }
  // Loud sounds count most in an average spectrum, and all alike in the gains.
  const reachedLtas = filteredLtas(voice, gainsOverTime(voice, shares, gains))
  const balance = Float32Array.from(Spectrum.ltas(sample.spectra, sample.frames), (level, band) =>
    centres[band]! > limit ? 0 : Math.max(-mostBalance, Math.min(mostBalance, level - reachedLtas[band]!)),
  )
  return { classes, mean, gains, balance }
}

const size = 1_024
const windowLength = 512
const advance = windowLength / 2
/** Before and after the transform: the squares of two that overlap by half add up to 1. */
const window = Float64Array.from({ length: windowLength }, (_, i) => Math.sin((Math.PI * (i + 0.5)) / windowLength))

/** Of dB, what the natural logarithm of a factor is. */
const toFactor = Math.LN10 / 20

const mel = (frequency: number) => Math.log(1 + frequency / 700)

/** Where the bins of the transform lie between the bands: 2.5 is halfway from the third to the fourth. */
const placesOf = (sampleRate: number): Float64Array =>
  Float64Array.from({ length: size / 2 + 1 }, (_, bin) => {
    const frequency = (bin * sampleRate) / size
    const above = centres.findIndex((centre) => centre > frequency)
    if (above <= 0) return above < 0 ? bands - 1 : 0
    const [low, high] = [mel(centres[above - 1]!), mel(centres[above]!)]
    return above - 1 + (mel(frequency) - low) / (high - low)
  })

/** Filters a whole piece, whose length stays what it is. */
export const apply = (
  signal: Float32Array,
  sampleRate: number,
  { balance, classes, gains, mean }: SpectralDifferential,
): Float32Array => {
  const heard = sounds(signal, sampleRate)
  const shares = Mixture.shares(classes, relativeTo(cepstraOf(heard), mean))
  const change = gainsOverTime(heard, shares, gains).map((gain, i) => gain + balance[i % bands]!)
  const places = placesOf(sampleRate)
  const rowAt = (at: number) =>
    bands * Math.min(heard.spectra.frames - 1, Math.round((at + advance) / sampleRate / Spectrum.hop))
  const output = new Float32Array(signal.length)
  const [real, imaginary] = [new Float64Array(size), new Float64Array(size)]
  const load = (at: number, part: Float64Array) => {
    part.fill(0)
    const last = Math.min(windowLength, signal.length - at)
    for (let i = Math.max(0, -at); i < last; i++) part[i] = signal[at + i]! * window[i]!
  }
  const add = (at: number, part: Float64Array) => {
    const last = Math.min(windowLength, signal.length - at)
    for (let i = Math.max(0, -at); i < last; i++) output[at + i]! += (part[i]! / size) * window[i]!
  }
  // Two windows at a time: one as the real part, the other as the imaginary one.
  for (let at = -advance; at < signal.length; at += 2 * advance) {
    load(at, real)
    load(at + advance, imaginary)
    transform(real, imaginary)
    const [row, nextRow] = [rowAt(at), rowAt(at + advance)]
    for (let bin = 0; bin <= size / 2; bin++) {
      const place = places[bin]!
      const below = Math.floor(place)
      const above = Math.min(bands - 1, below + 1)
      const gain = (row: number) =>
        Math.exp((change[row + below]! + (place - below) * (change[row + above]! - change[row + below]!)) * toFactor)
      const mirrored = (size - bin) % size
      const re = real[bin]!
      const im = imaginary[bin]!
      const mirroredRe = real[mirrored]!
      const mirroredIm = imaginary[mirrored]!
      const first = gain(row) / 2
      const second = gain(nextRow) / 2
      const firstRe = first * (re + mirroredRe)
      const firstIm = first * (im - mirroredIm)
      const secondRe = second * (im + mirroredIm)
      const secondIm = second * (mirroredRe - re)
      // What is real stays real: each half mirrors the other.
      real[mirrored] = firstRe + secondIm
      imaginary[mirrored] = secondRe - firstIm
      real[bin] = firstRe - secondIm
      imaginary[bin] = firstIm + secondRe
    }
    transform(imaginary, real)
    add(at, real)
    add(at + advance, imaginary)
  }
  return output
}
