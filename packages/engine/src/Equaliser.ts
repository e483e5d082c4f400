/**
 * Gives speech the spectral colour of a sample: a linear-phase filter with a gain for every band of the long-term
 * average spectrum.
 */
import { transform } from "./internal/fft.ts"
import { ltasBank } from "./Spectrum.ts"

/** How a piece is to be coloured. */
export interface Equaliser {
  /** In dB, for every band of `Spectrum.ltasBank`. */
  readonly gains: ReadonlyArray<number>
  /** Whether to remove what lies above the bands; else it gets the last band's gain. */
  readonly isBounded: boolean
}

/** Gains stay within these, in dB: room for a voice's colour, none for lifting mere noise. */
export const gainLimits = { least: -40, greatest: 18 } as const

/** Samples by which the filtered signal begins earlier and ends later than what went in. */
export const tail = 255

const taps = 2 * tail + 1
const designSize = 1_024
const blockSize = 2_048

const { centres } = ltasBank
const mel = (frequency: number) => Math.log(1 + frequency / 700)

/** Where the last band ends, in Hz. What lies above was not measured. */
const end = 7_800
const silence = -70

/** The gain in dB at a frequency: linear in mel between the bands, constant before the first and after the last. */
const gainAt = ({ isBounded, gains }: Equaliser, frequency: number): number => {
  if (isBounded && frequency > end) return silence
  const above = centres.findIndex((centre) => centre > frequency)
  if (above < 0) return gains.at(-1)!
  if (above === 0) return gains[0]!
  const [low, high] = [mel(centres[above - 1]!), mel(centres[above]!)]
  const share = (mel(frequency) - low) / (high - low)
  return gains[above - 1]! * (1 - share) + gains[above]! * share
}

/** The symmetric impulse response of the gains, {@link taps} long. */
const design = (equaliser: Equaliser, sampleRate: number): Float64Array => {
  const real = new Float64Array(designSize)
  const imaginary = new Float64Array(designSize)
  for (let bin = 0; bin <= designSize / 2; bin++) {
    real[bin] = 10 ** (gainAt(equaliser, (bin * sampleRate) / designSize) / 20)
    real[(designSize - bin) % designSize] = real[bin]!
  }
  transform(real, imaginary)
  return Float64Array.from({ length: taps }, (_, i) => {
    // Hann, without the zeros at its ends
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 1)) / (taps + 1))
    return (window * real[(i - tail + designSize) % designSize]!) / designSize
  })
}

/** The gain in dB that the filter really has at each of the frequencies in Hz: its length smooths what was asked for. */
export const response = (
  equaliser: Equaliser,
  sampleRate: number,
  frequencies: ReadonlyArray<number>,
): ReadonlyArray<number> => {
  const filter = design(equaliser, sampleRate)
  return frequencies.map((frequency) => {
    let sum = filter[tail]!
    for (let i = 1; i <= tail; i++) sum += 2 * filter[tail + i]! * Math.cos((2 * Math.PI * frequency * i) / sampleRate)
    return 20 * Math.log10(Math.abs(sum) + 1e-9)
  })
}

/**
 * Filters a whole piece. The result is {@link tail} samples longer at both ends: pieces that are laid over each other
 * there sound as if the filter had run through.
 */
export const equalise = (signal: Float32Array, sampleRate: number, equaliser: Equaliser): Float32Array => {
  const filterReal = new Float64Array(blockSize)
  const filterImaginary = new Float64Array(blockSize)
  filterReal.set(design(equaliser, sampleRate))
  transform(filterReal, filterImaginary)
  const output = new Float32Array(signal.length + 2 * tail)
  const advance = blockSize - taps + 1
  const real = new Float64Array(blockSize)
  const imaginary = new Float64Array(blockSize)
  // Overlap and add, two blocks at a time: one as the real part, the other as the imaginary one.
  for (let at = 0; at < signal.length; at += 2 * advance) {
    real.fill(0)
    imaginary.fill(0)
    real.set(signal.subarray(at, at + advance))
    imaginary.set(signal.subarray(Math.min(signal.length, at + advance), at + 2 * advance))
    transform(real, imaginary)
    for (let bin = 0; bin < blockSize; bin++) {
      const re = real[bin]!
      const im = imaginary[bin]!
      real[bin] = re * filterReal[bin]! - im * filterImaginary[bin]!
      imaginary[bin] = re * filterImaginary[bin]! + im * filterReal[bin]!
    }
    transform(imaginary, real)
    for (let i = 0; i < blockSize; i++) {
      if (at + i < output.length) output[at + i]! += real[i]! / blockSize
      if (at + advance + i < output.length) output[at + advance + i]! += imaginary[i]! / blockSize
    }
  }
  return output
}
