/** Decodes a sample of any container that is read here, judged by its content. */
import type { Recording } from "../../Recording.ts"
import type { SampleFormat } from "../../SampleFormat.ts"
import { type AudioBlock } from "./block.ts"
import { unusable } from "../refusal.ts"
import { decodeFlac, decodeFlacPackets } from "./flac.ts"
import { record } from "./mono.ts"
import type { LoadModule } from "./modules.ts"
import { decodeMp3 } from "./mp3.ts"
import { oggPackets } from "./ogg.ts"
import { decodeOpus } from "./opus.ts"
import { decodeVorbis, splitHeaders } from "./vorbis.ts"
import { decodeWav } from "./wav.ts"
import { readWebm } from "./webm.ts"

/** Positions are counted in bits of 32-bit numbers. */
const bytesLimit = 250_000_000

const startsWith = (bytes: Uint8Array, text: string) =>
  text.length <= bytes.length && Array.from(text, (char) => char.charCodeAt(0)).every((code, i) => bytes[i] === code)

/** An iterable that goes on where it stopped, where a loop would close a generator. */
const continuing = <A>(iterator: Iterator<A>): Iterable<A> => ({
  [Symbol.iterator]: () => ({ next: () => iterator.next() }),
})

const openOgg = async (bytes: Uint8Array, load: LoadModule): Promise<Iterable<AudioBlock>> => {
  const isAudio = (first: Uint8Array) => ["OpusHead", "\x01vorbis", "\x7fFLAC"].some((name) => startsWith(first, name))
  const packets = oggPackets(bytes, isAudio)
  const { value: first } = packets.next()
  if (first === undefined) throw unusable("unsupported", "The Ogg file holds neither Opus nor Vorbis nor FLAC audio.")
  if (startsWith(first, "OpusHead")) {
    // The second packet holds comments.
    packets.next()
    return decodeOpus(first, packets)
  }
  if (startsWith(first, "\x7fFLAC")) return decodeFlacPackets([first, ...packets])
  const { value: comments } = packets.next()
  const { value: setup } = packets.next()
  if (comments === undefined || setup === undefined) throw unusable("truncated", "The Ogg file ends within its header.")
  return decodeVorbis([first, comments, setup], continuing(packets), await load("vorbis"))
}

const openWebm = async (bytes: Uint8Array, load: LoadModule): Promise<Iterable<AudioBlock>> => {
  const { packets, track } = readWebm(bytes)
  if (track.codec === "A_OPUS") return decodeOpus(track.header, packets)
  if (track.codec === "A_VORBIS") return decodeVorbis(splitHeaders(track.header), packets, await load("vorbis"))
  throw unusable("unsupported", `The WebM file's audio is ${track.codec.slice(0, 20)}; Opus and Vorbis are read.`)
}

const open = async (bytes: Uint8Array, container: SampleFormat["container"], load: LoadModule) => {
  switch (container) {
    case "wav":
      return decodeWav(bytes)
    case "flac":
      return decodeFlac(bytes)
    case "mp3":
      return decodeMp3(bytes, await load("mp3"))
    case "ogg":
      return openOgg(bytes, load)
    case "webm":
      return openWebm(bytes, load)
    case "mp4":
      throw unusable(
        "unsupported",
        "An m4a or mp4 sample needs ffmpeg beside the server; wav, mp3, ogg, flac and webm do not.",
      )
  }
}

/** Rejects with `Refusal`, whatever the bytes, unless a decoder cannot be loaded. */
export const decode = async (
  bytes: Uint8Array,
  container: SampleFormat["container"],
  load: LoadModule,
): Promise<Recording> => {
  if (bytes.length > bytesLimit) throw unusable("too demanding", "The sample is larger than 250 MB.")
  return record(() => open(bytes, container, load))
}
