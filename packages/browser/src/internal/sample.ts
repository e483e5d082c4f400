/**
 * What a page has for a sample, as one that can be opened again.
 */
import * as Sample from "@voiceclone/core/Sample"
import { InvalidInput, SampleUnreadable } from "@voiceclone/core/TaskError"
import * as Effect from "effect/Effect"

export const toSample = (
  input: Blob | Uint8Array<ArrayBuffer>,
): Effect.Effect<Sample.Sample, SampleUnreadable | InvalidInput> => {
  // of anything else, as of a field without a file, the browser would send what it is called
  if (!(typeof input === "object" && input !== null && ("stream" in input || "byteLength" in input))) {
    return Effect.fail(
      new InvalidInput({
        input: "sample",
        reason: "The voice sample is neither a Blob nor a Uint8Array",
        nextStep: "Give one of these, e.g. a chosen file.",
      }),
    )
  }
  const blob = input instanceof Blob ? input : new File([input], "sample.wav", { type: "audio/wav" })
  const sample: Sample.Sample = { ...Sample.fromBlob(blob), blob }
  // a file that was moved or changed since it was chosen would only fail in the midst of the upload, and unnamed
  const look = Effect.tryPromise({
    try: () => blob.slice(0, 1).arrayBuffer(),
    catch: () => new SampleUnreadable({ sample: sample.name, reason: "it was moved or changed since it was chosen" }),
  })
  return Effect.as(look, sample)
}
