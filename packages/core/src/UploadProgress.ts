/**
 * Who is told how much of a body has been sent, where only the runtime sees that: a browser, of a form with a file in it.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/** `sentBytes` of `totalBytes`, which are those of the whole body. */
export type Listener = (sentBytes: number, totalBytes: number) => Effect.Effect<void>

/** Provided around a call whose progress is wanted; an `HttpClient` that can tell it does. */
export const UploadProgress = Context.Reference<Listener | undefined>("voiceclone/UploadProgress", {
  defaultValue: () => undefined,
})
