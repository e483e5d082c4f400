/**
 * What an uploaded voice sample is, judged by its first bytes: names and declared types lie.
 */
import * as Effect from "effect/Effect"
import { parseWav } from "./internal/wavHeader.ts"
import { SampleUnusable } from "./SynthesisError.ts"

/** A recognised sample. What the container tells without decoding is present; the rest is absent. */
export interface SampleFormat {
  readonly container: "wav" | "mp3" | "mp4" | "ogg" | "flac" | "webm"
  /** For example `pcm_s16`, `opus`, `vorbis`, `flac`, `mp3`. */
  readonly codec?: string
  readonly channels?: number
  /** Samples per second. */
  readonly sampleRate?: number
  readonly bitsPerSample?: number
  /** In seconds. */
  readonly duration?: number
}

const ascii = (bytes: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + length))

const includes = (bytes: Uint8Array, word: string, within: number): boolean =>
  ascii(bytes, 0, Math.min(within, bytes.length)).includes(word)

/** STREAMINFO is the first block of every FLAC file. */
const flac = (bytes: Uint8Array): SampleFormat | SampleUnusable => {
  if (bytes.length < 42) {
    return new SampleUnusable({ reason: "truncated", detail: "The FLAC file ends within its header." })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const packed = view.getUint32(18)
  const sampleRate = packed >>> 12
  const total = (packed & 0xf) * 2 ** 32 + view.getUint32(22)
  if ((ascii(bytes, 4, 1) !== "\0" && ascii(bytes, 4, 1) !== "\x80") || sampleRate === 0) {
    return new SampleUnusable({
      reason: "contradictory",
      detail: "The FLAC file does not begin with stream information.",
    })
  }
  return {
    container: "flac",
    codec: "flac",
    sampleRate,
    channels: ((packed >>> 9) & 7) + 1,
    bitsPerSample: ((packed >>> 4) & 31) + 1,
    ...(total > 0 ? { duration: total / sampleRate } : {}),
  }
}

const ogg = (bytes: Uint8Array): SampleFormat | SampleUnusable => {
  const codec = includes(bytes, "OpusHead", 512)
    ? "opus"
    : includes(bytes, "\x01vorbis", 512)
      ? "vorbis"
      : includes(bytes, "\x7fFLAC", 512)
        ? "flac"
        : undefined
  if (codec !== undefined) return { container: "ogg", codec }
  return new SampleUnusable({
    reason: "unsupported",
    detail: "The Ogg file holds neither Opus nor Vorbis nor FLAC audio.",
  })
}

const mp3Rates = [44_100, 48_000, 32_000]

/** Reads an MPEG audio layer III frame header; undefined where the bytes are none. */
const mp3Frame = (bytes: Uint8Array, at: number): SampleFormat | undefined => {
  const [sync, second, third, fourth] = bytes.subarray(at, at + 4)
  if (sync !== 0xff || second === undefined || third === undefined || fourth === undefined) return undefined
  const version = (second >> 3) & 3
  const rate = mp3Rates[(third >> 2) & 3]
  const bitrate = third >> 4
  if ((second & 0xe6) !== 0xe2 || version === 1 || rate === undefined || bitrate === 0 || bitrate === 15)
    return undefined
  const divisor = version === 3 ? 1 : version === 2 ? 2 : 4
  return { container: "mp3", codec: "mp3", sampleRate: rate / divisor, channels: fourth >> 6 === 3 ? 1 : 2 }
}

const recognise = (bytes: Uint8Array): SampleFormat | SampleUnusable | undefined => {
  const magic = ascii(bytes, 0, 4)
  if (magic === "RIFF" || magic === "RF64") return ascii(bytes, 8, 4) === "WAVE" ? parseWav(bytes) : undefined
  if (magic === "fLaC") return flac(bytes)
  if (magic === "OggS") return ogg(bytes)
  if (magic === "\x1a\x45\xdf\xa3") return { container: "webm" }
  if (ascii(bytes, 4, 4) === "ftyp") {
    // Pictures share the container: HEIC and AVIF.
    return /^(?:hei|hev|mif1|msf1|avi[fs])/u.test(ascii(bytes, 8, 4)) ? undefined : { container: "mp4" }
  }
  return magic.startsWith("ID3") ? { container: "mp3", codec: "mp3" } : mp3Frame(bytes, 0)
}

const otherKinds: ReadonlyArray<readonly [RegExp, string]> = [
  [/^\x89PNG/u, "a PNG picture"],
  [/^\xff\xd8\xff/u, "a JPEG picture"],
  [/^GIF8/u, "a GIF picture"],
  [/^RIFF[^]{4}WEBP/u, "a WebP picture"],
  [/^RIFF[^]{4}AVI /u, "an AVI film"],
  [/^%PDF/u, "a PDF document"],
  [/^PK\x03\x04/u, "a zip archive"],
  [/^\x1f\x8b/u, "a gzip archive"],
  [/^\s*<(?:!doctype\s+html|html|head|body)/iu, "an HTML page"],
  [/^\s*<\?xml/iu, "an XML document"],
  [/^\s*[{[]["{[\s\d]/u, "a JSON document"],
  [/^[\x09\x0a\x0d\x20-\x7e\x80-\xff]+$/u, "text"],
]

const accepted = "wav, mp3, m4a, ogg, flac and webm"

/** Says what the sample is by its content, or why it cannot serve. It reads headers; it decodes nothing but wav. */
export const inspect = Effect.fnUntraced(function* (
  sample: Uint8Array,
): Effect.fn.Return<SampleFormat, SampleUnusable> {
  if (sample.length === 0) {
    return yield* new SampleUnusable({ reason: "empty", detail: "The sample is empty: no bytes arrived." })
  }
  const recognised = recognise(sample)
  if (recognised instanceof SampleUnusable) return yield* recognised
  if (recognised !== undefined) return recognised
  const start = ascii(sample, 0, 64)
  const kind = otherKinds.find(([pattern]) => pattern.test(start))?.[1]
  const detail = `The sample is ${kind ?? "in no known audio format"}; accepted are ${accepted}.`
  return yield* new SampleUnusable({ reason: "not audio", detail })
})
