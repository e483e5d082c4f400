/**
 * From a granule's spectrum to 32 bands: the hybrid filterbank of layer III, which is a modified cosine transform of 18
 * lines, or of 3 times 6, in each band. After minimp3 (https://github.com/lieff/minimp3, CC0).
 */
import type { FrameHeader, Granule } from "./mp3Frame.ts"

const bandSize = 18
const bandCount = 32

const butterflies = [-0.6, -0.535, -0.33, -0.185, -0.095, -0.041, -0.0142, -0.0037].map((c) => ({
  own: 1 / Math.sqrt(1 + c * c),
  other: -c / Math.sqrt(1 + c * c),
}))

/** Puts the three windows of each short band side by side, line by line. */
const reorder = (spectrum: Float32Array, from: number, widths: ReadonlyArray<number>): void => {
  const source = spectrum.slice()
  let at = from
  let start = from
  for (let band = 0; band + 2 < widths.length; band += 3) {
    const width = widths[band]!
    for (let i = 0; i < width; i++) {
      for (let window = 0; window < 3; window++) spectrum[at++] = source[start + window * width + i]!
    }
    start += 3 * width
  }
}

/** Takes back the aliasing between neighbouring bands. */
const reduceAliasing = (spectrum: Float32Array, count: number): void => {
  for (let edge = bandSize; edge <= count * bandSize; edge += bandSize) {
    for (const [i, { other, own }] of butterflies.entries()) {
      const above = spectrum[edge + i]!
      const below = spectrum[edge - 1 - i]!
      spectrum[edge + i] = above * own - below * other
      spectrum[edge - 1 - i] = above * other + below * own
    }
  }
}

/** A cosine transform of nine points, in place. */
const dct9 = (y: Float64Array): void => {
  let [s0, , s2, , s4, , s6, , s8] = y as unknown as [number, 0, number, 0, number, 0, number, 0, number]
  let t0 = s0 + s6 * 0.5
  s0 -= s6
  let t4 = (s4 + s2) * 0.939_692_62
  let t2 = (s8 + s2) * 0.766_044_44
  s6 = (s4 - s8) * 0.173_648_18
  s4 += s8 - s2
  s2 = s0 - s4 * 0.5
  y[4] = s4 + s0
  s8 = t0 - t2 + s6
  s0 = t0 - t4 + t2
  s4 = t0 + t4 - s6
  let s1 = y[1]!
  let s3 = y[3]! * 0.866_025_4
  let s5 = y[5]!
  let s7 = y[7]!
  t0 = (s5 + s1) * 0.984_807_75
  t4 = (s5 - s7) * 0.342_020_14
  t2 = (s1 + s7) * 0.642_787_61
  s1 = (s1 - s5 - s7) * 0.866_025_4
  s5 = t0 - s3 - t2
  s7 = t4 - s3 - t0
  s3 = t4 + s3 - t2
  y[0] = s4 - s7
  y[1] = s2 + s1
  y[2] = s0 - s3
  y[3] = s8 + s5
  y[5] = s8 - s5
  y[6] = s0 + s3
  y[7] = s2 - s1
  y[8] = s4 + s7
}

const twiddle = (i: number, count: number) => ((2 * i + 1) * Math.PI) / (count * 8)
/** Cosines and sines that turn the transform of nine points into one of eighteen; likewise three into six. */
const rotation = (count: number) => ({
  sine: Float64Array.from({ length: count }, (_, i) => Math.cos(Math.PI / 4 - twiddle(i, count))),
  cosine: Float64Array.from({ length: count }, (_, i) => Math.sin(Math.PI / 4 - twiddle(i, count))),
})
const long = rotation(9)
const short = rotation(3)

/** The falling and the rising half of the windows. The second one is for blocks next to short ones. */
const windows = [
  {
    falling: Float64Array.from({ length: 9 }, (_, i) => Math.cos(((2 * i + 1) * Math.PI) / 72)),
    rising: Float64Array.from({ length: 9 }, (_, i) => Math.sin(((2 * i + 1) * Math.PI) / 72)),
  },
  {
    falling: Float64Array.from({ length: 9 }, (_, i) => (i < 6 ? 1 : Math.cos(((2 * (i - 6) + 1) * Math.PI) / 24))),
    rising: Float64Array.from({ length: 9 }, (_, i) => (i < 6 ? 0 : Math.sin(((2 * (i - 6) + 1) * Math.PI) / 24))),
  },
] as const

const co = new Float64Array(9)
const si = new Float64Array(9)

const transformLong = (x: Float32Array, at: number, overlap: Float32Array, band: number, isEdge: boolean): void => {
  const { falling, rising } = windows[isEdge ? 1 : 0]
  co[0] = -x[at]!
  si[0] = x[at + 17]!
  for (let i = 0; i < 4; i++) {
    si[8 - 2 * i] = x[at + 4 * i + 1]! - x[at + 4 * i + 2]!
    co[1 + 2 * i] = x[at + 4 * i + 1]! + x[at + 4 * i + 2]!
    si[7 - 2 * i] = x[at + 4 * i + 4]! - x[at + 4 * i + 3]!
    co[2 + 2 * i] = -(x[at + 4 * i + 3]! + x[at + 4 * i + 4]!)
  }
  dct9(co)
  dct9(si)
  for (let i = 1; i < 9; i += 2) si[i] = -si[i]!
  for (let i = 0; i < 9; i++) {
    const before = overlap[band * 9 + i]!
    const sum = co[i]! * long.cosine[i]! + si[i]! * long.sine[i]!
    overlap[band * 9 + i] = co[i]! * long.sine[i]! - si[i]! * long.cosine[i]!
    x[at + i] = before * falling[i]! - sum * rising[i]!
    x[at + 17 - i] = before * rising[i]! + sum * falling[i]!
  }
}

const idct3 = (x0: number, x1: number, x2: number): readonly [number, number, number] => {
  const side = x1 * 0.866_025_4
  const mean = x0 - x2 * 0.5
  return [mean + side, x0 + x2, mean - side]
}

/** One of the three short windows: six lines, read at every third place. */
const transformShort = (
  x: Float32Array,
  at: number,
  overlap: Float32Array,
  tail: number,
  out: Float32Array,
  to: number,
): void => {
  const even = idct3(-x[at]!, x[at + 6]! + x[at + 3]!, x[at + 12]! + x[at + 9]!)
  const odd = idct3(x[at + 15]!, x[at + 12]! - x[at + 9]!, x[at + 6]! - x[at + 3]!)
  for (let i = 0; i < 3; i++) {
    const e = even[i]!
    const o = i === 1 ? -odd[i] : odd[i]!
    const before = overlap[tail + i]!
    const sum = e * short.cosine[i]! + o * short.sine[i]!
    overlap[tail + i] = e * short.sine[i]! - o * short.cosine[i]!
    out[to + i] = before * short.sine[2 - i]! - sum * short.cosine[2 - i]!
    out[to + 5 - i] = before * short.cosine[2 - i]! + sum * short.sine[2 - i]!
  }
}

const scratch = new Float32Array(bandSize)
const stopBlock = 3

/** Turns the lines of each band into 18 samples of it, in place. */
export const transform = (spectrum: Float32Array, overlap: Float32Array, granule: Granule, header: FrameHeader) => {
  const longBands = granule.isMixed ? (header.isLowest ? 4 : 2) : 0
  const isShort = granule.shortBands > 0
  if (isShort) reorder(spectrum, longBands * bandSize, granule.bandWidths.slice(granule.longBands))
  reduceAliasing(spectrum, isShort ? longBands - 1 : bandCount - 1)
  for (let band = 0; band < bandCount; band++) {
    const at = band * bandSize
    if (band < longBands || !isShort) {
      transformLong(spectrum, at, overlap, band, band >= longBands && granule.blockType === stopBlock)
    } else {
      scratch.set(spectrum.subarray(at, at + bandSize))
      spectrum.set(overlap.subarray(band * 9, band * 9 + 6), at)
      const tail = band * 9 + 6
      transformShort(scratch, 0, overlap, tail, spectrum, at + 6)
      transformShort(scratch, 1, overlap, tail, spectrum, at + 12)
      transformShort(scratch, 2, overlap, tail, overlap, band * 9)
    }
    // Every other band comes upside down.
    if (band % 2 === 1) for (let i = 1; i < bandSize; i += 2) spectrum[at + i] = -spectrum[at + i]!
  }
}

/** What one channel's synthesis keeps from granule to granule. */
export interface ChannelState {
  readonly overlap: Float32Array
  /** The last 15 rows of the polyphase filter's memory, 64 values in each. */
  readonly memory: Float32Array
}

export const makeState = (): ChannelState => ({
  overlap: new Float32Array(bandCount * 9),
  memory: new Float32Array(15 * 64),
})
