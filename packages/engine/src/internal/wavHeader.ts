/** Reads a RIFF/WAVE file with the distrust that uploads deserve. */
import type { SampleFormat } from "../SampleFormat.ts"
import { SampleUnusable } from "../SynthesisError.ts"

const encodings: Record<number, string> = { 1: "pcm", 3: "float", 6: "alaw", 7: "mulaw" }
/** Sizes that streaming writers leave in the header because they could not know better. */
const isOpenEnded = (size: number) => size === 0xffff_ffff || size === 0x7fff_ffff || size === 0

const unusable = (reason: SampleUnusable["reason"], detail: string) => new SampleUnusable({ reason, detail })

interface Format {
  readonly codec: string
  readonly channels: number
  readonly sampleRate: number
  readonly bitsPerSample: number
}

const parseFormat = (view: DataView, at: number, size: number): Format | SampleUnusable => {
  if (size < 16) return unusable("contradictory", "The wav file's format description is too short to be one.")
  const tag = view.getUint16(at, true)
  const encoding = encodings[tag === 0xfffe && size >= 26 ? view.getUint16(at + 24, true) : tag]
  const channels = view.getUint16(at + 2, true)
  const sampleRate = view.getUint32(at + 4, true)
  const frameSize = view.getUint16(at + 12, true)
  const bitsPerSample = view.getUint16(at + 14, true)
  if (encoding === undefined) {
    return unusable("unsupported", "The wav file holds compressed audio; plain PCM, float, A-law and mu-law are read.")
  }
  const depths: Record<string, ReadonlyArray<number>> = { pcm: [8, 16, 24, 32], float: [32, 64], alaw: [8], mulaw: [8] }
  if (depths[encoding]?.includes(bitsPerSample) !== true) {
    return unusable("contradictory", `The wav file declares ${bitsPerSample} bits a sample, which ${encoding} has not.`)
  }
  if (channels === 0 || sampleRate === 0 || frameSize !== (channels * bitsPerSample) / 8) {
    return unusable("contradictory", "The wav file's header contradicts itself about channels, rate or frame size.")
  }
  const suffix = encoding === "pcm" ? `_${bitsPerSample === 8 ? "u" : "s"}${bitsPerSample}` : ""
  return { codec: `${encoding}${suffix}`, channels, sampleRate, bitsPerSample }
}

/** Whether no sample strays from silence: A-law and mu-law are not judged. */
const isSilent = (view: DataView, at: number, size: number, { bitsPerSample, codec }: Format): boolean => {
  const width = bitsPerSample / 8
  const magnitude: Record<string, (at: number) => number> = {
    pcm_u8: (i) => Math.abs(view.getUint8(i) - 128) / 128,
    pcm_s16: (i) => Math.abs(view.getInt16(i, true)) / 2 ** 15,
    // The lowest byte of 24 bits says nothing at this threshold.
    pcm_s24: (i) => Math.abs(view.getInt16(i + 1, true)) / 2 ** 15,
    pcm_s32: (i) => Math.abs(view.getInt32(i, true)) / 2 ** 31,
    float: (i) => Math.abs(width === 4 ? view.getFloat32(i, true) : view.getFloat64(i, true)),
  }
  const read = magnitude[codec]
  if (read === undefined) return false
  // -60 dBFS: under it lies only the noise of an open input; one step of 8 bits stands above it.
  const threshold = width === 1 ? 1.5 / 128 : 0.001
  for (let i = at; i + width <= at + size; i += width) {
    if (read(i) > threshold) return false
  }
  return true
}

/** What the file holds, or why it cannot be a sample. The bytes start with RIFF or RF64 and WAVE. */
export const parseWav = (bytes: Uint8Array): SampleFormat | SampleUnusable => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let format: Format | undefined
  let at = 12
  while (at + 8 <= bytes.length) {
    const id = view.getUint32(at)
    const size = view.getUint32(at + 4, true)
    const left = bytes.length - at - 8
    at += 8
    if (id === 0x66_6d_74_20) {
      if (size > left) break
      const parsed = parseFormat(view, at, size)
      if (parsed instanceof SampleUnusable) return parsed
      format = parsed
    } else if (id === 0x64_61_74_61) {
      if (format === undefined) {
        return unusable("contradictory", "The wav file's audio comes before the description of its format.")
      }
      if (size > left && !isOpenEnded(size)) {
        return unusable("truncated", `The wav file is cut short: ${left} of ${size} bytes of audio arrived.`)
      }
      const frame = (format.channels * format.bitsPerSample) / 8
      const length = Math.floor((isOpenEnded(size) ? left : size) / frame) * frame
      if (length === 0) return unusable("empty", "The wav file holds no audio.")
      if (isSilent(view, at, length, format)) return unusable("silent", "The wav file holds only silence.")
      return { container: "wav", ...format, duration: length / frame / format.sampleRate }
    }
    at += size + (size % 2)
  }
  return unusable("truncated", "The wav file ends before its audio begins.")
}
