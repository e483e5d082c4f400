/** The fast Fourier transform: radix 2, in place, with its tables made once per size. */

interface Tables {
  readonly cosines: Float64Array
  readonly sines: Float64Array
  readonly reversed: Uint32Array
}

const made = new Map<number, Tables>()

const tables = (size: number): Tables => {
  const known = made.get(size)
  if (known !== undefined) return known
  const bits = Math.log2(size)
  if (!Number.isInteger(bits)) throw new RangeError(`${size} is not a power of 2.`)
  const reversed = new Uint32Array(size)
  for (let i = 1; i < size; i++) reversed[i] = (reversed[i >> 1]! >> 1) | ((i & 1) << (bits - 1))
  const tables = {
    cosines: Float64Array.from({ length: size / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / size)),
    sines: Float64Array.from({ length: size / 2 }, (_, i) => Math.sin((2 * Math.PI * i) / size)),
    reversed,
  }
  made.set(size, tables)
  return tables
}

/**
 * Transforms a complex signal whose length is a power of 2, in place. The inverse is the same call with the real and
 * the imaginary part exchanged, and a division by the length.
 */
export const transform = (real: Float64Array, imaginary: Float64Array): void => {
  const size = real.length
  const { cosines, reversed, sines } = tables(size)
  for (let i = 0; i < size; i++) {
    const j = reversed[i]!
    if (j <= i) continue
    const [re, im] = [real[i]!, imaginary[i]!]
    real[i] = real[j]!
    imaginary[i] = imaginary[j]!
    real[j] = re
    imaginary[j] = im
  }
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half)
    for (let start = 0; start < size; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const [cosine, sine] = [cosines[k * stride]!, sines[k * stride]!]
        const [low, high] = [start + k, start + k + half]
        const re = real[high]! * cosine + imaginary[high]! * sine
        const im = imaginary[high]! * cosine - real[high]! * sine
        real[high] = real[low]! - re
        imaginary[high] = imaginary[low]! - im
        real[low] = real[low]! + re
        imaginary[low] = imaginary[low]! + im
      }
    }
  }
}
