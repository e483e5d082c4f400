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
  if (rates.from === rates.to) return input.slice()
  const output = new Float32Array(Math.round((input.length * rates.to) / rates.from))
  // Going down, the low-pass moves to the target's Nyquist frequency: the kernel widens by the same factor.
  const scale = Math.min(1, rates.to / rates.from)
  const reach = halfWidth / scale
  const step = scale * resolution
  for (let n = 0; n < output.length; n++) {
    const centre = (n * rates.from) / rates.to
    const first = Math.max(0, Math.ceil(centre - reach))
    const last = Math.min(input.length - 1, Math.floor(centre + reach))
    let sum = 0
    for (let k = first; k <= last; k++) {
      const position = Math.abs(centre - k) * step
      const entry = position | 0
      const below = kernel[entry]!
      sum += input[k]! * (below + (kernel[entry + 1]! - below) * (position - entry))
    }
    output[n] = sum * scale
  }
  return output
}
