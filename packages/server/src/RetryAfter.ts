/**
 * When an answer, whatever it will be, asks the client to come again.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpEffect from "effect/http/HttpEffect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"

/** Adds `Retry-After` to the answer to the current request, in whole seconds, at least one. */
export const retryAfter = (wait: Duration.Duration) => {
  const seconds = Math.max(1, Math.ceil(Duration.toSeconds(wait)))
  return HttpEffect.appendPreResponseHandler((_, response) =>
    Effect.succeed(HttpServerResponse.setHeader(response, "retry-after", String(seconds))),
  )
}
