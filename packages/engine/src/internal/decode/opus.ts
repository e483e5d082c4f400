/** Opus packets (RFC 6716, RFC 7845) through libopus in WebAssembly. */
import { OpusDecoder } from "opus-decoder"
import { type AudioBlock, checkChannels, lowFrequencyOfVorbis } from "./block.ts"
import { unusable } from "../refusal.ts"

/** Speech has nothing above 12 kHz that a voice is measured by, and half the rate is half the work. */
const sampleRate = 24_000

const damaged = () => unusable("damaged", "The sample is damaged: its Opus audio does not decode.")

/** The identification header. Its numbers go to C code, so all of them are checked. */
const readHead = (head: Uint8Array) => {
  if (head.length < 19 || new TextDecoder("latin1").decode(head.subarray(0, 8)) !== "OpusHead") throw damaged()
  const channels = head[9]!
  checkChannels(channels)
  const skip = Math.round(((head[10]! | (head[11]! << 8)) * sampleRate) / 48_000)
  if (head[18] === 0) {
    if (channels > 2) throw damaged()
    return { channels, skip, streamCount: 1, coupledStreamCount: channels - 1, mapping: [0, 1].slice(0, channels) }
  }
  const streamCount = head[19] ?? 0
  const coupledStreamCount = head[20] ?? 0
  const mapping = Array.from(head.subarray(21, 21 + channels))
  const isSound =
    streamCount > 0 &&
    coupledStreamCount <= streamCount &&
    streamCount + coupledStreamCount <= channels &&
    mapping.length === channels &&
    mapping.every((stream) => stream === 255 || stream < streamCount + coupledStreamCount)
  if (!isSound) throw damaged()
  return { channels, skip, streamCount, coupledStreamCount, mapping }
}

/** Starts libopus for the stream that `head` introduces. The blocks are decoded as they are asked for. */
export const decodeOpus = async (head: Uint8Array, packets: Iterable<Uint8Array>): Promise<Iterable<AudioBlock>> => {
  const { channels, coupledStreamCount, mapping, skip, streamCount } = readHead(head)
  const decoder = new OpusDecoder({
    sampleRate,
    channels,
    streamCount,
    coupledStreamCount,
    channelMappingTable: mapping,
  })
  await decoder.ready
  const decode = (packet: Uint8Array) => {
    try {
      return decoder.decodeFrame(packet)
    } catch {
      throw damaged()
    }
  }
  return (function* () {
    let toSkip = skip
    try {
      for (const packet of packets) {
        if (packet.length === 0) continue
        const { channelData, errors, samplesDecoded } = decode(packet)
        if (errors.length > 0) throw damaged()
        const skipped = Math.min(toSkip, samplesDecoded)
        toSkip -= skipped
        yield {
          channels: channelData.map((channel) => channel.subarray(skipped)),
          sampleRate,
          lowFrequency: lowFrequencyOfVorbis(channels),
        }
      }
    } finally {
      decoder.free()
    }
  })()
}
