/** Uncompressed audio of a wav file, and its two companded forms (ITU-T G.711). */
import { findAudio, type WavAudio } from "../wavHeader.ts"
import { type AudioBlock, checkChannels, lowFrequencyOfWav } from "./block.ts"

const framesPerBlock = 16_384

const muLaw = Float32Array.from({ length: 256 }, (_, code) => {
  const inverted = ~code
  const magnitude = ((((inverted & 15) << 3) + 132) << ((inverted >> 4) & 7)) - 132
  return ((inverted & 128) === 0 ? magnitude : -magnitude) / 32_768
})

const aLaw = Float32Array.from({ length: 256 }, (_, code) => {
  const toggled = code ^ 0x55
  const segment = (toggled >> 4) & 7
  const step = ((toggled & 15) << 4) + 8
  const magnitude = segment === 0 ? step : (step + 256) << (segment - 1)
  return ((toggled & 128) === 0 ? -magnitude : magnitude) / 32_768
})

/** Reads one sample at a byte. */
const reader = (view: DataView, { bitsPerSample, codec }: WavAudio): ((at: number) => number) => {
  switch (codec) {
    case "pcm_u8":
      return (at) => (view.getUint8(at) - 128) / 128
    case "pcm_s16":
      return (at) => view.getInt16(at, true) / 2 ** 15
    case "pcm_s24":
      return (at) => (view.getInt16(at + 1, true) * 256 + view.getUint8(at)) / 2 ** 23
    case "pcm_s32":
      return (at) => view.getInt32(at, true) / 2 ** 31
    case "alaw":
      return (at) => aLaw[view.getUint8(at)]!
    case "mulaw":
      return (at) => muLaw[view.getUint8(at)]!
    default:
      return bitsPerSample === 32 ? (at) => view.getFloat32(at, true) : (at) => view.getFloat64(at, true)
  }
}

/** Whether no sample strays from silence, of those that the bytes hold. */
export const isSilent = (bytes: Uint8Array, audio: WavAudio): boolean => {
  const read = reader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), audio)
  // -60 dBFS: under it lies only the noise of an open input; one step of 8 bits stands above it.
  const threshold = audio.bitsPerSample === 8 ? 1.5 / 128 : 0.001
  const width = audio.bitsPerSample / 8
  const end = Math.min(audio.at + audio.length, bytes.length - width + 1)
  for (let at = audio.at; at < end; at += width) {
    if (Math.abs(read(at)) > threshold) return false
  }
  return true
}

export function* decodeWav(bytes: Uint8Array): Generator<AudioBlock> {
  const audio = findAudio(bytes)
  checkChannels(audio.channels)
  const read = reader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), audio)
  const width = audio.bitsPerSample / 8
  const frame = width * audio.channels
  const total = audio.length / frame
  for (let first = 0; first < total; first += framesPerBlock) {
    const length = Math.min(framesPerBlock, total - first)
    const start = audio.at + first * frame
    yield {
      channels: Array.from({ length: audio.channels }, (_, channel) =>
        Float32Array.from({ length }, (_, i) => read(start + i * frame + channel * width)),
      ),
      sampleRate: audio.sampleRate,
      lowFrequency: lowFrequencyOfWav(audio.channels),
    }
  }
}
