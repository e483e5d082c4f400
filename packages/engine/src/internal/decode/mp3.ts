/**
 * MPEG audio layer III (MP3) through minimp3 in WebAssembly. Its module imports nothing, so all that hostile bytes can
 * reach is its own memory; what they may cost is bounded by what it is given.
 */
import { unusable } from "../refusal.ts"
import type { AudioBlock } from "./block.ts"
import { findFrames, type FrameHeader, readSummary, samplesPerFrame } from "./mp3Frame.ts"
import { secondsLimit } from "./mono.ts"

/** What the module exports; addresses are those of its memory. */
interface Minimp3 {
  readonly memory: WebAssembly.Memory
  decoder_init(): void
  decoder_set_mp3_data_size(bytes: number): void
  decoder_mp3_data_offset(): number
  decoder_decode(seconds: number): void
  decoder_pcm_data_offset(): number
  decode_results_sampling_rate(): number
  decode_results_num_channels(): number
  /** Of all channels together. */
  decode_results_num_samples(): number
}

const damaged = (what: string) => unusable("damaged", `The MP3 file is damaged: ${what}.`)

/** The frames that hold the audio that is wanted, one after the other. */
const collect = (bytes: Uint8Array): { readonly audio: Uint8Array; readonly header: FrameHeader; count: number } => {
  const parts: Array<Uint8Array> = []
  let header: FrameHeader | undefined
  let declared = 0
  let lost = 0
  let size = 0
  for (const frame of findFrames(bytes)) {
    const summary = header === undefined ? readSummary(frame) : undefined
    header = frame.header
    lost += frame.lost
    if (summary !== undefined) {
      declared = summary
      continue
    }
    parts.push(frame.bytes)
    size += frame.bytes.length
    // Players pass over what is no frame; most of a file it cannot be.
    if (lost > 8_192 && lost > size) throw damaged("most of it is no audio")
    if (parts.length * samplesPerFrame(header) >= secondsLimit * header.sampleRate) {
      declared = 0
      break
    }
  }
  if (header === undefined || parts.length === 0) throw damaged("it holds no audio that decodes")
  if (parts.length + 2 < declared) {
    throw unusable("truncated", `The MP3 file is cut short: ${parts.length} of ${declared} frames arrived.`)
  }
  const audio = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    audio.set(part, at)
    at += part.length
  }
  return { audio, header, count: parts.length }
}

/** Decodes second by second, as it is asked for. */
export function* decodeMp3(bytes: Uint8Array, module: WebAssembly.Module): Generator<AudioBlock> {
  const { audio, count, header } = collect(bytes)
  const decoder = new WebAssembly.Instance(module, {}).exports as unknown as Minimp3
  decoder.decoder_init()
  decoder.decoder_set_mp3_data_size(audio.length)
  new Uint8Array(decoder.memory.buffer, decoder.decoder_mp3_data_offset(), audio.length).set(audio)
  let decoded = 0
  for (;;) {
    decoder.decoder_decode(1)
    const channels = decoder.decode_results_num_channels()
    const length = channels === 0 ? 0 : decoder.decode_results_num_samples() / channels
    if (length === 0) break
    decoded += length
    // More than there is means that the module lost its way. Frames whose data is gone or nonsense become silence.
    if (channels > 2 || decoded > count * samplesPerFrame(header)) throw damaged("its audio does not decode")
    const pcm = new Int16Array(decoder.memory.buffer, decoder.decoder_pcm_data_offset(), length * channels)
    yield {
      channels: Array.from({ length: channels }, (_, channel) =>
        Float32Array.from({ length }, (_, i) => pcm[i * channels + channel]! / 32_768),
      ),
      sampleRate: decoder.decode_results_sampling_rate(),
    }
  }
}
