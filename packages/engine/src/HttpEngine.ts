/**
 * A speech service over HTTP as an engine: one that takes reference audio, in the form of OpenAI's `/v1/audio/speech`
 * or as a multipart form.
 *
 * @example
 * ```ts
 * import * as HttpEngine from "@voiceclone/engine/HttpEngine"
 *
 * const engine = HttpEngine.layer({ url: "http://127.0.0.1:8000", model: "f5-tts" }).pipe(
 *   Layer.provide([NodeHttpClient.layerNodeHttp, AudioDecoderNode.layer()]),
 * )
 * ```
 */
import * as RetryAfter from "@voiceclone/core/RetryAfter"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { AudioDecoder } from "./AudioDecoder.ts"
import { finishSpeech } from "./internal/finishSpeech.ts"
import * as Passages from "./internal/passages.ts"
import { reference } from "./internal/reference.ts"
import { audioOf, disconnected, refusalOf } from "./internal/speechAnswer.ts"
import { type Fields, forms, requestsOf } from "./internal/speechForm.ts"
import { utteranceLimit } from "./Speakable.ts"
import { EngineUnavailable, type SynthesisError } from "./SynthesisError.ts"
import { type SpeechRequest, Synthesizer } from "./Synthesizer.ts"

export type { Fields } from "./internal/speechForm.ts"

/** Which service, and how it wants to be asked. */
export interface Options {
  /** Its address. One without a path, or with `/v1` alone, gets the form's own path. */
  readonly url: string
  /** Sent as `Authorization: Bearer …`. It goes over plain http only to this machine; see {@link allowInsecure}. */
  readonly key?: Redacted.Redacted<string> | undefined
  /** Lets the key travel in the clear. Default: false. */
  readonly allowInsecure?: boolean | undefined
  /** As the service names it. */
  readonly model?: string | undefined
  /** A voice of the service's own, where it wants one beside the sample. */
  readonly voice?: string | undefined
  /**
   * - `openai` (default): `POST /v1/audio/speech`, JSON, the sample as a `data:` URL
   * - `multipart`: `POST /tts`, a form, the sample as a file
   */
  readonly form?: keyof typeof forms | undefined
  /** Other names for the form's fields. */
  readonly fields?: Partial<Fields> | undefined
  /** Further fields, sent as they are. */
  readonly extra?: Readonly<Record<string, string | number | boolean>> | undefined
  /** The audio to ask for. `pcm` is 16 bit, little-endian, mono. Default: `wav`. */
  readonly format?: "wav" | "pcm" | undefined
  /** Samples per second of raw PCM whose content type names none. Default: 24,000. */
  readonly pcmRate?: number | undefined
  /**
   * - `sentence` (default): a request per sentence, so that progress shows and cancelling saves work
   * - `text`: as much as 4,096 characters in one, for services that want the context
   */
  readonly split?: Passages.Cut["split"] | undefined
  /** How much of a sample is sent, in seconds; all of it where its transcript is known. Default: 15. */
  readonly referenceSeconds?: number | undefined
  /** What it speaks, as BCP 47 tags. Default: `und`, not known. */
  readonly languages?: ReadonlyArray<string> | undefined
  /** How long one request may take. Default: 5 minutes. */
  readonly timeout?: Duration.Input | undefined
}

/** Bytes of one answer. A passage of 4,096 characters at 48,000 Hz takes about half of it. */
const answerLimit = 64 * 1024 * 1024
/** Bytes of a complaint that are read. */
const complaintLimit = 16 * 1024
/** How often one request is repeated when the service is busy or away. */
const repeats = 3
/** No longer than this is waited at the service's request. */
const longestWait = Duration.minutes(5)
/** OpenAI's limit. */
const textLimit = 4_096

const misconfigured = (detail: string) => new EngineUnavailable({ retryable: false, detail })

const isLoopback = (host: string) => host === "localhost" || host === "[::1]" || /^127(?:\.\d+){3}$/u.test(host)

/** The address that requests go to, or what is wrong with it. */
const addressOf = ({ allowInsecure, form = "openai", key, url }: Options): Effect.Effect<string, EngineUnavailable> =>
  Effect.suspend(() => {
    if (!URL.canParse(url)) return Effect.fail(misconfigured("The speech service's address is not a URL."))
    const address = new URL(url)
    if (address.protocol !== "http:" && address.protocol !== "https:") {
      return Effect.fail(misconfigured("The speech service's address begins with neither http nor https."))
    }
    if (address.username !== "" || address.password !== "") {
      return Effect.fail(misconfigured("The speech service's address holds a password; keys are given apart from it."))
    }
    if (key !== undefined && address.protocol === "http:" && !isLoopback(address.hostname) && allowInsecure !== true) {
      return Effect.fail(misconfigured("The speech service's key would travel in the clear; its address needs https."))
    }
    const path = address.pathname.replace(/\/$/u, "")
    if (path === "") address.pathname = forms[form].path
    else if (path === "/v1" && form === "openai") address.pathname = forms.openai.path
    return Effect.succeed(address.href)
  })

/** The body, as far as the limit, and whether there was more. */
const readBody = (response: HttpClientResponse.HttpClientResponse, limit: number) =>
  Effect.gen(function* () {
    const chunks: Array<Uint8Array> = []
    let size = 0
    yield* Stream.runForEachWhile(response.stream, (chunk) =>
      Effect.sync(() => {
        chunks.push(chunk)
        size += chunk.length
        return size <= limit
      }),
    )
    const bytes = new Uint8Array(size)
    let at = 0
    for (const chunk of chunks) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    return { bytes, isWhole: size <= limit }
  })

/** The engine. Fails at once where the options make no sense; the service itself is first asked by `ready`. */
export const layer = (
  options: Options,
): Layer.Layer<Synthesizer, EngineUnavailable, HttpClient.HttpClient | AudioDecoder> =>
  Layer.effect(
    Synthesizer,
    Effect.gen(function* () {
      const decoder = yield* AudioDecoder
      // The end of a request's scope closes its connection, whatever was left to read.
      const client = HttpClient.withScope(yield* HttpClient.HttpClient)
      const url = yield* addressOf(options)
      const {
        extra = {},
        form = "openai",
        format = "wav",
        key,
        model,
        pcmRate = 24_000,
        split = "sentence",
        voice,
      } = options
      const fields: Fields = { ...forms[form].fields, ...options.fields }
      const secret = key === undefined ? undefined : Redacted.value(key)
      const cut = { split, limit: split === "text" ? textLimit : utteranceLimit }

      const send = (request: HttpClientRequest.HttpClientRequest) =>
        client.execute(key === undefined ? request : HttpClientRequest.bearerToken(request, key)).pipe(
          Effect.mapError(disconnected),
          Effect.provideService(HttpClient.TracerPropagationEnabled, false),
          // A key and a voice are for nobody else: elsewhere than in node:http, redirects are followed by default.
          Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
        )

      const refuse = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse) {
        const body = yield* Effect.orElseSucceed(readBody(response, complaintLimit), () => ({
          bytes: new Uint8Array(),
        }))
        return refusalOf(response.status, new TextDecoder().decode(body.bytes), fields, secret)
      })

      const ask = Effect.fnUntraced(
        function* (request: HttpClientRequest.HttpClientRequest) {
          const response = yield* send(request)
          if (response.status < 200 || response.status >= 300) {
            const error = yield* refuse(response)
            const after = RetryAfter.parse(response.headers["retry-after"], yield* Clock.currentTimeMillis)
            return { error, after }
          }
          const { bytes, isWhole } = yield* Effect.mapError(readBody(response, answerLimit), disconnected)
          if (!isWhole) {
            return yield* new EngineUnavailable({
              retryable: false,
              detail: "The speech service's answer is too large.",
            })
          }
          const contentType = response.headers["content-type"] ?? ""
          return { speech: yield* audioOf(bytes, { format, pcmRate, contentType }) }
        },
        Effect.scoped,
        Effect.timeoutOrElse({
          duration: options.timeout ?? "5 minutes",
          orElse: () =>
            Effect.fail(
              new EngineUnavailable({ retryable: true, detail: "The speech service did not answer in time." }),
            ),
        }),
        Effect.catchTag("EngineUnavailable", (error) => Effect.succeed({ error, after: undefined })),
      )

      /** Repeats what may get better, so that a busy service does not cost a long text all that is spoken already. */
      const speak = Effect.fnUntraced(function* (request: HttpClientRequest.HttpClientRequest) {
        for (let attempt = 0; ; attempt++) {
          const answer = yield* ask(request)
          if ("speech" in answer) return answer.speech
          const wait = RetryAfter.obey(answer.after, Duration.seconds(2 ** attempt))
          const isWorthIt = answer.error._tag === "EngineUnavailable" && answer.error.retryable
          if (!isWorthIt || attempt === repeats || Duration.isGreaterThan(wait, longestWait)) return yield* answer.error
          yield* Effect.logWarning("The speech service is asked again").pipe(
            Effect.annotateLogs({ reason: answer.error.detail, after: Duration.format(wait) }),
          )
          yield* Effect.sleep(wait)
        }
      })

      const start = Effect.fnUntraced(function* (request: SpeechRequest) {
        yield* Passages.inspect(request.text)
        const sample = yield* reference(decoder, request, options.referenceSeconds ?? 15)
        const constant = { url, form, fields, extra, values: { model, voice, format } }
        const requestOf = requestsOf(constant, sample, request.transcript)
        return Stream.fromIterable(Passages.passages(request.text, cut)).pipe(
          Stream.rechunk(1),
          Stream.mapEffect(
            Effect.fnUntraced(function* ({
              pause,
              progress,
              text,
            }): Effect.fn.Return<{ readonly pcm: Int16Array<ArrayBuffer>; readonly progress: number }, SynthesisError> {
              return { pcm: yield* finishSpeech(yield* speak(requestOf(text)), pause), progress }
            }),
          ),
        )
      })

      return Synthesizer.of({
        description: {
          name: "http",
          version: model ?? "default model",
          languages: options.languages ?? ["und"],
          kind: "neural",
          summary: "A speech service over HTTP imitates the sample; how well, and in which languages, is up to it.",
        },
        // Speaking may cost money. That something answers, and takes the key, is as much as can be known without.
        ready: send(HttpClientRequest.get(url)).pipe(
          Effect.flatMap((response) =>
            response.status >= 500 || response.status === 401 || response.status === 403
              ? Effect.flatMap(refuse(response), (error) => Effect.fail(error as EngineUnavailable))
              : Effect.void,
          ),
          Effect.scoped,
          Effect.timeoutOrElse({
            duration: "10 seconds",
            orElse: () =>
              Effect.fail(new EngineUnavailable({ retryable: true, detail: "The speech service does not answer." })),
          }),
        ),
        inspect: decoder.inspect,
        inspectText: Passages.inspect,
        synthesize: (request) => Stream.unwrap(start(request)).pipe(Stream.withSpan("Synthesizer.synthesize")),
      })
    }),
  )
