/**
 * How loud a recording is.
 *
 * @see ITU-R BS.1770-4, "Algorithms to measure audio programme loudness and true-peak audio level": K-weighting, blocks
 * of 400 ms that overlap by 75 %, an absolute gate at -70 LUFS and a relative one 10 LU below what passes the first
 */

/** Sound as its channels' samples, from -1 to 1. */
export type Channels = ReadonlyArray<Float32Array>

interface Biquad {
  readonly b: readonly [number, number, number]
  readonly a: readonly [number, number]
}

/** The head's effect: a shelf of 4 dB; the recommendation's own coefficients at 48 kHz. */
const shelf = (sampleRate: number): Biquad => {
  const k = Math.tan((Math.PI * 1681.974450955533) / sampleRate)
  const q = 0.7071752369554196
  const high = 10 ** (3.999843853973347 / 20)
  const middle = high ** 0.4996667741545416
  const scale = 1 + k / q + k * k
  return {
    b: [
      (high + (middle * k) / q + k * k) / scale,
      (2 * (k * k - high)) / scale,
      (high - (middle * k) / q + k * k) / scale,
    ],
    a: [(2 * (k * k - 1)) / scale, (1 - k / q + k * k) / scale],
  }
}

/** The second stage: a high-pass. */
const highPass = (sampleRate: number): Biquad => {
  const k = Math.tan((Math.PI * 38.13547087602444) / sampleRate)
  const q = 0.5003270373238773
  const scale = 1 + k / q + k * k
  return { b: [1, -2, 1], a: [(2 * (k * k - 1)) / scale, (1 - k / q + k * k) / scale] }
}

const filter = (input: Float64Array, { b, a }: Biquad): Float64Array => {
  const output = new Float64Array(input.length)
  let [x1, x2, y1, y2] = [0, 0, 0, 0]
  for (let index = 0; index < input.length; index++) {
    const x = input[index] ?? 0
    const y = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2
    output[index] = y
    x2 = x1
    x1 = x
    y2 = y1
    y1 = y
  }
  return output
}

const loudnessOf = (power: number): number => -0.691 + 10 * Math.log10(power)

const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** The integrated loudness in LUFS; `-Infinity` for silence, and for less than a block of sound. */
export const integrated = (channels: Channels, sampleRate: number): number => {
  const weighted = channels.map((channel) =>
    filter(filter(Float64Array.from(channel), shelf(sampleRate)), highPass(sampleRate)),
  )
  const length = channels[0]?.length ?? 0
  const block = Math.round(0.4 * sampleRate)
  const step = Math.round(0.1 * sampleRate)
  const powers: Array<number> = []
  for (let start = 0; start + block <= length; start += step) {
    let power = 0
    for (const samples of weighted) {
      for (let index = start; index < start + block; index++) power += (samples[index] ?? 0) ** 2
    }
    powers.push(power / block)
  }
  const audible = powers.filter((power) => loudnessOf(power) > -70)
  if (audible.length === 0) return Number.NEGATIVE_INFINITY
  const gate = loudnessOf(mean(audible)) - 10
  return loudnessOf(mean(audible.filter((power) => loudnessOf(power) > gate)))
}

/** The highest sample, in decibels below full scale. */
export const peak = (channels: Channels): number => {
  let highest = 0
  for (const channel of channels) for (const sample of channel) highest = Math.max(highest, Math.abs(sample))
  return 20 * Math.log10(highest)
}
