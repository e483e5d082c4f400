/**
 * Makes every answer from 400 up `{"detail": …}`, the framework's own included, and tells clients nothing of defects
 * but a request id, with which the log has the cause.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpEffect from "effect/http/HttpEffect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Stream from "effect/Stream"
import { ParentSpan } from "effect/Tracer"
import * as RequestId from "./RequestId.ts"
import * as RequestRecord from "./RequestRecord.ts"
import * as Route from "./Route.ts"

const isJson = (response: HttpServerResponse.HttpServerResponse): boolean =>
  (response.headers["content-type"] ?? "").startsWith("application/json")

const detailed = (
  request: HttpServerRequest,
  response: HttpServerResponse.HttpServerResponse,
  requestId: string,
): HttpServerResponse.HttpServerResponse => {
  const { status } = response
  const answer = (status: number, detail: string, headers: Record<string, string> = {}) =>
    HttpServerResponse.setHeaders(
      HttpServerResponse.jsonUnsafe({ detail }, { status }),
      // What describes the old body must not describe this one.
      { ...keptHeaders(response), ...headers },
    )
  if (status === 401) return HttpServerResponse.setHeader(response, "www-authenticate", "Bearer")
  if (isJson(response)) return response
  const allowed = status === 404 ? Route.methods(request.url) : []
  if (allowed.length > 0 && !allowed.includes(request.method)) {
    const allow = allowed.join(", ")
    return answer(405, `Method ${request.method} is not allowed here; allowed: ${allow}`, { allow })
  }
  const words = details[status] ?? "The request cannot be answered"
  return answer(status, status >= 500 ? `${words} (request ${requestId})` : words)
}

/** For what the framework answers without words. */
const details: Record<number, string> = {
  400: "Bad Request",
  404: "Not Found",
  413: "The request is too large",
  415: "The body must be multipart/form-data",
  500: "Internal Server Error",
  503: "The server is stopping",
}

const keptHeaders = ({ headers }: HttpServerResponse.HttpServerResponse): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("content-")))

/** How much of a refused upload is taken in and thrown away, and for how long. */
const patience = { bytes: 64 * 1024 * 1024, time: "10 seconds" } as const

/** Whether there may be a body that nobody has read yet. Who asked with `Expect` was told nothing, and sends none. */
const hasBody = ({ headers, method }: HttpServerRequest): boolean =>
  method !== "GET" &&
  method !== "HEAD" &&
  !("expect" in headers) &&
  ("transfer-encoding" in headers || Number(headers["content-length"] ?? 0) > 0)

/** Reads what is left of a refused request. */
const drain = (request: HttpServerRequest): Effect.Effect<void> => {
  let read = 0
  return request.stream.pipe(
    Stream.takeWhile((bytes) => (read += bytes.byteLength) < patience.bytes),
    Stream.runDrain,
    Effect.timeout(patience.time),
    Effect.ignoreCause,
    Effect.interruptible,
  )
}

/**
 * The whole answer at once, which is not over before the request is: a client that sends its whole body before it
 * listens (Python's `requests`, most browsers) would otherwise see a broken connection instead of the answer.
 */
const refusing = (
  request: HttpServerRequest,
  response: HttpServerResponse.HttpServerResponse,
): HttpServerResponse.HttpServerResponse => {
  const { body, headers, status, statusText } = response
  if (body._tag !== "Uint8Array" || !hasBody(request)) return response
  const isEndless = Number(request.headers["content-length"] ?? 0) > patience.bytes
  return HttpServerResponse.stream(Stream.concat(Stream.succeed(body.body), Stream.fromEffectDrain(drain(request))), {
    status,
    statusText,
    contentType: body.contentType,
    contentLength: body.contentLength,
    headers: isEndless ? { ...headers, connection: "close" } : headers,
  })
}

/** Installs it for all routes. One step for each request, since each pays for it. */
export const layer = HttpRouter.middleware(
  (effect) =>
    Effect.contextWith((context: Context.Context<HttpServerRequest>) => {
      const request = Context.get(context, HttpServerRequest)
      const requestId = RequestId.of(request.headers)
      RequestRecord.note(request, requestId, Context.getOrUndefined(context, ParentSpan))
      HttpEffect.appendPreResponseHandlerUnsafe(context, (request, response) => {
        const named = HttpServerResponse.setHeader(response, RequestId.header, requestId)
        return Effect.succeed(response.status < 400 ? named : refusing(request, detailed(request, named, requestId)))
      })
      return effect.pipe(
        Effect.tapCause((cause) => (Cause.hasDies(cause) ? Effect.logError("A request failed", cause) : Effect.void)),
        Effect.annotateLogs("request", requestId),
      )
    }),
  { global: true },
)
