/**
 * Writes speech as a WAV file while it is being made: the header first, its sizes once they are known.
 */
import * as Wav from "@voiceclone/core/Wav"
import * as BufferMemory from "@voiceclone/engine/BufferMemory"
import type { SpeechChunk } from "@voiceclone/engine/Synthesizer"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { BlobStoreFailed, BlobWriter } from "./BlobStore.ts"

/** Writes the whole file and returns its size in bytes. */
export const write = Effect.fnUntraced(function* <E, R>(
  writer: BlobWriter,
  speech: Stream.Stream<SpeechChunk, E, R>,
): Effect.fn.Return<number, E | BlobStoreFailed, R> {
  const header = (dataBytes: number) => Wav.encodeHeader(Wav.resultFormat, dataBytes)
  let dataBytes = 0
  yield* writer.append(header(0))
  yield* Stream.runForEach(speech, ({ pcm }) => {
    dataBytes += pcm.byteLength
    // Every machine that Node runs on is little-endian, as WAV is.
    return Effect.map(writer.append(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength)), () =>
      BufferMemory.release(pcm.buffer),
    )
  })
  const head = header(dataBytes)
  yield* writer.replaceStart(head)
  return head.byteLength + dataBytes
})
