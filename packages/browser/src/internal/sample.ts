/**
 * What a page has for a sample, as one that can be opened again.
 */
import * as Sample from "@voiceclone/core/Sample"
import { SampleUnreadable } from "@voiceclone/core/TaskError"
import * as Effect from "effect/Effect"

export const toSample = (input: Blob | Uint8Array<ArrayBuffer>): Effect.Effect<Sample.Sample, SampleUnreadable> => {
  const blob = input instanceof Blob ? input : new File([input], "sample.wav", { type: "audio/wav" })
  const sample: Sample.Sample = { ...Sample.fromBlob(blob), blob }
  // a file that was moved or changed since it was chosen would only fail in the midst of the upload, and unnamed
  const look = Effect.tryPromise({
    try: () => blob.slice(0, 1).arrayBuffer(),
    catch: () => new SampleUnreadable({ sample: sample.name, reason: "it was moved or changed since it was chosen" }),
  })
  return Effect.as(look, sample)
}
