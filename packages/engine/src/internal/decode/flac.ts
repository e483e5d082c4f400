/**
 * FLAC as RFC 9639 has it. Every number is checked against its frame's checksums, so damage does not go unheard. Of the
 * packages that decode FLAC, those that are exact depend on a parser under the LGPL.
 */
import { BitReader } from "./bitReader.ts"
import { type AudioBlock, EndOfBits, lowFrequencyOfWav } from "./block.ts"
import { unusable } from "../refusal.ts"

const damaged = () => unusable("damaged", "The FLAC file is damaged: its audio does not decode.")
const truncated = () => unusable("truncated", "The FLAC file is cut short: it ends within its audio.")

const crcTable = (width: 8 | 16, polynomial: number) =>
  Uint16Array.from({ length: 256 }, (_, byte) => {
    let value = byte << (width - 8)
    for (let i = 0; i < 8; i++) value = value & (1 << (width - 1)) ? (value << 1) ^ polynomial : value << 1
    return value & (2 ** width - 1)
  })
const crc8Table = crcTable(8, 0x07)
const crc16Table = crcTable(16, 0x8005)

const crc8 = (bytes: Uint8Array, from: number, to: number) => {
  let crc = 0
  for (let i = from; i < to; i++) crc = crc8Table[crc ^ bytes[i]!]!
  return crc
}
const crc16 = (bytes: Uint8Array, from: number, to: number) => {
  let crc = 0
  for (let i = from; i < to; i++) crc = ((crc << 8) & 0xffff) ^ crc16Table[(crc >> 8) ^ bytes[i]!]!
  return crc
}

/** What STREAMINFO says; frames may say it again. */
interface StreamInfo {
  readonly sampleRate: number
  readonly bitsPerSample: number
  /** Samples per channel; 0 where unknown. */
  readonly total: number
}

const readStreamInfo = (bytes: Uint8Array, at: number): StreamInfo => {
  const bits = new BitReader(bytes, at + 10)
  const sampleRate = bits.read(20)
  bits.read(3)
  const bitsPerSample = bits.read(5) + 1
  return { sampleRate, bitsPerSample, total: bits.read(4) * 2 ** 32 + bits.read(32) }
}

const sampleRates = [0, 88_200, 176_400, 192_000, 8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000]
const sampleSizes = [0, 8, 12, 0, 16, 20, 24, 32]
const fixedPredictors = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]]

const readBlockSize = (bits: BitReader, code: number): number => {
  if (code === 0) throw damaged()
  if (code === 1) return 192
  if (code <= 5) return 576 << (code - 2)
  if (code <= 7) return bits.read(code === 6 ? 8 : 16) + 1
  return 256 << (code - 8)
}

const readSampleRate = (bits: BitReader, code: number, info: StreamInfo): number => {
  if (code === 0) return info.sampleRate
  if (code === 12) return bits.read(8) * 1_000
  if (code === 13) return bits.read(16)
  if (code === 14) return bits.read(16) * 10
  return sampleRates[code] ?? 0
}

/** The frame's number is coded as UTF-8 codes characters; nobody needs it here. */
const skipNumber = (bits: BitReader): void => {
  const first = bits.read(8)
  const more = Math.clz32(~(first << 24)) - 1
  for (let i = 0; i < more; i++) bits.read(8)
}

/** Partitioned Rice codes: the residual from `order` on. */
const readResidual = (bits: BitReader, out: Float64Array, order: number): void => {
  const method = bits.read(2)
  if (method > 1) throw damaged()
  const width = method === 0 ? 4 : 5
  const partitionOrder = bits.read(4)
  const size = out.length >> partitionOrder
  if (size << partitionOrder !== out.length || size < order) throw damaged()
  let at = order
  for (let partition = 0; partition < 1 << partitionOrder; partition++) {
    const parameter = bits.read(width)
    const end = (partition + 1) * size
    if (parameter === (1 << width) - 1) {
      const raw = bits.read(5)
      for (; at < end; at++) out[at] = bits.readSigned(raw)
    } else {
      for (; at < end; at++) {
        const folded = bits.readUnary() * 2 ** parameter + bits.read(parameter)
        out[at] = folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2
      }
    }
  }
}

/** Adds the prediction from earlier samples to the residual. Doubles hold every sum exactly. */
const predict = (out: Float64Array, coefficients: ReadonlyArray<number>, shift: number): void => {
  const order = coefficients.length
  const scale = 2 ** -shift
  for (let i = order; i < out.length; i++) {
    let sum = 0
    for (let k = 0; k < order; k++) sum += coefficients[k]! * out[i - 1 - k]!
    out[i]! += Math.floor(sum * scale)
  }
}

const readSubframe = (bits: BitReader, depth: number, out: Float64Array): void => {
  if (bits.read(1) !== 0) throw damaged()
  const type = bits.read(6)
  const wasted = bits.read(1) === 1 ? bits.readUnary() + 1 : 0
  const width = depth - wasted
  if (width < 1) throw damaged()
  const order = type >= 32 ? type - 31 : type >= 8 ? type - 8 : 0
  if (type === 0) {
    out.fill(bits.readSigned(width))
  } else if (type === 1) {
    for (let i = 0; i < out.length; i++) out[i] = bits.readSigned(width)
  } else if (type >= 32 || (type >= 8 && type <= 12)) {
    if (order > out.length) throw damaged()
    for (let i = 0; i < order; i++) out[i] = bits.readSigned(width)
    if (type < 32) {
      readResidual(bits, out, order)
      predict(out, fixedPredictors[order]!, 0)
    } else {
      const precision = bits.read(4) + 1
      const shift = bits.readSigned(5)
      if (precision === 16 || shift < 0) throw damaged()
      const coefficients = Array.from({ length: order }, () => bits.readSigned(precision))
      readResidual(bits, out, order)
      predict(out, coefficients, shift)
    }
  } else {
    throw damaged()
  }
  if (wasted > 0) for (let i = 0; i < out.length; i++) out[i]! *= 2 ** wasted
}

/** Undoes the stereo decorrelation. */
const restoreStereo = (assignment: number, [first, second]: ReadonlyArray<Float64Array>): void => {
  if (first === undefined || second === undefined) return
  for (let i = 0; i < first.length; i++) {
    const a = first[i]!
    const b = second[i]!
    if (assignment === 8) second[i] = a - b
    else if (assignment === 9) first[i] = a + b
    else {
      const mid = a * 2 + (Math.abs(b) % 2)
      first[i] = (mid + b) / 2
      second[i] = (mid - b) / 2
    }
  }
}

const readFrame = (bits: BitReader, info: StreamInfo): AudioBlock => {
  const start = bits.position >>> 3
  if (bits.read(15) !== 0x7ffc) throw damaged()
  bits.read(1)
  const sizeCode = bits.read(4)
  const rateCode = bits.read(4)
  const assignment = bits.read(4)
  const depthCode = bits.read(3)
  bits.read(1)
  skipNumber(bits)
  const size = readBlockSize(bits, sizeCode)
  const sampleRate = readSampleRate(bits, rateCode, info)
  const headerEnd = bits.position >>> 3
  if (bits.read(8) !== crc8(bits.bytes, start, headerEnd)) throw damaged()
  const depth = depthCode === 0 ? info.bitsPerSample : sampleSizes[depthCode]!
  if (sampleRate === 0 || depth === 0 || assignment > 10) throw damaged()
  const count = assignment < 8 ? assignment + 1 : 2
  const decoded = Array.from({ length: count }, (_, channel) => {
    const out = new Float64Array(size)
    // The difference of two channels needs one bit more.
    const isDifference = assignment === 9 ? channel === 0 : assignment > 7 && channel === 1
    readSubframe(bits, depth + (isDifference ? 1 : 0), out)
    return out
  })
  bits.align()
  const end = bits.position >>> 3
  if (bits.read(16) !== crc16(bits.bytes, start, end)) throw damaged()
  if (assignment > 7) restoreStereo(assignment, decoded)
  const scale = 2 ** (1 - depth)
  return {
    channels: decoded.map((channel) => Float32Array.from(channel, (value) => value * scale)),
    sampleRate,
    lowFrequency: lowFrequencyOfWav(count),
  }
}

/** Where the frames begin: after the blocks of metadata. */
const skipMetadata = (bytes: Uint8Array): number => {
  let at = 4
  for (;;) {
    if (at + 4 > bytes.length) throw truncated()
    const isLast = bytes[at]! >= 128
    at += 4 + bytes[at + 1]! * 65_536 + bytes[at + 2]! * 256 + bytes[at + 3]!
    if (isLast) return at
  }
}

/** Frames one after the other, until the bytes or the declared samples end. */
function* readFrames(bytes: Uint8Array, at: number, info: StreamInfo): Generator<AudioBlock> {
  const bits = new BitReader(bytes, at)
  let done = 0
  while (bits.position < bits.limit && (info.total === 0 || done < info.total)) {
    let block: AudioBlock
    try {
      block = readFrame(bits, info)
    } catch (error) {
      throw error instanceof EndOfBits ? truncated() : error
    }
    done += block.channels[0]!.length
    yield block
  }
  if (done < info.total) throw truncated()
}

export function* decodeFlac(bytes: Uint8Array): Generator<AudioBlock> {
  if (bytes.length < 42) throw truncated()
  yield* readFrames(bytes, skipMetadata(bytes), readStreamInfo(bytes, 8))
}

/** FLAC in Ogg: the first packet wraps STREAMINFO, other metadata starts with a byte under 0xff, frames with 0xff. */
export function* decodeFlacPackets(packets: Iterable<Uint8Array>): Generator<AudioBlock> {
  let info: StreamInfo | undefined
  for (const packet of packets) {
    if (info === undefined) {
      if (packet.length < 51) throw damaged()
      info = { ...readStreamInfo(packet, 17), total: 0 }
    } else if (packet[0] === 0xff) {
      yield* readFrames(packet, 0, info)
    }
  }
}
