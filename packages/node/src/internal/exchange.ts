/**
 * One request without a body over one of undici's pools, and the answer as soon as its head is there.
 *
 * Effect's own layer over undici makes a Node stream and some promises of each answer. Here undici's events go straight
 * to whoever reads, which makes small answers cheaper than they are over `node:http`: `bench/RESULTS.md`.
 */
import * as Effect from "effect/Effect"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { Dispatcher, Pool } from "undici"
import { Answer, Body, type End } from "./Answer.ts"

/** Sends the request. The signal breaks the connection at any time, also while the body comes. */
export const exchange = (
  pool: Pool,
  request: HttpClientRequest.HttpClientRequest,
  url: URL,
  signal: AbortSignal,
): Effect.Effect<Answer, HttpClientError.HttpClientError> =>
  Effect.callback((resume) => {
    let controller: Dispatcher.DispatchController | undefined
    let body: Body | undefined
    let isGivenUp = signal.aborted
    const giveUp = () => {
      isGivenUp = true
      controller?.abort(new Error("The request was given up"))
    }
    const end = (how: End) => {
      signal.removeEventListener("abort", giveUp)
      if (body !== undefined) return body.close(how)
      const cause = how === "whole" ? new Error("There was no answer") : how.cause
      const reason = new HttpClientError.TransportError({ request, cause })
      resume(Effect.fail(new HttpClientError.HttpClientError({ reason })))
    }
    signal.addEventListener("abort", giveUp, { once: true })
    pool.dispatch(
      {
        path: url.pathname + url.search,
        method: request.method,
        headers: request.headers,
        // whoever calls has time limits of their own
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      {
        onRequestStart: (started) => {
          controller = started
          if (isGivenUp) giveUp()
        },
        onResponseStart: (controller, status, headers) => {
          if (status < 200) return
          body = new Body(controller)
          resume(Effect.succeed(new Answer(request, url, status, headers, body)))
        },
        onResponseData: (_, chunk) => body?.push(chunk),
        onResponseEnd: () => end("whole"),
        onResponseError: (_, cause) => end({ cause }),
      },
    )
    return Effect.sync(giveUp)
  })
