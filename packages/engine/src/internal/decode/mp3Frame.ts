/** Headers and side information of MPEG audio layer III frames. */
import type { BitReader } from "./bitReader.ts"
import { longBands, mixedBands, shortBands } from "./mp3Tables.ts"

/** What a frame's first four bytes say. */
export interface FrameHeader {
  readonly isMpeg1: boolean
  readonly hasChecksum: boolean
  readonly sampleRate: number
  /** In the tables of bands. */
  readonly bands: number
  readonly channels: 1 | 2
  readonly isMidSide: boolean
  readonly isIntensity: boolean
  /** With the header, in bytes. */
  readonly size: number
  /** Short blocks of MPEG 2.5 at 8 kHz keep four long bands instead of two. */
  readonly isLowest: boolean
}

const rates = [44_100, 48_000, 32_000]
const mpeg1Bitrates = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const mpeg2Bitrates = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]

/** `undefined` where the bytes are no header of a layer III frame with a stated bit rate. */
export const readHeader = (bytes: Uint8Array, at: number): FrameHeader | undefined => {
  if (bytes[at] !== 0xff || at + 4 > bytes.length) return undefined
  const second = bytes[at + 1]!
  const third = bytes[at + 2]!
  const fourth = bytes[at + 3]!
  const version = (second >> 3) & 3
  const rateIndex = (third >> 2) & 3
  if ((second & 0xe6) !== 0xe2 || version === 1 || rateIndex === 3) return undefined
  const isMpeg1 = version === 3
  const kilobits = (isMpeg1 ? mpeg1Bitrates : mpeg2Bitrates)[third >> 4] ?? 0
  if (kilobits === 0) return undefined
  const sampleRate = rates[rateIndex]! / (isMpeg1 ? 1 : version === 2 ? 2 : 4)
  const slots = Math.floor(((isMpeg1 ? 144_000 : 72_000) * kilobits) / sampleRate)
  const mode = fourth >> 6
  const row = rateIndex + (((second >> 3) & 1) + ((second >> 4) & 1)) * 3
  return {
    isMpeg1,
    hasChecksum: (second & 1) === 0,
    sampleRate,
    bands: row === 0 ? 0 : row - 1,
    channels: mode === 3 ? 1 : 2,
    isMidSide: mode === 1 && (fourth & 0x20) !== 0,
    isIntensity: mode === 1 && (fourth & 0x10) !== 0,
    size: slots + ((third >> 1) & 1),
    isLowest: row === 2,
  }
}

/** How one granule of one channel is coded. */
export interface Granule {
  readonly bits: number
  readonly bigValues: number
  readonly globalGain: number
  readonly scaleFactorCompress: number
  readonly blockType: number
  readonly isMixed: boolean
  /** Widths of the bands, ended by 0. */
  readonly bandWidths: ReadonlyArray<number>
  readonly longBands: number
  readonly shortBands: number
  readonly tables: ReadonlyArray<number>
  readonly regions: ReadonlyArray<number>
  readonly subblockGains: ReadonlyArray<number>
  readonly hasPreemphasis: boolean
  readonly scaleFactorShift: number
  readonly usesQuadTableB: boolean
  /** Four bits: which groups of scale factors are those of the granule before. */
  readonly sharedFactors: number
}

const shortBlock = 2

const readGranule = (bits: BitReader, header: FrameHeader, shared: number): Granule | undefined => {
  const { bands, isMpeg1 } = header
  const length = bits.read(12)
  const bigValues = bits.read(9)
  const globalGain = bits.read(8)
  const scaleFactorCompress = bits.read(isMpeg1 ? 4 : 9)
  let blockType = 0
  let isMixed = false
  let widths = longBands[bands]!
  let [long, short] = [22, 0]
  let tables: Array<number>
  let regions: Array<number>
  let subblockGains = [0, 0, 0]
  if (bits.read(1) === 1) {
    blockType = bits.read(2)
    if (blockType === 0) return undefined
    isMixed = bits.read(1) === 1
    regions = [7, 255]
    if (blockType === shortBlock) {
      if (isMixed) {
        widths = mixedBands[bands]!
        ;[long, short] = [isMpeg1 ? 8 : 6, 30]
      } else {
        regions[0] = 8
        widths = shortBands[bands]!
        ;[long, short] = [0, 39]
      }
    }
    tables = [bits.read(5), bits.read(5), 0]
    subblockGains = [bits.read(3), bits.read(3), bits.read(3)]
  } else {
    tables = [bits.read(5), bits.read(5), bits.read(5)]
    regions = [bits.read(4), bits.read(3), 255]
  }
  if (bigValues > 288) return undefined
  return {
    bits: length,
    bigValues,
    globalGain,
    scaleFactorCompress,
    blockType,
    isMixed,
    bandWidths: widths,
    longBands: long,
    shortBands: short,
    tables,
    regions,
    subblockGains,
    hasPreemphasis: isMpeg1 ? bits.read(1) === 1 : scaleFactorCompress >= 500,
    scaleFactorShift: bits.read(1) + 1,
    usesQuadTableB: bits.read(1) === 1,
    sharedFactors: blockType === shortBlock ? 0 : shared,
  }
}

/** The frame's granules, channel by channel, and how far back their data begins; `undefined` where that is nonsense. */
export const readSideInformation = (
  bits: BitReader,
  header: FrameHeader,
): { readonly reach: number; readonly granules: ReadonlyArray<Granule> } | undefined => {
  const { channels, isMpeg1 } = header
  const reach = bits.read(isMpeg1 ? 9 : 8)
  bits.read(isMpeg1 ? (channels === 1 ? 5 : 3) : channels)
  const shared = Array.from({ length: channels }, () => (isMpeg1 ? bits.read(4) : 0))
  const granules: Array<Granule> = []
  for (let i = 0; i < channels * (isMpeg1 ? 2 : 1); i++) {
    const granule = readGranule(bits, header, i < channels ? 0 : shared[i % channels]!)
    if (granule === undefined) return undefined
    granules.push(granule)
  }
  return { reach, granules }
}
