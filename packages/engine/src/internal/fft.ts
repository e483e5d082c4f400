/** The fast Fourier transform: radix 4, in place, with its tables made once per size. */

interface Pass {
  /** Elements from one to the next of the four that are combined. */
  readonly quarter: number
  /** Of the first of the two stages that a pass does at once. */
  readonly firstCosines: Float64Array
  readonly firstSines: Float64Array
  readonly secondCosines: Float64Array
  readonly secondSines: Float64Array
}

interface Tables {
  readonly passes: ReadonlyArray<Pass>
  readonly reversed: Uint32Array
}

const made = new Map<number, Tables>()

const turns = (count: number, circle: number, of: (angle: number) => number): Float64Array =>
  Float64Array.from({ length: count }, (_, k) => of((2 * Math.PI * k) / circle))

const tables = (size: number): Tables => {
  const known = made.get(size)
  if (known !== undefined) return known
  const bits = Math.log2(size)
  if (!Number.isInteger(bits)) throw new RangeError(`${size} is not a power of 2.`)
  const reversed = new Uint32Array(size)
  for (let i = 1; i < size; i++) reversed[i] = (reversed[i >> 1]! >> 1) | ((i & 1) << (bits - 1))
  const passes: Array<Pass> = []
  for (let quarter = bits % 2 === 0 ? 1 : 2; quarter < size; quarter *= 4) {
    passes.push({
      quarter,
      firstCosines: turns(quarter, 2 * quarter, Math.cos),
      firstSines: turns(quarter, 2 * quarter, Math.sin),
      secondCosines: turns(quarter, 4 * quarter, Math.cos),
      secondSines: turns(quarter, 4 * quarter, Math.sin),
    })
  }
  const tables = { passes, reversed }
  made.set(size, tables)
  return tables
}

/** Sums and differences of neighbours: the first stage, where the number of stages is odd. */
const combinePairs = (real: Float64Array, imaginary: Float64Array): void => {
  for (let i = 0; i + 1 < real.length; i += 2) {
    const re = real[i + 1]!
    const im = imaginary[i + 1]!
    real[i + 1] = real[i]! - re
    imaginary[i + 1] = imaginary[i]! - im
    real[i] = real[i]! + re
    imaginary[i] = imaginary[i]! + im
  }
}

/** Two stages at once, so that every number is read and written half as often. */
const combineFours = (real: Float64Array, imaginary: Float64Array, pass: Pass): void => {
  const { firstCosines, firstSines, quarter, secondCosines, secondSines } = pass
  const size = real.length
  for (let start = 0; start < size; start += 4 * quarter) {
    for (let k = 0; k < quarter; k++) {
      const a = start + k
      const b = a + quarter
      const c = b + quarter
      const d = c + quarter
      const cosine = firstCosines[k]!
      const sine = firstSines[k]!
      const bRe = real[b]! * cosine + imaginary[b]! * sine
      const bIm = imaginary[b]! * cosine - real[b]! * sine
      const dRe = real[d]! * cosine + imaginary[d]! * sine
      const dIm = imaginary[d]! * cosine - real[d]! * sine
      const evenRe = real[a]! + bRe
      const evenIm = imaginary[a]! + bIm
      const oddRe = real[a]! - bRe
      const oddIm = imaginary[a]! - bIm
      const sumRe = real[c]! + dRe
      const sumIm = imaginary[c]! + dIm
      const gapRe = real[c]! - dRe
      const gapIm = imaginary[c]! - dIm
      const cosine2 = secondCosines[k]!
      const sine2 = secondSines[k]!
      const re = sumRe * cosine2 + sumIm * sine2
      const im = sumIm * cosine2 - sumRe * sine2
      real[a] = evenRe + re
      imaginary[a] = evenIm + im
      real[c] = evenRe - re
      imaginary[c] = evenIm - im
      // A quarter of a turn further.
      const turnedRe = gapIm * cosine2 - gapRe * sine2
      const turnedIm = -gapRe * cosine2 - gapIm * sine2
      real[b] = oddRe + turnedRe
      imaginary[b] = oddIm + turnedIm
      real[d] = oddRe - turnedRe
      imaginary[d] = oddIm - turnedIm
    }
  }
}

/**
 * Transforms a complex signal whose length is a power of 2, in place. The inverse is the same call with the real and
 * the imaginary part exchanged, and a division by the length.
 *
 * Two real signals go through together, one as each part: in the result, half the sum of a bin and the conjugate of its
 * mirror is the first's, half their difference `i` times the second's.
 */
export const transform = (real: Float64Array, imaginary: Float64Array): void => {
  const { passes, reversed } = tables(real.length)
  for (let i = 0; i < real.length; i++) {
    const j = reversed[i]!
    if (j <= i) continue
    const re = real[i]!
    const im = imaginary[i]!
    real[i] = real[j]!
    imaginary[i] = imaginary[j]!
    real[j] = re
    imaginary[j] = im
  }
  if (passes[0]?.quarter !== 1) combinePairs(real, imaginary)
  for (const pass of passes) combineFours(real, imaginary, pass)
}
