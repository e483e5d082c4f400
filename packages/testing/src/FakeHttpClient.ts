/**
 * The fake API in memory: an `HttpClient` that answers without a socket. Delays obey `Clock`, so tests can run on
 * virtual time (`TestClock`), and it works wherever Effect does.
 */
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { Exchange, FakeApi } from "./FakeApi.ts"
import { inPieces } from "./internal/bytes.ts"
import type { Reply } from "./Reply.ts"

/** As large as the pieces in which a body usually comes off a socket. */
const chunkBytes = 16 * 1024

/**
 * An `HttpClient` that plays the scenario, whatever the origin it is asked to call.
 *
 * @example
 * const api = FakeApi.make({ faults: [Fault.on("status", 1, Fault.answer(503))] })
 * const test = VoiceCloneClient.layer({ apiKey: "key" }).pipe(Layer.provide(FakeHttpClient.layer(api)))
 */
export const layer = (api: FakeApi): Layer.Layer<HttpClient.HttpClient> =>
  Layer.succeed(HttpClient.HttpClient, make(api))

/** @see {@link layer} */
export const make = (api: FakeApi): HttpClient.HttpClient =>
  HttpClient.make((request, url) => {
    // a form's content type has its boundary in it, which comes into being with the bytes
    const form = request.body._tag === "FormData" ? new Response(request.body.formData) : undefined
    const contentType = form?.headers.get("content-type")
    const exchange = api.open({
      method: request.method,
      path: url.pathname,
      query: url.search,
      headers: { ...request.headers, ...(contentType == null ? {} : { "content-type": contentType }), host: url.host },
    })
    return Effect.andThen(receive(exchange, request, form), answer(exchange, request)).pipe(
      Effect.onInterrupt(() => Effect.sync(() => exchange.end("aborted"))),
    )
  })

const bodyOf = (
  { body }: HttpClientRequest.HttpClientRequest,
  form: Response | undefined,
): Stream.Stream<Uint8Array, unknown> => {
  switch (body._tag) {
    case "Empty":
      return Stream.empty
    case "Uint8Array":
      return Stream.succeed(body.body)
    case "Stream":
      return body.stream
    case "FormData":
    case "Raw": {
      const whole = form ?? new Response(body._tag === "Raw" ? (body.body as BodyInit) : undefined)
      return Stream.fromEffect(
        Effect.map(
          Effect.promise(() => whole.arrayBuffer()),
          (_) => new Uint8Array(_),
        ),
      )
    }
  }
}

const receive = (exchange: Exchange, request: HttpClientRequest.HttpClientRequest, form: Response | undefined) => {
  let left = exchange.whileReceiving?.afterBytes ?? Number.POSITIVE_INFINITY
  const body = bodyOf(request, form).pipe(
    Stream.map((chunk) => chunk.subarray(0, Math.max(0, left))),
    Stream.tap((chunk) => Effect.sync(() => exchange.receive(chunk))),
    Stream.takeUntil((chunk) => (left -= chunk.byteLength) <= 0),
  )
  const failed = (cause: unknown) => transportError(request, cause)
  return Effect.andThen(
    Effect.mapError(left === 0 ? Effect.void : Stream.runDrain(body), failed),
    Effect.suspend(() => {
      if (left > 0) return Effect.void
      if (exchange.whileReceiving?.how === "stall") return Effect.never
      exchange.end("brokenOff")
      return Effect.fail(failed(brokenOff.reset()))
    }),
  )
}

const answer = Effect.fnUntraced(function* (exchange: Exchange, request: HttpClientRequest.HttpClientRequest) {
  const reply = yield* exchange.reply
  yield* Effect.sleep(reply.delay)
  if (reply.breakOff?.at === "head") {
    if (reply.breakOff.how === "stall") return yield* Effect.never
    exchange.end("brokenOff")
    return yield* transportError(request, brokenOff[reply.breakOff.how]())
  }
  const length =
    reply.framing === "length" ? { "content-length": String(reply.contentLength ?? reply.body.byteLength) } : undefined
  const stream = yield* Stream.toReadableStreamEffect(bodyStream(exchange, reply))
  return HttpClientResponse.fromWeb(
    request,
    new Response(withoutBody.has(reply.status) ? null : stream, {
      status: reply.status,
      headers: { ...reply.headers, ...length },
    }),
  )
})

const bodyStream = (exchange: Exchange, reply: Reply): Stream.Stream<Uint8Array, Error> => {
  const { body, contentLength = body.byteLength, framing } = reply
  // as HTTP has it: what comes after the announced end isn't read, and what doesn't come is waited for
  const isShort = framing === "length" && contentLength > body.byteLength
  const breakOff = reply.breakOff ?? (isShort ? ({ how: "close", at: body.byteLength } as const) : undefined)
  const whole = framing === "length" ? body.subarray(0, contentLength) : body
  const sent = typeof breakOff?.at === "number" ? whole.subarray(0, breakOff.at) : whole
  const usual = Array.from({ length: Math.ceil(sent.byteLength / chunkBytes) }, () => chunkBytes)
  const chunks = [...inPieces(sent, reply.pieces ?? usual)]
  const end = Stream.suspend(() => {
    if (breakOff?.how === "stall") return Stream.never
    exchange.end(breakOff === undefined ? "answered" : "brokenOff")
    // a close is the end that a body without any other has
    if (breakOff === undefined || (breakOff.how === "close" && framing === "close")) return Stream.empty
    return Stream.fail(brokenOff[breakOff.how]())
  })
  return Stream.fromIterable(chunks).pipe(
    Stream.rechunk(1),
    Stream.concat(end),
    Stream.ensuring(Effect.sync(() => exchange.end("aborted"))),
  )
}

/** Statuses that never have a body (RFC 9110, section 6.4.1). */
const withoutBody = new Set([204, 205, 304])

/** What Node's HTTP clients report. */
const brokenOff = {
  reset: () => Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }),
  close: () => Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" }),
}

const transportError = (request: HttpClientRequest.HttpClientRequest, cause: unknown) =>
  new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
