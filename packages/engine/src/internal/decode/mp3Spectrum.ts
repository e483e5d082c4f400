/**
 * From a granule's bits to its spectrum: scale factors, Huffman codes, requantization, joint stereo. After minimp3
 * (https://github.com/lieff/minimp3, CC0).
 */
import type { BitReader } from "./bitReader.ts"
import type { FrameHeader, Granule } from "./mp3Frame.ts"
import { bigValueCodes, codeOffsets, linearBits, quadCodesA, quadCodesB, scaleFactorPartitions } from "./mp3Tables.ts"

/** Spectral lines of a granule. */
export const lines = 576

const codes = Int16Array.from(bigValueCodes)
/** Any magnitude that a code can express: 15 and 13 linear bits. */
const powers = Float32Array.from({ length: 8_207 }, (_, i) => Math.cbrt(i) ** 4)

const quarterPower = (exponent: number) => 2 ** (-exponent / 4)

/** Widths in bits of the first and last scale factors (MPEG 1). */
const compressedWidths = [0, 1, 2, 3, 12, 5, 6, 7, 9, 10, 11, 13, 14, 15, 18, 19]
const mpeg2Moduli = [5, 5, 4, 4, 5, 5, 4, 1, 4, 3, 1, 1, 5, 6, 6, 1, 4, 4, 4, 1, 4, 3, 1, 1]
const preemphasis = [1, 1, 1, 1, 2, 2, 3, 3, 3, 2]

const widthsOfFactors = (header: FrameHeader, granule: Granule, channel: number) => {
  if (header.isMpeg1) {
    const packed = compressedWidths[granule.scaleFactorCompress]!
    return { widths: [packed >> 2, packed >> 2, packed & 3, packed & 3], offset: 0 }
  }
  const isIntensity = header.isIntensity && channel === 1
  const widths = [0, 0, 0, 0]
  let offset = isIntensity ? 12 : 0
  for (let left = granule.scaleFactorCompress >> (isIntensity ? 1 : 0); left >= 0; offset += 4) {
    let product = 1
    for (let i = 3; i >= 0; i--) {
      const modulus = mpeg2Moduli[offset + i] ?? 1
      widths[i] = Math.floor(left / product) % modulus
      product *= modulus
    }
    left -= product
  }
  return { widths, offset }
}

/**
 * The gain of every band. `positions` holds the channel's factors of the granule before, and then of this one: they
 * also say where intensity stereo puts a band.
 */
export const readGains = (
  bits: BitReader,
  header: FrameHeader,
  granule: Granule,
  channel: number,
  positions: Uint8Array,
): Float32Array => {
  const { longBands, scaleFactorShift, shortBands } = granule
  const { offset, widths } = widthsOfFactors(header, granule, channel)
  const partition = scaleFactorPartitions[(shortBands > 0 ? 1 : 0) + (longBands === 0 ? 1 : 0)]!
  const factors = new Uint8Array(40)
  let at = 0
  for (let group = 0; group < 4; group++) {
    const count = partition[offset + group] ?? 0
    if (count === 0) break
    const width = widths[group]!
    // The factor that means "no position" to intensity stereo.
    const none = header.isMpeg1 ? -1 : (1 << width) - 1
    for (let i = at; i < at + count; i++) {
      if (header.isMpeg1 && (granule.sharedFactors & (8 >> group)) !== 0) {
        factors[i] = positions[i]!
      } else {
        const factor = bits.read(width)
        factors[i] = factor
        positions[i] = width > 0 && factor === none ? 255 : factor
      }
    }
    at += count
  }
  factors.fill(0, at, at + 3)
  if (shortBands > 0) {
    for (let i = 0; i < shortBands; i++) {
      factors[longBands + i]! += granule.subblockGains[i % 3]! << (3 - scaleFactorShift)
    }
  } else if (granule.hasPreemphasis) {
    for (const [i, more] of preemphasis.entries()) factors[11 + i]! += more
  }
  const gain = quarterPower(214 - granule.globalGain + (header.isMidSide ? 2 : 0))
  return Float32Array.from(
    { length: longBands + shortBands },
    (_, i) => gain * quarterPower(factors[i]! << scaleFactorShift),
  )
}

/** Reads the spectral lines; `limit` is the bit where the granule ends. */
export const readLines = (
  bits: BitReader,
  granule: Granule,
  gains: Float32Array,
  limit: number,
  out: Float32Array,
): void => {
  const { bandWidths } = granule
  const { bytes } = bits
  let next = bits.position >>> 3
  const used = bits.position & 7
  // A window of 32 bits, refilled by bytes; `shift` is negative while it holds at least 24 of them.
  let window = ((bytes[next]! << 24) | (bytes[next + 1]! << 16) | (bytes[next + 2]! << 8) | bytes[next + 3]!) << used
  let shift = used - 8
  next += 4
  const drop = (count: number) => {
    window <<= count
    shift += count
  }
  const refill = () => {
    while (shift >= 0) {
      window |= bytes[next++]! << shift
      shift -= 8
    }
  }

  let at = 0
  let band = 0
  let gain = 0
  let left = granule.bigValues
  let pairs = 0
  for (let region = 0; left > 0 && region < 3; region++) {
    const table = granule.tables[region] ?? 0
    const offset = codeOffsets[table]!
    const linear = linearBits[table]!
    for (let bands = granule.regions[region] ?? 0; left > 0 && bands >= 0; bands--) {
      pairs = (bandWidths[band] ?? 0) / 2
      if (pairs === 0) return
      gain = gains[band++] ?? 0
      for (let pair = Math.min(left, pairs); pair > 0; pair--) {
        let width = 5
        let leaf = codes[offset + (window >>> 27)]!
        while (leaf < 0) {
          drop(width)
          width = leaf & 7
          leaf = codes[offset + (width === 0 ? 0 : window >>> (32 - width)) - (leaf >> 3)]!
        }
        drop(leaf >> 8)
        for (let value = 0; value < 2; value++, leaf >>= 4) {
          let magnitude = leaf & 15
          if (magnitude === 15 && linear > 0) {
            magnitude += window >>> (32 - linear)
            drop(linear)
            refill()
          }
          if (magnitude !== 0) {
            out[at] = window < 0 ? -powers[magnitude]! * gain : powers[magnitude]! * gain
            drop(1)
          }
          at++
        }
        refill()
      }
      left -= pairs
    }
  }

  // The rest are quadruples of -1, 0 and 1. The band that the big values ended in goes on.
  const quadCodes = granule.usesQuadTableB ? quadCodesB : quadCodesA
  let pairsLeft = 1 - left
  for (; ; at += 4) {
    let leaf = quadCodes[window >>> 28]!
    if ((leaf & 8) === 0) {
      const width = leaf & 3
      leaf = quadCodes[(leaf >> 3) + (width === 0 ? 0 : (window << 4) >>> (32 - width))] ?? 0
    }
    drop(leaf & 7)
    if (next * 8 - 24 + shift > limit) break
    for (let i = 0; i < 4; i++) {
      if (i % 2 === 0 && --pairsLeft === 0) {
        pairsLeft = (bandWidths[band] ?? 0) / 2
        if (pairsLeft === 0) return
        gain = gains[band++] ?? 0
      }
      if ((leaf & (128 >> i)) !== 0) {
        out[at + i] = window < 0 ? -gain : gain
        drop(1)
      }
    }
    refill()
  }
}

const midSide = (left: Float32Array, right: Float32Array, from: number, to: number) => {
  for (let i = from; i < to; i++) {
    const mid = left[i]!
    const side = right[i]!
    left[i] = mid + side
    right[i] = mid - side
  }
}

const pans = [0, 0.211_324_87, 0.366_025_4, 0.5, 0.633_974_6, 0.788_675_13, 1]

/** For each of the three windows, the last band in which the right channel has something. */
const topBands = (right: Float32Array, { bandWidths, longBands, shortBands }: Granule): Array<number> => {
  const top = [-1, -1, -1]
  let at = 0
  for (let band = 0; band < longBands + shortBands; band++) {
    const end = at + bandWidths[band]!
    if (right.subarray(at, end).some((value) => value !== 0)) top[band % 3] = band
    at = end
  }
  return longBands > 0 ? top.fill(Math.max(...top)) : top
}

const intensity = (
  left: Float32Array,
  right: Float32Array,
  positions: Uint8Array,
  granule: Granule,
  header: FrameHeader,
  shift: number,
) => {
  const { bandWidths, longBands, shortBands } = granule
  const count = longBands + shortBands
  const windows = shortBands > 0 ? 3 : 1
  const top = topBands(right, granule)
  for (let i = 0; i < windows; i++) {
    const last = count - windows + i
    const before = last - windows
    positions[last] = top[i]! >= before ? (header.isMpeg1 ? 3 : 0) : positions[before]!
  }
  const loudness = header.isMidSide ? Math.SQRT2 : 1
  let at = 0
  for (let band = 0; band < count; band++) {
    const end = at + bandWidths[band]!
    const position = positions[band]!
    if (band > top[band % 3]! && position < (header.isMpeg1 ? 7 : 64)) {
      let [toLeft, toRight] = [pans[position]!, 1 - pans[position]!]
      if (!header.isMpeg1) {
        const weaker = quarterPower(((position + 1) >> 1) << shift)
        ;[toLeft, toRight] = position % 2 === 1 ? [weaker, 1] : [1, weaker]
      }
      for (let i = at; i < end; i++) {
        right[i] = left[i]! * toRight * loudness
        left[i]! *= toLeft * loudness
      }
    } else if (header.isMidSide) {
      midSide(left, right, at, end)
    }
    at = end
  }
}

/** Undoes joint stereo. The granules are those of the left and the right channel. */
export const separate = (
  [left, right]: ReadonlyArray<Float32Array>,
  header: FrameHeader,
  granules: ReadonlyArray<Granule>,
  positions: Uint8Array,
): void => {
  if (left === undefined || right === undefined) return
  if (header.isIntensity) {
    intensity(left, right, positions, granules[0]!, header, (granules[1]?.scaleFactorCompress ?? 0) & 1)
  } else if (header.isMidSide) {
    midSide(left, right, 0, lines)
  }
}
