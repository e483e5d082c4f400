/**
 * Writes to the body of an answer beside the framework, where the runtime lets anyone: the framework does not say when it
 * is done with a piece, and whoever reuses memory has to know.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"

/** Writes a piece, and returns when the operating system has it. */
export type Write = (piece: Uint8Array) => Effect.Effect<void>

/**
 * The writer of a request's answer, or none. To be used from within the stream that is the answer's body: then the head
 * is sent, and the client still there.
 */
export const ResponseWriter = Context.Reference<(request: HttpServerRequest) => Write | undefined>(
  "voiceclone/server/ResponseWriter",
  { defaultValue: () => () => undefined },
)
