/**
 * What an uploaded voice sample is, judged by its first bytes: names and declared types lie.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { checkChannels } from "./internal/decode/block.ts"
import { readHeader, skipTags } from "./internal/decode/mp3Frame.ts"
import { checkRate, secondsLimit } from "./internal/decode/mono.ts"
import { isSilent } from "./internal/decode/wav.ts"
import { Refusal, unusable } from "./internal/refusal.ts"
import { findAudio, type WavAudio } from "./internal/wavHeader.ts"
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

const wav = (bytes: Uint8Array, size: number): SampleFormat => {
  const audio = findAudio(bytes, size)
  const { bitsPerSample, channels, codec, length, sampleRate } = audio
  const duration = length / ((channels * bitsPerSample) / 8) / sampleRate
  return { container: "wav", codec, channels, sampleRate, bitsPerSample, duration }
}

/** STREAMINFO is the first block of every FLAC file. */
const flac = (bytes: Uint8Array): SampleFormat => {
  if (bytes.length < 42) throw unusable("truncated", "The FLAC file ends within its header.")
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const packed = view.getUint32(18)
  const sampleRate = packed >>> 12
  const total = (packed & 0xf) * 2 ** 32 + view.getUint32(22)
  if ((ascii(bytes, 4, 1) !== "\0" && ascii(bytes, 4, 1) !== "\x80") || sampleRate === 0) {
    throw unusable("contradictory", "The FLAC file does not begin with stream information.")
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

const ogg = (bytes: Uint8Array): SampleFormat => {
  const codec = includes(bytes, "OpusHead", 512)
    ? "opus"
    : includes(bytes, "\x01vorbis", 512)
      ? "vorbis"
      : includes(bytes, "\x7fFLAC", 512)
        ? "flac"
        : undefined
  if (codec !== undefined) return { container: "ogg", codec }
  throw unusable("unsupported", "The Ogg file holds neither Opus nor Vorbis nor FLAC audio.")
}

/** The codec's name stands early in most files; where it does not, decoding finds it. */
const webm = (bytes: Uint8Array): SampleFormat => {
  const codec = includes(bytes, "A_OPUS", 4_096) ? "opus" : includes(bytes, "A_VORBIS", 4_096) ? "vorbis" : undefined
  return { container: "webm", ...(codec === undefined ? {} : { codec }) }
}

/** `undefined` where neither a tag nor a frame of MPEG audio layer III begins the file. */
const mp3 = (bytes: Uint8Array): SampleFormat | undefined => {
  const at = skipTags(bytes)
  const header = readHeader(bytes, at)
  if (header === undefined) return at > 0 ? { container: "mp3", codec: "mp3" } : undefined
  return { container: "mp3", codec: "mp3", sampleRate: header.sampleRate, channels: header.channels }
}

const recognise = (bytes: Uint8Array, size: number): SampleFormat | undefined => {
  const magic = ascii(bytes, 0, 4)
  if (magic === "RIFF" || magic === "RF64") return ascii(bytes, 8, 4) === "WAVE" ? wav(bytes, size) : undefined
  if (magic === "fLaC") return flac(bytes)
  if (magic === "OggS") return ogg(bytes)
  if (magic === "\x1a\x45\xdf\xa3") return webm(bytes)
  if (ascii(bytes, 4, 4) === "ftyp") {
    // Pictures share the container: HEIC and AVIF.
    return /^(?:hei|hev|mif1|msf1|avi[fs])/u.test(ascii(bytes, 8, 4)) ? undefined : { container: "mp4" }
  }
  return mp3(bytes)
}

const otherKinds: ReadonlyArray<readonly [RegExp, string]> = [
  [/^\x89PNG/u, "a PNG picture"],
  [/^\xff\xd8\xff/u, "a JPEG picture"],
  [/^GIF8/u, "a GIF picture"],
  [/^RIFF[^]{4}WEBP/u, "a WebP picture"],
  [/^RIFF[^]{4}AVI /u, "an AVI film"],
  [/^%PDF/u, "a PDF document"],
  [/^FORM[^]{4}AIF[FC]/u, "an AIFF recording"],
  [/^caff/u, "a CAF recording"],
  [/^#!AMR/u, "an AMR recording"],
  [/^\x30\x26\xb2\x75/u, "a Windows Media file"],
  // the frames of an AAC stream that is in no container (ADTS)
  [/^\xff[\xf0\xf1\xf8\xf9]/u, "a bare AAC stream"],
  [/^PK\x03\x04/u, "a zip archive"],
  [/^\x1f\x8b/u, "a gzip archive"],
  [/^\s*<(?:!doctype\s+html|html|head|body)/iu, "an HTML page"],
  [/^\s*<\?xml/iu, "an XML document"],
  [/^\s*[{[]["{[\s\d]/u, "a JSON document"],
  [/^[\x09\x0a\x0d\x20-\x7e\x80-\xff]+$/u, "text"],
]

const accepted = "wav, mp3, m4a, ogg, flac and webm"

/** A sample that lies elsewhere, and is read in parts: it may be larger than memory. */
export interface SampleSource<E = never> {
  /** In bytes. */
  readonly size: number
  /** So many bytes from there on; fewer at the end. */
  readonly read: (offset: number, length: number) => Effect.Effect<Uint8Array, E>
}

/** In memory at once: most headers are a hundredth of it. */
const headSize = 1024 * 1024

/** Listened to at once: a millisecond or two, as the thread has requests to answer. */
const pieceSize = 256 * 1024

const sourceOf = <E>(sample: Uint8Array | SampleSource<E>): SampleSource<E> =>
  "read" in sample
    ? sample
    : { size: sample.length, read: (at, length) => Effect.succeed(sample.subarray(at, at + length)) }

/** Turns what a reader of headers throws into its refusal. */
const judge = <A>(look: () => A): Effect.Effect<A, SampleUnusable> =>
  Effect.try({
    try: look,
    catch: (error) => {
      if (!(error instanceof Refusal)) throw error
      return new SampleUnusable({ reason: error.reason, detail: error.message })
    },
  })

/** How much of a wav file is ever listened to, in bytes of whole frames. */
const listenedTo = ({ bitsPerSample, channels, length, sampleRate }: WavAudio): number =>
  Math.min(length, (secondsLimit * sampleRate * channels * bitsPerSample) / 8)

/** Refuses silence; hears no further than to the first sound. */
const refuseSilence = Effect.fnUntraced(function* <E>({ read }: SampleSource<E>, audio: WavAudio) {
  const frame = (audio.channels * audio.bitsPerSample) / 8
  const step = Math.max(1, Math.floor(pieceSize / frame)) * frame
  const end = audio.at + listenedTo(audio)
  for (let at = audio.at; at < end; at += step) {
    const bytes = yield* read(at, Math.min(step, end - at))
    if (!isSilent(bytes, { ...audio, at: 0, length: bytes.length })) return
  }
  return yield* new SampleUnusable({
    reason: "silent",
    detail: "The wav file holds only silence: record it again, with the microphone on.",
  })
})

/**
 * Says what the sample is by its content, or why it cannot serve. It reads headers; it decodes nothing but wav. Of a
 * {@link SampleSource} no more than 1 MiB is in memory.
 */
export const inspect = Effect.fnUntraced(function* <E = never>(
  sample: Uint8Array | SampleSource<E>,
): Effect.fn.Return<SampleFormat, SampleUnusable | E> {
  const source = sourceOf(sample)
  if (source.size === 0) {
    return yield* new SampleUnusable({ reason: "empty", detail: "The sample is empty: no bytes arrived." })
  }
  const head = yield* source.read(0, headSize)
  const recognised = yield* judge(() => {
    const found = recognise(head, source.size)
    if (found?.channels !== undefined) checkChannels(found.channels)
    if (found?.sampleRate !== undefined) checkRate(found.sampleRate)
    return found
  })
  if (recognised?.container === "wav") {
    yield* refuseSilence(source, yield* judge(() => findAudio(head, source.size)))
  }
  if (recognised !== undefined) return recognised
  const start = ascii(head, 0, 64)
  const kind = otherKinds.find(([pattern]) => pattern.test(start))?.[1]
  const detail = `The sample is ${kind ?? "in no known audio format"}; accepted are ${accepted}.`
  return yield* new SampleUnusable({ reason: "not audio", detail })
})

/** At 320 kbit/s, the most that MPEG audio layer III has, with as much again for what is no audio between. */
const mp3Bytes = 2 * secondsLimit * 40_000

/**
 * As much of the sample as is ever listened to: its first two minutes, as a file in its own right. Of wav and mp3 files
 * no more is read; compressed audio in other containers, which is small for its length, comes whole.
 */
export const excerpt = Effect.fnUntraced(function* <E>(source: SampleSource<E>): Effect.fn.Return<Uint8Array, E> {
  const head = yield* source.read(0, headSize)
  const format = yield* Effect.option(judge(() => recognise(head, source.size)))
  const container = Option.getOrUndefined(format)?.container
  if (container === "mp3") return yield* source.read(0, skipTags(head) + mp3Bytes)
  if (container !== "wav") return yield* source.read(0, source.size)
  const audio = findAudio(head, source.size)
  const length = listenedTo(audio)
  if (audio.at + length >= source.size || length > 0xffff_fff0) return yield* source.read(0, source.size)
  const bytes = yield* source.read(0, audio.at + length)
  // the size of the chunk before the audio, right for what is left of it
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(audio.at - 4, length, true)
  return bytes
})
