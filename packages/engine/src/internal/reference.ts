/** The voice sample as neural engines take it: a short recording, decoded, without silence around it. */
import * as Wav from "@voiceclone/core/Wav"
import * as Effect from "effect/Effect"
import type { AudioDecoder } from "../AudioDecoder.ts"
import * as Level from "../Level.ts"
import type { Recording } from "../Recording.ts"
import { type EngineUnavailable, SampleUnusable } from "../SynthesisError.ts"
import type { SpeechRequest } from "../Synthesizer.ts"

/** The start of the sample. It stays whole where a transcript is given, which is of all of it. */
export const reference = Effect.fnUntraced(function* (
  decoder: AudioDecoder["Service"],
  { sample, transcript }: SpeechRequest,
  seconds: number,
): Effect.fn.Return<Recording, SampleUnusable | EngineUnavailable> {
  const { sampleRate, samples } = "samples" in sample ? sample : yield* decoder.decode(sample)
  const trimmed = Level.trim(samples, sampleRate)
  if (trimmed.length === 0) {
    return yield* new SampleUnusable({ reason: "silent", detail: "The sample holds only silence." })
  }
  return {
    samples: transcript === undefined ? trimmed.subarray(0, Math.round(seconds * sampleRate)) : trimmed,
    sampleRate,
  }
})

/** A 16-bit wav file. */
export const encodeWav = ({ sampleRate, samples }: Recording): Uint8Array<ArrayBuffer> => {
  const head = Wav.encodeHeader({ sampleRate, bitsPerSample: 16, channels: 1 }, samples.length * 2)
  const file = new Uint8Array(head.length + samples.length * 2)
  file.set(head)
  const view = new DataView(file.buffer, head.length)
  for (let i = 0; i < samples.length; i++) {
    view.setInt16(i * 2, Math.round(Math.max(-1, Math.min(1, samples[i]!)) * 32_767), true)
  }
  return file
}
