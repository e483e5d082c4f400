/** The inverse modified discrete cosine transform, by a complex Fourier transform of a quarter of its length. */

/** Makes the transform from `size / 2` lines to `size` samples; `size` is a power of two of at least 16. */
export const makeImdct = (size: number): ((lines: Float32Array, out: Float32Array) => void) => {
  const half = size / 2
  const quarter = size / 4
  const eighth = size / 8
  const cosines = Float64Array.from({ length: quarter }, (_, i) => -Math.cos((2 * Math.PI * (i + 1 / 8)) / size))
  const sines = Float64Array.from({ length: quarter }, (_, i) => -Math.sin((2 * Math.PI * (i + 1 / 8)) / size))
  const re = new Float64Array(quarter)
  const im = new Float64Array(quarter)
  const bits = Math.log2(quarter)
  const reversed = Uint32Array.from({ length: quarter }, (_, i) => {
    let result = 0
    for (let bit = 0; bit < bits; bit++) result |= ((i >> bit) & 1) << (bits - 1 - bit)
    return result
  })
  const turnsRe = Float64Array.from({ length: eighth }, (_, i) => Math.cos((2 * Math.PI * i) / quarter))
  const turnsIm = Float64Array.from({ length: eighth }, (_, i) => Math.sin((2 * Math.PI * i) / quarter))

  /** In place, on bit-reversed input. */
  const fourier = () => {
    for (let span = 1; span < quarter; span *= 2) {
      const stride = eighth / span
      for (let start = 0; start < quarter; start += 2 * span) {
        for (let i = 0; i < span; i++) {
          const a = start + i
          const b = a + span
          const turnRe = turnsRe[i * stride]!
          const turnIm = turnsIm[i * stride]!
          const bRe = re[b]! * turnRe - im[b]! * turnIm
          const bIm = re[b]! * turnIm + im[b]! * turnRe
          re[b] = re[a]! - bRe
          im[b] = im[a]! - bIm
          re[a]! += bRe
          im[a]! += bIm
        }
      }
    }
  }

  return (lines, out) => {
    for (let k = 0; k < quarter; k++) {
      const a = lines[half - 1 - 2 * k]!
      const b = lines[2 * k]!
      const to = reversed[k]!
      re[to] = a * cosines[k]! - b * sines[k]!
      im[to] = a * sines[k]! + b * cosines[k]!
    }
    fourier()
    for (let k = 0; k < eighth; k++) {
      const low = eighth - 1 - k
      const high = eighth + k
      const lowRe = im[low]! * sines[low]! - re[low]! * cosines[low]!
      const highIm = im[low]! * cosines[low]! + re[low]! * sines[low]!
      const highRe = im[high]! * sines[high]! - re[high]! * cosines[high]!
      const lowIm = im[high]! * cosines[high]! + re[high]! * sines[high]!
      re[low] = lowRe
      im[low] = lowIm
      re[high] = highRe
      im[high] = highIm
    }
    for (let k = 0; k < quarter; k++) {
      out[quarter + 2 * k] = -re[k]!
      out[quarter + 2 * k + 1] = -im[k]!
    }
    for (let k = 0; k < quarter; k++) {
      out[k] = -out[half - 1 - k]!
      out[size - 1 - k] = out[half + k]!
    }
  }
}
