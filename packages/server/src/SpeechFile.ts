/**
 * Writes speech as a WAV file while it is being made: the header first, its sizes once they are known.
 */
import { type SpeechChunk, sampleRate } from "@voiceclone/engine/Synthesizer"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { BlobStoreFailed, BlobWriter } from "./BlobStore.ts"

const bytesPerSample = 2

/** The header of a file of so many bytes of samples: 22,050 Hz, 16 bit, mono. */
export const header = (dataBytes: number): Uint8Array => {
  const bytes = new Uint8Array(44)
  const view = new DataView(bytes.buffer)
  const name = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at)
  name(0, "RIFF")
  view.setUint32(4, 36 + dataBytes, true)
  name(8, "WAVEfmt ")
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate * bytesPerSample, true)
  view.setUint16(32, bytesPerSample, true)
  view.setUint16(34, bytesPerSample * 8, true)
  name(36, "data")
  view.setUint32(40, dataBytes, true)
  return bytes
}

/** Writes the whole file and returns its size in bytes. */
export const write = Effect.fnUntraced(function* <E, R>(
  writer: BlobWriter,
  speech: Stream.Stream<SpeechChunk, E, R>,
): Effect.fn.Return<number, E | BlobStoreFailed, R> {
  let dataBytes = 0
  yield* writer.append(header(0))
  yield* Stream.runForEach(speech, ({ pcm }) => {
    dataBytes += pcm.byteLength
    // Every machine that Node runs on is little-endian, as WAV is.
    return writer.append(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength))
  })
  yield* writer.replaceStart(header(dataBytes))
  return 44 + dataBytes
})
