/** Audio files for tests: those in `samples/`, and wav files of any kind made on the spot. */
import { readFileSync } from "node:fs"

/** Reads a file of `samples/`. */
export const sample = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(`samples/${name}`, import.meta.url)))

/** All of `samples/` that is decoded without help. */
export const sampleNames = [
  "mono.flac",
  "flac.oga",
  "mono.mp3",
  "joint.mp3",
  "stereo.opus",
  "six.opus",
  "stereo.ogg",
  "opus.webm",
  "vorbis.webm",
] as const

/** G.711's mu-law by search: slow and plain. */
const muLaw = (value: number): number => {
  const magnitude = Math.min(32_635, Math.abs(Math.round(value * 32_768))) + 132
  const exponent = 31 - Math.clz32(magnitude) - 7
  return ~((value < 0 ? 0x80 : 0) | (exponent << 4) | ((magnitude >> (exponent + 3)) & 15)) & 0xff
}

const aLaw = (value: number): number => {
  const magnitude = Math.min(32_767, Math.abs(Math.round(value * 32_768)))
  const exponent = Math.max(0, 31 - Math.clz32(magnitude) - 7)
  const code = (exponent << 4) | ((magnitude >> (exponent === 0 ? 4 : exponent + 3)) & 15)
  return (code | (value < 0 ? 0 : 0x80)) ^ 0x55
}

/** How samples lie in a wav file: format tag, bytes a sample, and the writer. */
const encodings = {
  u8: [1, 1, (view: DataView, at: number, x: number) => view.setUint8(at, Math.round(x * 127) + 128)],
  s16: [1, 2, (view: DataView, at: number, x: number) => view.setInt16(at, Math.round(x * 32_767), true)],
  s24: [
    1,
    3,
    (view: DataView, at: number, x: number) => {
      const value = Math.round(x * 8_388_607)
      view.setUint8(at, value & 0xff)
      view.setInt16(at + 1, value >> 8, true)
    },
  ],
  s32: [1, 4, (view: DataView, at: number, x: number) => view.setInt32(at, Math.round(x * 2_147_483_647), true)],
  f32: [3, 4, (view: DataView, at: number, x: number) => view.setFloat32(at, x, true)],
  f64: [3, 8, (view: DataView, at: number, x: number) => view.setFloat64(at, x, true)],
  alaw: [6, 1, (view: DataView, at: number, x: number) => view.setUint8(at, aLaw(x))],
  mulaw: [7, 1, (view: DataView, at: number, x: number) => view.setUint8(at, muLaw(x))],
} as const

export type Encoding = keyof typeof encodings

export interface WavOptions {
  readonly rate?: number
  readonly encoding?: Encoding
  /** `extensible` puts the format behind a GUID, `rf64` the size in a chunk of its own. */
  readonly form?: "plain" | "extensible" | "rf64"
}

/** A wav file of equally long channels. */
export const encodeWav = (
  channels: ReadonlyArray<ArrayLike<number>>,
  { encoding = "s16", form = "plain", rate = 16_000 }: WavOptions = {},
): Uint8Array<ArrayBuffer> => {
  const [tag, width, write] = encodings[encoding]
  const frames = channels[0]!.length
  const frame = width * channels.length
  const formatSize = form === "extensible" ? 40 : 16
  const start = 12 + (form === "rf64" ? 36 : 0) + 8 + formatSize + 8
  const bytes = new Uint8Array(start + frames * frame)
  const view = new DataView(bytes.buffer)
  const name = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at)
  name(0, form === "rf64" ? "RF64" : "RIFF")
  view.setUint32(4, form === "rf64" ? 0xffff_ffff : bytes.length - 8, true)
  name(8, "WAVE")
  let at = 12
  if (form === "rf64") {
    name(at, "ds64")
    view.setUint32(at + 4, 28, true)
    view.setBigUint64(at + 16, BigInt(frames * frame), true)
    at += 36
  }
  name(at, "fmt ")
  view.setUint32(at + 4, formatSize, true)
  view.setUint16(at + 8, form === "extensible" ? 0xfffe : tag, true)
  view.setUint16(at + 10, channels.length, true)
  view.setUint32(at + 12, rate, true)
  view.setUint32(at + 16, rate * frame, true)
  view.setUint16(at + 20, frame, true)
  view.setUint16(at + 22, width * 8, true)
  if (form === "extensible") view.setUint16(at + 32, tag, true)
  at += 8 + formatSize
  name(at, "data")
  view.setUint32(at + 4, form === "rf64" ? 0xffff_ffff : frames * frame, true)
  at += 8
  for (let i = 0; i < frames; i++) {
    for (const [channel, samples] of channels.entries()) write(view, at + i * frame + channel * width, samples[i]!)
  }
  return bytes
}

/** A tone of half scale. */
export const sine = (frequency: number, rate: number, seconds: number): Float32Array =>
  Float32Array.from(
    { length: Math.round(rate * seconds) },
    (_, i) => 0.5 * Math.sin((2 * Math.PI * frequency * i) / rate),
  )
