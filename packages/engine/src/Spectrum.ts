/**
 * Short-time spectra of speech, and what is read from them: mel bands, the long-term average spectrum, mel cepstra.
 *
 * Everything here is measured at 16 kHz, in frames of 25 ms every 10 ms.
 */
import { transform } from "./internal/fft.ts"

/** Samples per second of every signal that is analysed. */
export const analysisRate = 16_000

/** Seconds from one frame to the next. */
export const hop = 0.01

const frameLength = 0.025 * analysisRate
const hopLength = hop * analysisRate
const size = 512
const bins = size / 2 + 1

/** Frames further than this under the loud ones, in dB, are pauses. */
const speechRange = 30

/** Power spectra, one row per frame. */
export interface Spectra {
  readonly frames: number
  /** `frames` rows of {@link bins} powers. */
  readonly power: Float32Array
  /** Level of every frame in dB relative to full scale. */
  readonly levels: Float32Array
}

const window = Float64Array.from(
  { length: frameLength },
  (_, i) =>
    // Hann
    0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / frameLength),
)

/** The power spectra of a signal at {@link analysisRate}. Frame `i` is centred on `i` times {@link hop}. */
export const spectra = (signal: Float32Array): Spectra => {
  const frames = Math.floor(signal.length / hopLength) + 1
  const power = new Float32Array(frames * bins)
  const levels = new Float32Array(frames)
  const real = new Float64Array(size)
  const imaginary = new Float64Array(size)
  const load = (frame: number, part: Float64Array) => {
    part.fill(0)
    if (frame >= frames) return
    const start = frame * hopLength - frameLength / 2
    let energy = 0
    for (let i = Math.max(0, -start); i < frameLength && start + i < signal.length; i++) {
      const sample = signal[start + i]!
      energy += sample * sample
      part[i] = sample * window[i]!
    }
    levels[frame] = 10 * Math.log10(energy / frameLength + 1e-12)
  }
  // Two frames at a time: one as the real part, the other as the imaginary one.
  for (let frame = 0; frame < frames; frame += 2) {
    load(frame, real)
    load(frame + 1, imaginary)
    transform(real, imaginary)
    const hasSecond = frame + 1 < frames
    for (let bin = 0; bin < bins; bin++) {
      const mirrored = (size - bin) % size
      const re = real[bin]!
      const im = imaginary[bin]!
      const mirroredRe = real[mirrored]!
      const mirroredIm = imaginary[mirrored]!
      power[frame * bins + bin] = ((re + mirroredRe) ** 2 + (im - mirroredIm) ** 2) / 4
      if (hasSecond) power[(frame + 1) * bins + bin] = ((im + mirroredIm) ** 2 + (re - mirroredRe) ** 2) / 4
    }
  }
  return { frames, power, levels }
}

/** The numbers of the frames that hold speech: those within 30 dB of the loud ones. */
export const speechFrames = ({ frames, levels }: Spectra): ReadonlyArray<number> => {
  const loud = Float32Array.from(levels).sort()[Math.floor(0.95 * (frames - 1))]!
  return Array.from({ length: frames }, (_, i) => i).filter((i) => levels[i]! > loud - speechRange && levels[i]! > -80)
}

/** O'Shaughnessy's formula. */
const toMel = (frequency: number) => 1127 * Math.log(1 + frequency / 700)
const toHertz = (mel: number) => 700 * (Math.exp(mel / 1127) - 1)

/** A bank of overlapping triangular filters. */
export interface Bank {
  /** In Hz, ascending. */
  readonly centres: ReadonlyArray<number>
  readonly filters: ReadonlyArray<{ readonly first: number; readonly weights: Float32Array }>
}

/**
 * Mel-spaced triangles between two frequencies in Hz. `scale` multiplies every frequency after the spacing is made: the
 * bank then sees a voice of `scale` times higher formants as the unscaled bank sees the original. `limit` is the number
 * of bins that there are.
 */
export const bank = (count: number, from: number, to: number, scale = 1, limit = bins): Bank => {
  const edges = Array.from(
    { length: count + 2 },
    (_, i) => scale * toHertz(toMel(from) + ((toMel(to) - toMel(from)) * i) / (count + 1)),
  )
  const filters = Array.from({ length: count }, (_, band) => {
    const [low, centre, high] = [edges[band]!, edges[band + 1]!, edges[band + 2]!].map(
      (edge) => (edge * size) / analysisRate,
    ) as [number, number, number]
    const first = Math.max(0, Math.floor(low))
    const last = Math.min(limit - 1, Math.ceil(high))
    const weights = Float32Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
      const bin = first + i
      return Math.max(0, bin < centre ? (bin - low) / (centre - low) : (high - bin) / (high - centre))
    })
    const sum = weights.reduce((sum, weight) => sum + weight, 0)
    // A triangle narrower than a bin may hold none: it takes the nearest.
    return sum > 0.2
      ? { first, weights: weights.map((weight) => weight / sum) }
      : { first: Math.min(limit - 1, Math.round(centre)), weights: new Float32Array([1]) }
  })
  return { centres: edges.slice(1, -1), filters }
}

/** Power in every band of one frame, written to `into`. */
export const bandPowers = (
  { filters }: Bank,
  power: Float32Array,
  frame: number,
  into: Float64Array | Float32Array,
): void => {
  const row = frame * bins
  for (let band = 0; band < filters.length; band++) {
    const { first, weights } = filters[band]!
    let sum = 0
    for (let i = 0; i < weights.length; i++) sum += weights[i]! * power[row + first + i]!
    into[band] = sum
  }
}

/** The bands of long-term average spectra and of the equaliser. */
export const ltasBank = bank(40, 60, 7_800)

/** The same bands, all of them moved: for a {@link mirrored} spectrum whose frequencies are yet to be scaled. */
export const scaledLtasBank = (scale: number): Bank => bank(40, 60, 7_800, scale, 2 * bins - 1)

const isReferenceBand = ltasBank.centres.map((centre) => centre >= 200 && centre <= 4_000)
const referenceBands = isReferenceBand.filter(Boolean).length

/** The mean over 200 to 4000 Hz is what levels of an average spectrum are relative to. */
export const withoutMean = (levels: ReadonlyArray<number>): ReadonlyArray<number> => {
  const mean = levels.reduce((sum, level, band) => (isReferenceBand[band] === true ? sum + level : sum), 0)
  return levels.map((level) => level - mean / referenceBands)
}

/** The level of every frame between two frequencies in Hz, in dB. */
export const rangeLevels = (
  { frames, power }: Spectra,
  range: { readonly from: number; readonly to: number },
): Float32Array => {
  const first = Math.round((range.from * size) / analysisRate)
  const last = Math.round((range.to * size) / analysisRate)
  return Float32Array.from({ length: frames }, (_, frame) => {
    let sum = 0
    for (let bin = first; bin <= last; bin++) sum += power[frame * bins + bin]!
    return 10 * Math.log10(sum + 1e-6)
  })
}

/** The frequency of a bin of a power spectrum, in Hz. */
export const frequencyOf = (bin: number): number => (bin * analysisRate) / size

/** The mean power spectrum of the given frames. */
export const meanPower = ({ power }: Spectra, frames: ReadonlyArray<number>): Float32Array => {
  const mean = new Float64Array(bins)
  for (const frame of frames) {
    for (let bin = 0; bin < bins; bin++) mean[bin]! += power[frame * bins + bin]! / frames.length
  }
  return Float32Array.from(mean)
}

/** How far each frame's magnitudes are from those of the frame before, both at the same level: 0 to 2. */
export const flux = ({ power }: Spectra, frames: ReadonlyArray<number>): ReadonlyArray<number> => {
  const levelOf = (frame: number) => {
    let sum = 1e-9
    for (let bin = 0; bin < bins; bin++) sum += power[frame * bins + bin]!
    return sum
  }
  return frames
    .filter((frame) => frame > 0)
    .map((frame) => {
      const [here, before] = [levelOf(frame), levelOf(frame - 1)]
      let change = 0
      for (let bin = 0; bin < bins; bin++) {
        const now = Math.sqrt(power[frame * bins + bin]! / here)
        change += (now - Math.sqrt(power[(frame - 1) * bins + bin]! / before)) ** 2
      }
      return change
    })
}

/** A power spectrum and its image above the Nyquist frequency. */
export const mirrored = (power: Float32Array): Float32Array =>
  Float32Array.from({ length: 2 * bins - 1 }, (_, bin) => power[bin < bins ? bin : 2 * (bins - 1) - bin]!)

/** The levels of one power spectrum: dB per band, relative to their mean over 200 to 4000 Hz of {@link ltasBank}. */
export const levels = (bank: Bank, power: Float32Array): ReadonlyArray<number> => {
  const bands = new Float64Array(bank.filters.length)
  bandPowers(bank, power, 0, bands)
  return withoutMean(Array.from(bands, (band) => 10 * Math.log10(band + 1e-12)))
}

/** The long-term average spectrum of the given frames: dB per band of {@link ltasBank}, relative to its mean. */
export const ltas = (spectra: Spectra, frames: ReadonlyArray<number>): ReadonlyArray<number> =>
  levels(ltasBank, meanPower(spectra, frames))

/** How many cepstral coefficients are kept; the one that only tells the level is not among them. */
export const coefficients = 13

const cosineTables = new Map<number, Float64Array>()

const cosines = (bands: number): Float64Array => {
  const known = cosineTables.get(bands)
  if (known !== undefined) return known
  const table = Float64Array.from({ length: coefficients * bands }, (_, i) => {
    const order = Math.floor(i / bands) + 1
    return Math.cos((Math.PI * order * ((i % bands) + 0.5)) / bands) * Math.sqrt(2 / bands)
  })
  cosineTables.set(bands, table)
  return table
}

/** Mel cepstra of the given frames, {@link coefficients} to a row; with `centred` their mean is removed. */
export const cepstra = (
  { power }: Spectra,
  frames: ReadonlyArray<number>,
  bank: Bank,
  options: { readonly centred: boolean },
): Float32Array => {
  const count = bank.filters.length
  const table = cosines(count)
  const bands = new Float64Array(count)
  const rows = new Float32Array(frames.length * coefficients)
  const mean = new Float64Array(coefficients)
  for (let row = 0; row < frames.length; row++) {
    bandPowers(bank, power, frames[row]!, bands)
    for (let band = 0; band < count; band++) bands[band] = Math.log(bands[band]! + 1e-9)
    for (let order = 0; order < coefficients; order++) {
      let sum = 0
      for (let band = 0; band < count; band++) sum += table[order * count + band]! * bands[band]!
      rows[row * coefficients + order] = sum
      mean[order]! += sum
    }
  }
  if (options.centred) {
    for (let i = 0; i < rows.length; i++) rows[i]! -= mean[i % coefficients]! / frames.length
  }
  return rows
}
