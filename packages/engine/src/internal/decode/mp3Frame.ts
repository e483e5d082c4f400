/** Frame headers of MPEG audio layer III (ISO/IEC 11172-3 and 13818-3): where the frames of a file lie. */

/** What a frame's first four bytes say. */
export interface FrameHeader {
  readonly isMpeg1: boolean
  readonly sampleRate: number
  readonly channels: 1 | 2
  /** With the header, in bytes. */
  readonly size: number
}

const rates = [44_100, 48_000, 32_000]
const mpeg1Bitrates = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const mpeg2Bitrates = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]

/** `undefined` where the bytes are no header of a layer III frame with a stated bit rate. */
export const readHeader = (bytes: Uint8Array, at: number): FrameHeader | undefined => {
  if (bytes[at] !== 0xff || at + 4 > bytes.length) return undefined
  const second = bytes[at + 1]!
  const third = bytes[at + 2]!
  const version = (second >> 3) & 3
  const rateIndex = (third >> 2) & 3
  if ((second & 0xe6) !== 0xe2 || version === 1 || rateIndex === 3) return undefined
  const isMpeg1 = version === 3
  const kilobits = (isMpeg1 ? mpeg1Bitrates : mpeg2Bitrates)[third >> 4] ?? 0
  if (kilobits === 0) return undefined
  const sampleRate = rates[rateIndex]! / (isMpeg1 ? 1 : version === 2 ? 2 : 4)
  const slots = Math.floor(((isMpeg1 ? 144_000 : 72_000) * kilobits) / sampleRate)
  return {
    isMpeg1,
    sampleRate,
    channels: bytes[at + 3]! >> 6 === 3 ? 1 : 2,
    size: slots + ((third >> 1) & 1),
  }
}

/** Samples of a channel in a frame. */
export const samplesPerFrame = ({ isMpeg1 }: FrameHeader): number => (isMpeg1 ? 1_152 : 576)

/** Where the audio begins: after ID3 tags of version 2, which may stand in a row. */
export const skipTags = (bytes: Uint8Array): number => {
  let at = 0
  while (at + 10 <= bytes.length && bytes[at] === 0x49 && bytes[at + 1] === 0x44 && bytes[at + 2] === 0x33) {
    const size = bytes.subarray(at + 6, at + 10).reduce((sum, byte) => sum * 128 + (byte & 127), 0)
    at += 10 + size + ((bytes[at + 5]! & 0x10) !== 0 ? 10 : 0)
  }
  return at
}

const isAlike = (a: FrameHeader, b: FrameHeader) =>
  a.sampleRate === b.sampleRate && a.isMpeg1 === b.isMpeg1 && a.channels === b.channels

/** A frame and what was passed over to reach it. */
export interface Frame {
  readonly header: FrameHeader
  readonly bytes: Uint8Array
  /** Bytes before it that are no frame, tags at the start aside. */
  readonly lost: number
}

/** The first frame from `from` on that another follows, or with which the bytes end. */
const findFrame = (bytes: Uint8Array, from: number, like: FrameHeader | undefined) => {
  for (let at = from; at + 4 <= bytes.length; at++) {
    const header = readHeader(bytes, at)
    if (header === undefined || (like !== undefined && !isAlike(header, like))) continue
    const end = at + header.size
    const next = readHeader(bytes, end)
    if (end === bytes.length || (next !== undefined && isAlike(header, next))) return { at, header }
    // The last frame: only a tag follows.
    if (like !== undefined && at === from && end <= bytes.length) return { at, header }
  }
  return undefined
}

/** The frames that are of the first one's kind. */
export function* findFrames(bytes: Uint8Array): Generator<Frame> {
  let at = skipTags(bytes)
  let like: FrameHeader | undefined
  for (;;) {
    const found = findFrame(bytes, at, like)
    if (found === undefined) return
    const end = found.at + found.header.size
    yield { header: found.header, bytes: bytes.subarray(found.at, end), lost: like === undefined ? 0 : found.at - at }
    at = end
    like = found.header
  }
}

/** How many frames the encoder's first frame, which holds no audio, says there are; undefined where it is not one. */
export const readSummary = ({ bytes, header }: Frame): number | undefined => {
  const at = 4 + (header.isMpeg1 ? (header.channels === 1 ? 17 : 32) : header.channels === 1 ? 9 : 17)
  const name = new TextDecoder("latin1").decode(bytes.subarray(at, at + 4))
  if (name !== "Xing" && name !== "Info") return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return at + 12 <= bytes.length && (bytes[at + 7]! & 1) === 1 ? view.getUint32(at + 8) : 0
}
