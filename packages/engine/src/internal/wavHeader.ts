/** Reads a RIFF/WAVE file with the distrust that uploads deserve. */
import { unusable } from "./refusal.ts"

const encodings: Record<number, string> = { 1: "pcm", 3: "float", 6: "alaw", 7: "mulaw" }
/** Sizes that streaming writers leave in the header because they could not know better. */
const isOpenEnded = (size: number) => size === 0xffff_ffff || size === 0x7fff_ffff || size === 0

/** What the file holds, and where. */
export interface WavAudio extends Format {
  /** Of the first sample, in bytes. */
  readonly at: number
  /** Of whole frames, in bytes. */
  readonly length: number
}

interface Format {
  /** `pcm_u8`, `pcm_s16`, `pcm_s24`, `pcm_s32`, `float`, `alaw` or `mulaw`. */
  readonly codec: string
  readonly channels: number
  readonly sampleRate: number
  readonly bitsPerSample: number
}

const parseFormat = (view: DataView, at: number, size: number): Format => {
  if (size < 16) throw unusable("contradictory", "The wav file's format description is too short to be one.")
  const tag = view.getUint16(at, true)
  const encoding = encodings[tag === 0xfffe && size >= 26 ? view.getUint16(at + 24, true) : tag]
  const channels = view.getUint16(at + 2, true)
  const sampleRate = view.getUint32(at + 4, true)
  const frameSize = view.getUint16(at + 12, true)
  const bitsPerSample = view.getUint16(at + 14, true)
  if (encoding === undefined) {
    throw unusable("unsupported", "The wav file holds compressed audio; plain PCM, float, A-law and mu-law are read.")
  }
  const depths: Record<string, ReadonlyArray<number>> = { pcm: [8, 16, 24, 32], float: [32, 64], alaw: [8], mulaw: [8] }
  if (depths[encoding]?.includes(bitsPerSample) !== true) {
    throw unusable("contradictory", `The wav file declares ${bitsPerSample} bits a sample, which ${encoding} has not.`)
  }
  if (channels === 0 || sampleRate === 0 || frameSize !== (channels * bitsPerSample) / 8) {
    throw unusable("contradictory", "The wav file's header contradicts itself about channels, rate or frame size.")
  }
  const suffix = encoding === "pcm" ? `_${bitsPerSample === 8 ? "u" : "s"}${bitsPerSample}` : ""
  return { codec: `${encoding}${suffix}`, channels, sampleRate, bitsPerSample }
}

/** Finds the audio, or refuses the file, whose first bytes these are. They start with RIFF or RF64 and WAVE. */
export const findAudio = (bytes: Uint8Array, fileSize = bytes.length): WavAudio => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let format: Format | undefined
  let longSize: number | undefined
  let at = 12
  while (at + 8 <= bytes.length) {
    const id = view.getUint32(at)
    const size = view.getUint32(at + 4, true)
    const left = fileSize - at - 8
    at += 8
    if (id === 0x66_6d_74_20) {
      if (size > bytes.length - at) break
      format = parseFormat(view, at, size)
    } else if (id === 0x64_73_36_34 && size >= 16 && bytes.length - at >= 16) {
      // RF64 keeps the sizes that 32 bits cannot hold in a chunk of their own (EBU Tech 3306).
      longSize = Number(view.getBigUint64(at + 8, true))
    } else if (id === 0x64_61_74_61) {
      if (format === undefined) {
        throw unusable("contradictory", "The wav file's audio comes before the description of its format.")
      }
      const isOpen = isOpenEnded(size)
      const declared = isOpen ? (longSize ?? left) : size
      if (declared > left) {
        throw unusable("truncated", `The wav file is cut short: ${left} of ${declared} bytes of audio arrived.`)
      }
      const frame = (format.channels * format.bitsPerSample) / 8
      const length = Math.floor(declared / frame) * frame
      if (length === 0) throw unusable("empty", "The wav file holds no audio.")
      return { ...format, at, length }
    }
    at += size + (size % 2)
  }
  if (at < fileSize && bytes.length < fileSize) {
    throw unusable("unsupported", `The wav file's audio begins only after ${bytes.length} bytes of other matter.`)
  }
  throw unusable("truncated", "The wav file ends before its audio begins.")
}
