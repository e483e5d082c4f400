/**
 * Changes the sample rate of speech with a Kaiser-windowed sinc. Images and aliases stay 79 dB or more below a tone
 * that lies under 0.86 of the lower Nyquist frequency.
 */

/** Zero crossings of the sinc on each side: the filter's sharpness against its cost. */
const halfWidth = 32
/** Kaiser window shape: side lobes near -86 dB. */
const beta = 8.6
/** Table entries between two zero crossings; linear interpolation between them errs by about -108 dB. */
const resolution = 512

/** Modified Bessel function of the first kind, order zero. */
const bessel0 = (x: number): number => {
  let sum = 1
  let term = 1
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}

/** One half of the symmetric kernel, with one entry beyond the end for the interpolation. */
const kernel = Float64Array.from({ length: halfWidth * resolution + 2 }, (_, i) => {
  const x = i / resolution
  if (x >= halfWidth) return 0
  const window = bessel0(beta * Math.sqrt(1 - (x / halfWidth) ** 2)) / bessel0(beta)
  return x === 0 ? 1 : (window * Math.sin(Math.PI * x)) / (Math.PI * x)
})

/** The kernel at a distance in table entries. */
const weight = (position: number): number => {
  const entry = position | 0
  const below = kernel[entry]!
  return below + (kernel[entry + 1]! - below) * (position - entry)
}

/** More phases would take longer to tabulate than they save. */
const mostPhases = 512

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b))

/**
 * Resamples a whole signal. Any two rates will do; the result has `round(input.length * to / from)` samples and the
 * first sample stays in place.
 *
 * @example
 * ```ts
 * const speech = Resampler.resample(fliteOutput, { from: 16_000, to: 22_050 })
 * ```
 */
export const resample = (input: Float32Array, rates: { readonly from: number; readonly to: number }): Float32Array => {
  const { from, to } = rates
  if (from === to) return input.slice()
  const output = new Float32Array(Math.round((input.length * to) / from))
  // Going down, the low-pass moves to the target's Nyquist frequency: the kernel widens by the same factor.
  const scale = Math.min(1, to / from)
  const reach = halfWidth / scale
  const step = scale * resolution
  // Rates like 22,050 and 16,000 have the same few distances again and again.
  const phases = Number.isInteger(from) && Number.isInteger(to) ? to / greatestCommonDivisor(from, to) : Infinity
  // Four sums at a time: one alone waits for its own last addition. Beyond the taps the tables hold zeros.
  const taps = 4 * Math.ceil((2 * Math.ceil(reach) + 1) / 4)
  const tables = phases <= mostPhases && output.length > phases ? new Array<Float64Array>(phases) : undefined
  for (let n = 0; n < output.length; n++) {
    const centre = (n * from) / to
    const start = Math.floor(centre) - Math.ceil(reach) + 1
    const first = Math.max(0, start)
    const last = Math.min(input.length - 1, Math.floor(centre + reach))
    let sum = 0
    if (tables === undefined) {
      for (let k = Math.max(first, Math.ceil(centre - reach)); k <= last; k++) {
        sum += input[k]! * weight(Math.abs(centre - k) * step)
      }
    } else {
      const table = (tables[n % phases] ??= Float64Array.from({ length: taps }, (_, i) =>
        Math.abs(centre - start - i) > reach ? 0 : weight(Math.abs(centre - start - i) * step),
      ))
      if (first === start && start + taps <= input.length) {
        let a = 0
        let b = 0
        let c = 0
        let d = 0
        for (let i = 0; i < taps; i += 4) {
          a += input[start + i]! * table[i]!
          b += input[start + i + 1]! * table[i + 1]!
          c += input[start + i + 2]! * table[i + 2]!
          d += input[start + i + 3]! * table[i + 3]!
        }
        sum = a + b + (c + d)
      } else for (let k = first; k <= last; k++) sum += input[k]! * table[k - start]!
    }
    output[n] = sum * scale
  }
  return output
}
