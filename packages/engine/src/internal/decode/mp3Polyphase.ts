/**
 * The polyphase synthesis of MPEG audio: 32 bands to one signal. After minimp3 (https://github.com/lieff/minimp3, CC0).
 */
import { dctSecants, synthesisWindow } from "./mp3Tables.ts"

/** Samples of each band in a granule. */
const bandSize = 18

const t = [0, 1, 2, 3].map(() => new Float64Array(9)) as [Float64Array, Float64Array, Float64Array, Float64Array]

/** A cosine transform over the 32 bands at one moment, in place. */
const dct32 = (y: Float32Array, k: number): void => {
  for (let i = 0; i < 8; i++) {
    const x0 = y[k + i * 18]!
    const x1 = y[k + (15 - i) * 18]!
    const x2 = y[k + (16 + i) * 18]!
    const x3 = y[k + (31 - i) * 18]!
    const t0 = x0 + x3
    const t1 = x1 + x2
    const t2 = (x1 - x2) * dctSecants[3 * i]!
    const t3 = (x0 - x3) * dctSecants[3 * i + 1]!
    t[0][i] = t0 + t1
    t[1][i] = (t0 - t1) * dctSecants[3 * i + 2]!
    t[2][i] = t3 + t2
    t[3][i] = (t3 - t2) * dctSecants[3 * i + 2]!
  }
  for (const x of t) {
    let [x0, x1, x2, x3, x4, x5, x6, x7] = x as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    let xt = x0 - x7
    x0 += x7
    x7 = x1 - x6
    x1 += x6
    x6 = x2 - x5
    x2 += x5
    x5 = x3 - x4
    x3 += x4
    x4 = x0 - x3
    x0 += x3
    x3 = x1 - x2
    x1 += x2
    x[0] = x0 + x1
    x[4] = (x0 - x1) * 0.707_106_77
    x5 += x6
    x6 = (x6 + x7) * 0.707_106_77
    x7 += xt
    x3 = (x3 + x4) * 0.707_106_77
    // A rotation by a sixteenth of a turn.
    x5 -= x7 * 0.198_912_367
    x7 += x5 * 0.382_683_432
    x5 -= x7 * 0.198_912_367
    x0 = xt - x6
    xt += x6
    x[1] = (xt + x7) * 0.509_795_61
    x[2] = (x4 + x3) * 0.541_196_11
    x[3] = (x0 - x5) * 0.601_344_88
    x[5] = (x0 + x5) * 0.899_976_19
    x[6] = (x4 - x3) * 1.306_563_02
    x[7] = (xt - x7) * 2.562_915_56
  }
  for (let i = 0; i < 8; i++) {
    // The ninth entry stays 0.
    y[k + 72 * i] = t[0][i]!
    y[k + 72 * i + 18] = t[2][i]! + t[3][i]! + t[3][i + 1]!
    y[k + 72 * i + 36] = t[1][i]! + t[1][i + 1]!
    y[k + 72 * i + 54] = t[2][i + 1]! + t[3][i]! + t[3][i + 1]!
  }
}

const rows = new Float32Array((bandSize + 15) * 64)

/** The outer samples of a row of 32 need fewer products. */
const firstOfRow = (z: number) =>
  (rows[z + 14 * 64]! - rows[z]!) * 29 +
  (rows[z + 64]! + rows[z + 13 * 64]!) * 213 +
  (rows[z + 12 * 64]! - rows[z + 2 * 64]!) * 459 +
  (rows[z + 3 * 64]! + rows[z + 11 * 64]!) * 2_037 +
  (rows[z + 10 * 64]! - rows[z + 4 * 64]!) * 5_153 +
  (rows[z + 5 * 64]! + rows[z + 9 * 64]!) * 6_574 +
  (rows[z + 8 * 64]! - rows[z + 6 * 64]!) * 37_489 +
  rows[z + 7 * 64]! * 75_038

const middleOfRow = (z: number) =>
  rows[z + 14 * 64]! * 104 +
  rows[z + 12 * 64]! * 1_567 +
  rows[z + 10 * 64]! * 9_727 +
  rows[z + 8 * 64]! * 64_019 +
  rows[z + 6 * 64]! * -9_975 +
  rows[z + 4 * 64]! * -45 +
  rows[z + 2 * 64]! * 146 +
  rows[z]! * -5

const window = Float64Array.from(synthesisWindow)

/** Two rows of 32 samples from the bands at two moments. */
const synthesizePair = (bands: Float32Array, k: number, row: number, out: Float32Array, to: number): void => {
  const z = row + 15 * 64
  rows[z + 60] = bands[k + 18 * 16]!
  rows[z + 62] = bands[k]!
  rows[z + 124] = bands[k + 1 + 18 * 16]!
  rows[z + 126] = bands[k + 1]!
  out[to] = firstOfRow(row + 60) / 32_768
  out[to + 16] = middleOfRow(row + 62) / 32_768
  out[to + 32] = firstOfRow(row + 124) / 32_768
  out[to + 48] = middleOfRow(row + 126) / 32_768
  let w = 0
  for (let i = 14; i >= 0; i--) {
    rows[z + 4 * i] = bands[k + 18 * (31 - i)]!
    rows[z + 4 * i + 2] = bands[k + 1 + 18 * (31 - i)]!
    rows[z + 4 * (i + 16)] = bands[k + 1 + 18 * (1 + i)]!
    rows[z + 4 * (i - 16) + 2] = bands[k + 18 * (1 + i)]!
    let [a0, a2, b0, b2] = [0, 0, 0, 0]
    for (let j = 0; j < 8; j++) {
      const w0 = window[w++]!
      const w1 = window[w++]!
      const late = z + 4 * i - j * 64
      const early = z + 4 * i - (15 - j) * 64
      const sign = j % 2 === 0 ? 1 : -1
      b0 += rows[late]! * w1 + rows[early]! * w0
      b2 += rows[late + 2]! * w1 + rows[early + 2]! * w0
      a0 += sign * (rows[late]! * w0 - rows[early]! * w1)
      a2 += sign * (rows[late + 2]! * w0 - rows[early + 2]! * w1)
    }
    out[to + 15 - i] = a0 / 32_768
    out[to + 17 + i] = b0 / 32_768
    out[to + 47 - i] = a2 / 32_768
    out[to + 49 + i] = b2 / 32_768
  }
}

/** Joins the 32 bands of a granule to 576 samples. */
export const synthesize = (bands: Float32Array, memory: Float32Array, out: Float32Array, to: number): void => {
  for (let k = 0; k < bandSize; k++) dct32(bands, k)
  rows.set(memory)
  for (let k = 0; k < bandSize; k += 2) synthesizePair(bands, k, k * 64, out, to + k * 32)
  memory.set(rows.subarray(bandSize * 64))
}
