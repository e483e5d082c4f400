/**
 * How one server is spoken to: with the key, within a time limit, and never showing the key in what comes back.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Redacted from "effect/Redacted"
import { Secrets } from "../Secrets.ts"
import { ConnectionFailed, InvalidInput } from "../TaskError.ts"
import type { Options } from "../VoiceCloneClient.ts"
import * as answer from "./answer.ts"
import { checkApiKey, checkBaseUrl } from "./credentials.ts"
import * as redaction from "./redaction.ts"
import * as limit from "./timeout.ts"
import * as transport from "./transport.ts"

/** Where the hosted service answers. */
export const hostedBaseUrl = "https://aivoiceclonefree.com/api"

export type Connection = Effect.Success<ReturnType<typeof make>>

/** `baseURL` is what many other clients call it: without types, key and recording would go to the hosted service. */
const unnamedServer = (options: Options): Effect.Effect<string, InvalidInput> => {
  const meant = Object.keys(options).find((name) => name !== "baseUrl" && /^base_?url$/i.test(name))
  return meant === undefined
    ? Effect.succeed(hostedBaseUrl)
    : Effect.fail(
        new InvalidInput({ input: "baseUrl", reason: `${meant} is no option`, nextStep: "Write it baseUrl." }),
      )
}

/** Fails with `InvalidInput` for options that cannot work. */
export const make = Effect.fnUntraced(function* (options: Options) {
  const apiKey = yield* checkApiKey(options.apiKey)
  const base = yield* checkBaseUrl(options.baseUrl ?? (yield* unnamedServer(options)), options.allowInsecure ?? false)
  const baseUrl = base.href.replace(/\/+$/, "")
  const answerTimeout = yield* limit.check("answerTimeout", options.answerTimeout ?? Duration.seconds(30))
  const createTimeout = yield* limit.check("createTimeout", options.createTimeout ?? Duration.minutes(30))
  const { origin } = base
  const plain = yield* HttpClient.HttpClient
  // aborting with the scope also ends a body that is being read
  const scoped = HttpClient.withScope(plain)

  const hideKey = redaction.of(Redacted.value(apiKey))
  const secrets = yield* Secrets
  const redact: redaction.Redaction = (words) =>
    Array.from(secrets()).reduce((rest, secret) => redaction.of(secret)(rest), hideKey(words))

  /** Of a transport's error, what caused it: the rest of it is the request, with the key in its head. */
  const failed = (reason: string, error?: HttpClientError.HttpClientError) =>
    new ConnectionFailed({ origin, reason: redact(reason), cause: error?.reason.cause })

  const sendBy = <R>(
    client: HttpClient.HttpClient.With<HttpClientError.HttpClientError, R>,
    request: HttpClientRequest.HttpClientRequest,
    timeout: Duration.Input,
  ) =>
    client
      .execute(
        HttpClientRequest.prependUrl(request, baseUrl).pipe(
          HttpClientRequest.bearerToken(apiKey),
          HttpClientRequest.setHeader("accept-encoding", "identity"),
        ),
      )
      .pipe(
        // each call is a span already; and tracing headers make a browser ask for permission, which most servers refuse
        Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
        Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail("timeout" as const) }),
      )

  /** Fails as the transport does, or with `"timeout"`. */
  const send = (request: HttpClientRequest.HttpClientRequest, timeout: Duration.Input) =>
    sendBy(scoped, request, timeout)

  const unanswered = (timeout: Duration.Input) => (error: HttpClientError.HttpClientError | "timeout") =>
    error === "timeout" ? failed(`no answer within ${spell(timeout)}`) : failed(transport.reasonOf(error), error)

  const get = (request: HttpClientRequest.HttpClientRequest) =>
    Effect.mapError(send(request, answerTimeout), unanswered(answerTimeout))

  /** Does without a scope: for an answer whose body is read to its end, whatever it is. */
  const getLean = (request: HttpClientRequest.HttpClientRequest, timeout: Duration.Input) =>
    Effect.mapError(sendBy(plain, request, timeout), unanswered(timeout))

  const text = (response: HttpClientResponse.HttpClientResponse) => answer.text(response, answerTimeout)

  /** The reason that a body gives. */
  const detail = (body: string) => answer.detail(body, redact)
  /** The error of an answer. */
  const failure = (response: HttpClientResponse.HttpClientResponse, reason: string) =>
    Effect.flatMap(answer.error(response, reason, redact), Effect.fail)

  return {
    baseUrl,
    // one server by two names is one: under the other it would be paid again
    server: options.server ?? baseUrl.replace(/^(https?:\/\/)localhost(?=[:/]|$)/, "$1127.0.0.1"),
    answerTimeout,
    createTimeout,
    send,
    get,
    getLean,
    text,
    detail,
    failed,
    failure,
    redact,
  }
})

/** A time limit, for people. */
export const spell = (duration: Duration.Input): string => Duration.format(Duration.fromInputUnsafe(duration))
