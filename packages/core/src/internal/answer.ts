/**
 * What an answer says when it isn't the one we hoped for: JSON with a `detail`, HTML, nothing, or half of something.
 */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as RetryAfter from "../RetryAfter.ts"
import {
  type ApiError,
  InvalidApiKey,
  RequestRejected,
  ServerUnavailable,
  TooManyRequests,
  UnexpectedResponse,
} from "../TaskError.ts"
import type { Redaction } from "./redaction.ts"

/** More than any honest JSON answer has; what comes after is not read. */
const maximumBytes = 64 * 1024

/** The body as text, as far as it comes in time: one that breaks off says less, but is no reason to say nothing. */
export const text = (
  response: HttpClientResponse.HttpClientResponse,
  timeout: Duration.Input,
  maximum = maximumBytes,
): Effect.Effect<string> =>
  Effect.suspend(() => {
    // what is announced to be short is had in one piece, in half the time
    if (Number(response.headers["content-length"] ?? Number.NaN) < maximum) {
      return Effect.orElseSucceed(
        Effect.timeoutOrElse(response.text, { duration: timeout, orElse: () => Effect.succeed("") }),
        () => "",
      )
    }
    const decoder = new TextDecoder()
    let bytes = 0
    let read = ""
    return response.stream.pipe(
      Stream.takeUntil((chunk) => (bytes += chunk.byteLength) >= maximum),
      Stream.runForEach((chunk) => Effect.sync(() => void (read += decoder.decode(chunk, { stream: true })))),
      Effect.timeoutOption(timeout),
      Effect.ignore,
      Effect.map(() => read),
    )
  })

/** The value of a JSON text; none where it isn't one. */
export const json: (text: string) => Option.Option<unknown> = Option.liftThrowable(JSON.parse)

/** In one short line, without the key: it is taken out first, since the half of one at the end is none. */
const shorten = (words: string, redact: Redaction): string => {
  // control characters in a server's words must not reach a terminal
  // oxlint-disable-next-line no-control-regex
  const clean = redact(words)
    .replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, " ")
    .trim()
  return clean.length > 300 ? `${clean.slice(0, 299)}…` : clean
}

/** One entry of a FastAPI validation error. */
const issue = (entry: unknown): string => {
  if (!Predicate.isObject(entry)) return String(entry)
  const { loc, msg } = entry as { readonly loc?: unknown; readonly msg?: unknown }
  const where = Array.isArray(loc) ? loc.filter((part) => part !== "body").join(".") : ""
  const what = Predicate.isString(msg) ? msg : JSON.stringify(entry)
  return where === "" ? what : `${where}: ${what}`
}

/** The reason that an error answer gives. */
const reason = (body: string): string => {
  const parsed = Option.getOrUndefined(json(body))
  if (Predicate.isObject(parsed)) {
    const value = (parsed as { readonly detail?: unknown }).detail
    if (Predicate.isString(value) && value.trim() !== "") return value
    return Array.isArray(value) ? value.map(issue).join("; ") : JSON.stringify(value ?? parsed)
  }
  const title = /<title>([^<]*)<\/title>/i.exec(body)?.[1] ?? /<h1>([^<]*)<\/h1>/i.exec(body)?.[1]
  if (title !== undefined) return `a web page titled “${title.trim()}”`
  return body.trim() === "" ? "no reason given" : body
}

/** The reason that an error answer gives, in one short line. */
export const detail = (body: string, redact: Redaction): string =>
  // JSON can be nested deeper than the stack is high
  shorten(
    Option.getOrElse(Option.liftThrowable(reason)(body), () => body),
    redact,
  )

/** Whether a body is what the API itself says of an error, and not a proxy before it. */
export const isOfApi = (body: string): boolean =>
  Option.exists(json(body), (value) => Predicate.hasProperty(value, "detail") && Predicate.isString(value.detail))

/** `Retry-After`, as a field to spread into an error or a task. */
export const retryAfter = (
  response: HttpClientResponse.HttpClientResponse,
): Effect.Effect<{ readonly retryAfterMillis?: number }> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const retryAfterMillis = RetryAfter.parse(response.headers["retry-after"], now)
    return retryAfterMillis === undefined ? {} : { retryAfterMillis }
  })

/** The error of an answer whose status means the same whatever was asked. */
export const error = Effect.fnUntraced(function* (
  response: HttpClientResponse.HttpClientResponse,
  reason: string,
  redact: Redaction,
): Effect.fn.Return<ApiError> {
  const { status } = response
  if (status === 401) return new InvalidApiKey({ detail: reason })
  if (status === 429) return new TooManyRequests({ detail: reason, ...(yield* retryAfter(response)) })
  if (status >= 500 && status < 600) {
    return new ServerUnavailable({ status, detail: reason, ...(yield* retryAfter(response)) })
  }
  if (status >= 400 && status < 500) return new RequestRejected({ status, detail: reason })
  if (status >= 300 && status < 400) {
    const location = response.headers["location"]
    return new UnexpectedResponse({
      status,
      reason: location === undefined ? "a redirect to nowhere" : `a redirect to ${shorten(location, redact)}`,
    })
  }
  return new UnexpectedResponse({ status, reason })
})
