/**
 * One HTTP call per method, and nothing else: no repeating, no waiting, no policy. Every answer becomes a value or a
 * typed error, whatever the server, or the proxy before it, sends.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as answer from "./internal/answer.ts"
import * as multipart from "./internal/multipart.ts"
import * as transport from "./internal/transport.ts"
import * as JobEvent from "./JobEvent.ts"
import type { Sample } from "./Sample.ts"
import { fromWire, type Task, TaskId } from "./Task.ts"
import {
  AccessDenied,
  ConnectionFailed,
  type CreateError,
  CreateOutcomeUnknown,
  InvalidInput,
  type ResultError,
  ResultExpired,
  type SampleUnreadable,
  type StatusError,
  TaskNotFound,
  TaskNotReady,
  UnexpectedResponse,
} from "./TaskError.ts"

/** Where the hosted service answers. */
export const hostedBaseUrl = "https://aivoiceclonefree.com/api"

/** What a client is made from. */
export interface Options {
  /** The key sent as `Authorization: Bearer`. A missing one is an `InvalidInput`, so an unset variable may be given. */
  readonly apiKey: string | Redacted.Redacted | undefined
  /** Where the API begins, e.g. `http://127.0.0.1:8787/api`. By default the hosted service. */
  readonly baseUrl?: string | undefined
  /**
   * Allows plain `http` to a host that isn't this machine. The key and the voice then travel in the clear.
   * @default false
   */
  readonly allowInsecure?: boolean | undefined
  /**
   * How long to wait for the first byte of an answer, and for the rest of one that isn't a result.
   * @default "30 seconds"
   */
  readonly answerTimeout?: Duration.Input | undefined
  /**
   * How long a create call may take, upload included.
   * @default "30 minutes"
   */
  readonly createTimeout?: Duration.Input | undefined
}

/** What to make. */
export interface CreateRequest {
  readonly sample: Sample
  readonly text: string
}

/** Which part of a result to ask for. */
export interface ResultRange {
  /** The first byte wanted. */
  readonly start: number
  /** A strong validator (RFC 9110, section 8.8.1): the part is only sent if the result still is this one. */
  readonly ifRange?: string | undefined
}

/** The head of a result, and its bytes as they come. */
export interface ResultResponse {
  readonly status: 200 | 206 | 416
  /** The Content-Length of this answer, in bytes. */
  readonly contentLength?: number
  readonly contentRange?: string
  readonly contentType?: string
  /** Set where the body isn't the result itself but an encoding of it, such as `gzip`. */
  readonly contentEncoding?: string
  readonly etag?: string
  readonly lastModified?: string
  readonly stream: Stream.Stream<Uint8Array, ConnectionFailed>
}

export class VoiceCloneClient extends Context.Service<
  VoiceCloneClient,
  {
    /** The origin and path that every call goes to. */
    readonly baseUrl: string
    /**
     * Creates a task. This is the call that costs money: where it was sent and no clear answer came, it fails with
     * `CreateOutcomeUnknown`.
     */
    readonly create: (request: CreateRequest) => Effect.Effect<TaskId, CreateError>
    /** Asks where a task stands. */
    readonly status: (taskId: TaskId) => Effect.Effect<Task, StatusError>
    /** Opens a result, or a part of it. The connection lives as long as the scope. */
    readonly result: (taskId: TaskId, range?: ResultRange) => Effect.Effect<ResultResponse, ResultError, Scope.Scope>
  }
>()("voiceclone/VoiceCloneClient") {}

/** The client of one server, on whatever `HttpClient` the runtime has. Fails with `InvalidInput` for options that cannot work. */
export const layer = (options: Options): Layer.Layer<VoiceCloneClient, InvalidInput, HttpClient.HttpClient> =>
  Layer.effect(VoiceCloneClient, make(options))

/** @see {@link layer} */
export const make = Effect.fnUntraced(function* (options: Options) {
  const apiKey = yield* checkApiKey(options.apiKey)
  const base = yield* checkBaseUrl(options.baseUrl ?? hostedBaseUrl, options.allowInsecure ?? false)
  const baseUrl = base.href.replace(/\/+$/, "")
  const answerTimeout = options.answerTimeout ?? Duration.seconds(30)
  const createTimeout = options.createTimeout ?? Duration.minutes(30)
  // aborting with the scope also ends a body that is being read
  const http = HttpClient.withScope(yield* HttpClient.HttpClient)

  const failed = (reason: string, cause?: unknown) => new ConnectionFailed({ origin: base.origin, reason, cause })

  const send = (request: HttpClientRequest.HttpClientRequest, timeout: Duration.Input) =>
    http
      .execute(
        HttpClientRequest.prependUrl(request, baseUrl).pipe(
          HttpClientRequest.bearerToken(apiKey),
          HttpClientRequest.setHeader("accept-encoding", "identity"),
        ),
      )
      .pipe(
        // tracing headers make a browser ask for permission first, which most servers refuse
        Effect.provideService(HttpClient.TracerPropagationEnabled, false),
        Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail("timeout" as const) }),
      )

  const get = (request: HttpClientRequest.HttpClientRequest) =>
    Effect.mapError(send(request, answerTimeout), (error) =>
      error === "timeout"
        ? failed(`no answer within ${Duration.format(Duration.fromInputUnsafe(answerTimeout))}`)
        : failed(transport.reasonOf(error), error),
    )

  const text = (response: HttpClientResponse.HttpClientResponse) => answer.text(response, answerTimeout)

  // a server may quote the key that it refuses; what is as short as a word may stand in any answer
  const key = Redacted.value(apiKey)
  const detail = (body: string) => answer.detail(key.length < 8 ? body : body.replaceAll(key, "<redacted>"))

  const taskPath = (call: string, taskId: TaskId) => `/async-clone/${call}/${encodeURIComponent(taskId)}`

  const create = Effect.fn("VoiceCloneClient.create")(function* (request: CreateRequest) {
    const { sample } = request
    if (request.text.trim() === "") {
      return yield* new InvalidInput({
        input: "text",
        reason: "The text is empty",
        nextStep: "Give the text that the voice shall say.",
      })
    }
    if (sample.size === 0) {
      return yield* new InvalidInput({
        input: "sample",
        reason: `The voice sample ${sample.name} is empty`,
        nextStep: "Give an audio file of a person speaking, 10 seconds or more.",
      })
    }
    // how much of a blob was sent only the runtime knows, so all of it may have been
    let handedOver = sample.blob !== undefined
    let broken: SampleUnreadable | undefined
    const meter = JobEvent.meter((sentBytes) => ({ _tag: "Uploading", sentBytes, totalBytes: sample.size }))
    // the body is pulled by the transport, in a fiber that doesn't know who listens here
    const listener = yield* JobEvent.Listener
    const heard = Effect.provideService(JobEvent.Listener, listener)
    const body =
      sample.blob === undefined
        ? yield* multipart.body(sample, request.text, {
            onChunk: (bytes) => heard(meter.count(bytes)),
            onEnd: Effect.andThen(
              Effect.sync(() => void (handedOver = true)),
              heard(meter.finish),
            ),
            onError: (error) => Effect.sync(() => void (broken = error)),
          })
        : formData(sample.blob, sample.name, request.text)
    const unknown = (reason: string, cause?: unknown) => new CreateOutcomeUnknown({ reason, cause })
    const response = yield* send(
      HttpClientRequest.setBody(HttpClientRequest.post("/async-clone/create-task"), body),
      createTimeout,
    ).pipe(
      Effect.mapError((error) => {
        if (broken !== undefined) return broken
        if (error === "timeout") {
          const waited = Duration.format(Duration.fromInputUnsafe(createTimeout))
          return handedOver ? unknown(`no answer within ${waited}`) : failed(`the upload was not done within ${waited}`)
        }
        // a request whose last bytes were never asked for cannot have been understood
        const reason = transport.reasonOf(error)
        return !handedOver || transport.isUnsent(error) ? failed(reason, error) : unknown(reason, error)
      }),
    )
    const received = yield* text(response)
    if (response.status >= 200 && response.status < 300) {
      const created = Option.getOrUndefined(answer.json(received))
      const taskId = Predicate.hasProperty(created, "task_id") ? created.task_id : undefined
      if (Predicate.isString(taskId) && taskId !== "") return TaskId(taskId)
      return yield* unknown(`the server answered ${response.status} without a task id (${detail(received)})`)
    }
    const reason = detail(received)
    if (response.status === 403) return yield* new AccessDenied({ detail: reason })
    // 503 is said before the work begins; any other 5xx may come from a proxy that lost patience with a server at work
    if (response.status >= 500 && response.status !== 503) {
      return yield* unknown(`the server answered ${response.status} (${reason})`)
    }
    return yield* Effect.flatMap(answer.error(response, reason), Effect.fail)
  }, Effect.scoped)

  const taskError = Effect.fnUntraced(function* (taskId: TaskId, response: HttpClientResponse.HttpClientResponse) {
    const reason = detail(yield* text(response))
    switch (response.status) {
      case 403:
        return new AccessDenied({ taskId, detail: reason })
      case 404:
        return new TaskNotFound({ taskId, detail: reason })
      default:
        return yield* answer.error(response, reason)
    }
  })

  const status = Effect.fn("VoiceCloneClient.status")(function* (taskId: TaskId) {
    const response = yield* get(HttpClientRequest.get(taskPath("task-status", taskId), { acceptJson: true }))
    if (response.status !== 200) return yield* Effect.flatMap(taskError(taskId, response), Effect.fail)
    const body = yield* text(response)
    const task = Result.flatMap(
      Result.fromOption(answer.json(body), () => `the body is not JSON but ${detail(body)}`),
      (wire) => fromWire(taskId, wire),
    )
    if (Result.isFailure(task)) return yield* new UnexpectedResponse({ status: 200, reason: task.failure })
    return { ...task.success, ...(yield* answer.retryAfter(response)) } satisfies Task
  }, Effect.scoped)

  const result = Effect.fn("VoiceCloneClient.result")(function* (taskId: TaskId, range?: ResultRange) {
    const headers = {
      ...(range === undefined ? {} : { range: `bytes=${range.start}-` }),
      ...(range?.ifRange === undefined ? {} : { "if-range": range.ifRange }),
    }
    const response = yield* get(HttpClientRequest.get(taskPath("task-result", taskId), { headers }))
    switch (response.status) {
      case 200:
      case 206:
        return resultResponse(response.status, response, failed)
      case 416:
        if (range !== undefined) return resultResponse(416, response, failed)
        break
      case 409:
        return yield* new TaskNotReady({ taskId, detail: detail(yield* text(response)) })
      case 410:
        return yield* new ResultExpired({ taskId, detail: detail(yield* text(response)) })
    }
    return yield* Effect.flatMap(taskError(taskId, response), Effect.fail)
  })

  return VoiceCloneClient.of({ baseUrl, create, status, result })
})

const formData = (blob: Blob, name: string, text: string): HttpBody.HttpBody => {
  const form = new FormData()
  form.append("text", text)
  form.append("audio_file", blob, name)
  return HttpBody.formData(form)
}

const resultResponse = (
  status: ResultResponse["status"],
  { headers, stream }: HttpClientResponse.HttpClientResponse,
  failed: (reason: string, cause: HttpClientError.HttpClientError) => ConnectionFailed,
): ResultResponse => {
  const field = <K extends string>(key: K, name: string): { readonly [P in K]?: string } => {
    const value = headers[name]
    return (value === undefined ? {} : { [key]: value }) as never
  }
  const contentLength = Number(headers["content-length"] ?? Number.NaN)
  return {
    status,
    ...(Number.isSafeInteger(contentLength) ? { contentLength } : {}),
    ...field("contentRange", "content-range"),
    ...field("contentType", "content-type"),
    ...(headers["content-encoding"] === "identity" ? {} : field("contentEncoding", "content-encoding")),
    ...field("etag", "etag"),
    ...field("lastModified", "last-modified"),
    stream: Stream.mapError(stream, (error) => failed(transport.reasonOf(error), error)),
  }
}

const checkApiKey = Effect.fnUntraced(function* (apiKey: Options["apiKey"]) {
  const key = Redacted.isRedacted(apiKey) ? apiKey : Redacted.make(apiKey ?? "")
  const value = Redacted.value(key)
  if (value === "") {
    return yield* new InvalidInput({
      input: "apiKey",
      reason: "There is no API key",
      nextStep: "Set VOICECLONE_API_KEY, or give apiKey.",
    })
  }
  // anything else cannot stand in a header field (RFC 9110, section 5.5), and its error would show the key
  if (!/^[\x21-\x7e]+$/.test(value)) {
    return yield* new InvalidInput({
      input: "apiKey",
      reason: "The API key has a space, a line break or another character that no key has",
      nextStep: "Copy the key again, without anything around it.",
    })
  }
  return key
})

const loopback = /^(localhost|127(\.\d+){3}|\[::1\]|.*\.localhost)$/

const checkBaseUrl = Effect.fnUntraced(function* (baseUrl: string, allowInsecure: boolean) {
  const invalid = (reason: string, nextStep: string) => new InvalidInput({ input: "baseUrl", reason, nextStep })
  const example = "Give an address like https://host/api."
  const url = yield* Effect.try({
    try: () => new URL(baseUrl),
    catch: () => invalid(`The base URL ${JSON.stringify(baseUrl)} is not a URL`, example),
  })
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return yield* invalid(`The base URL ${JSON.stringify(baseUrl)} is neither http nor https`, example)
  }
  if (url.username !== "" || url.password !== "") {
    return yield* invalid(
      "The base URL has a user name or password in it",
      "Leave them out; the API key identifies you.",
    )
  }
  if (url.search !== "" || url.hash !== "") {
    return yield* invalid(`The base URL ${JSON.stringify(baseUrl)} has a query or a fragment`, example)
  }
  if (url.protocol === "http:" && !allowInsecure && !loopback.test(url.hostname)) {
    return yield* invalid(
      `The base URL ${url.origin} is plain http, which would send the API key in the clear`,
      "Use https, or allow it for a network that you trust: VOICECLONE_ALLOW_INSECURE=1, or allowInsecure: true.",
    )
  }
  return url
})
