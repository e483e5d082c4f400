/** MPEG audio layer III (MP3): finds the frames and decodes them. */
import { BitReader } from "./bitReader.ts"
import { type AudioBlock, EndOfBits } from "./block.ts"
import { unusable } from "../refusal.ts"
import { type FrameHeader, type Granule, readHeader, readSideInformation } from "./mp3Frame.ts"
import { lines, readGains, readLines, separate } from "./mp3Spectrum.ts"
import { type ChannelState, makeState, transform } from "./mp3Hybrid.ts"
import { synthesize } from "./mp3Polyphase.ts"

/** How far back a frame's data may begin, in bytes. */
const reservoirSize = 511

/** Where the audio begins: after ID3 tags of version 2, which may stand in a row. */
export const skipTags = (bytes: Uint8Array): number => {
  let at = 0
  while (at + 10 <= bytes.length && bytes[at] === 0x49 && bytes[at + 1] === 0x44 && bytes[at + 2] === 0x33) {
    const size = bytes.subarray(at + 6, at + 10).reduce((sum, byte) => sum * 128 + (byte & 127), 0)
    at += 10 + size + ((bytes[at + 5]! & 0x10) !== 0 ? 10 : 0)
  }
  return at
}

const isAlike = (a: FrameHeader, b: FrameHeader) => a.sampleRate === b.sampleRate && a.isMpeg1 === b.isMpeg1

/** The first frame from `at` on that another follows, or with which the bytes end. */
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

/** How many frames the encoder's first frame, which holds no audio, says there are; undefined where it is not one. */
const readSummary = (frame: Uint8Array, header: FrameHeader): number | undefined => {
  const at = 4 + (header.isMpeg1 ? (header.channels === 1 ? 17 : 32) : header.channels === 1 ? 9 : 17)
  const name = new TextDecoder("latin1").decode(frame.subarray(at, at + 4))
  if (name !== "Xing" && name !== "Info") return undefined
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  return at + 12 <= frame.length && (frame[at + 7]! & 1) === 1 ? view.getUint32(at + 8) : 0
}

/** Decodes frames in their order: each may begin in the bytes of those before it. */
class FrameDecoder {
  private reservoir = new Uint8Array(0)
  private states: ReadonlyArray<ChannelState> = [makeState(), makeState()]

  /** After a gap, what came before no longer belongs to what comes. */
  reset(): void {
    this.reservoir = new Uint8Array(0)
    this.states = [makeState(), makeState()]
  }

  /** The frame's audio; `undefined` where it needs bytes that are gone. */
  decode(frame: Uint8Array, header: FrameHeader): AudioBlock | undefined {
    const side = new BitReader(frame, header.hasChecksum ? 6 : 4)
    const information = readSideInformation(side, header)
    if (information === undefined) return undefined
    const { granules, reach } = information
    const main = frame.subarray(side.position >>> 3)
    const borrowed = this.reservoir.subarray(Math.max(0, this.reservoir.length - reach))
    const data = new Uint8Array(borrowed.length + main.length)
    data.set(borrowed)
    data.set(main, borrowed.length)
    const bits = new BitReader(data)
    const isWhole = this.reservoir.length >= reach
    const block = isWhole ? this.decodeGranules(bits, header, granules) : undefined
    const rest = data.subarray(isWhole ? Math.min(data.length, (bits.position + 7) >>> 3) : 0)
    this.reservoir = rest.slice(Math.max(0, rest.length - reservoirSize))
    return block
  }

  private decodeGranules(bits: BitReader, header: FrameHeader, granules: ReadonlyArray<Granule>): AudioBlock {
    const { channels, sampleRate } = header
    const positions = Array.from({ length: channels }, () => new Uint8Array(40))
    const count = granules.length / channels
    const out = Array.from({ length: channels }, () => new Float32Array(count * lines))
    for (let first = 0; first < granules.length; first += channels) {
      const pair = granules.slice(first, first + channels)
      const spectra = pair.map((granule, channel) => {
        const spectrum = new Float32Array(lines)
        const end = bits.position + granule.bits
        if (end > bits.limit) throw new EndOfBits()
        const gains = readGains(bits, header, granule, channel, positions[channel]!)
        readLines(bits, granule, gains, end, spectrum)
        bits.position = end
        return spectrum
      })
      separate(spectra, header, pair, positions[1] ?? positions[0]!)
      for (const [channel, spectrum] of spectra.entries()) {
        const { memory, overlap } = this.states[channel]!
        transform(spectrum, overlap, pair[channel]!, header)
        synthesize(spectrum, memory, out[channel]!, (first / channels) * lines)
      }
    }
    return { channels: out, sampleRate }
  }
}

/** Passes over what is no frame, as players do, unless that is most of the file. */
export function* decodeMp3(bytes: Uint8Array): Generator<AudioBlock> {
  const decoder = new FrameDecoder()
  let at = skipTags(bytes)
  let like: FrameHeader | undefined
  let declared = 0
  let decoded = 0
  let lost = 0
  let used = 0
  for (;;) {
    const found = findFrame(bytes, at, like)
    if (found === undefined) break
    const { header } = found
    if (found.at > at && like !== undefined) {
      lost += found.at - at
      decoder.reset()
    }
    const frame = bytes.subarray(found.at, found.at + header.size)
    at = found.at + header.size
    used += header.size
    const summary = like === undefined ? readSummary(frame, header) : undefined
    like = header
    if (summary !== undefined) {
      declared = summary
      continue
    }
    decoded++
    let block: AudioBlock | undefined
    try {
      block = decoder.decode(frame, header)
    } catch (error) {
      if (!(error instanceof EndOfBits)) throw error
      decoder.reset()
    }
    if (block === undefined) lost += header.size
    else yield block
    if (lost > 8_192 && lost > used) throw unusable("damaged", "The MP3 file is damaged: most of it is no audio.")
  }
  if (decoded === 0) throw unusable("damaged", "The MP3 file is damaged: it holds no audio that decodes.")
  if (decoded + 2 < declared) {
    throw unusable("truncated", `The MP3 file is cut short: ${decoded} of ${declared} frames arrived.`)
  }
}
