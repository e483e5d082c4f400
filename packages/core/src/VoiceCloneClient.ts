/**
 * One HTTP call per method, and nothing else: no repeating, no waiting, no policy. Every answer becomes a value or a
 * typed error, whatever the server, or the proxy before it, sends.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
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
import { checkApiKey, checkBaseUrl } from "./internal/credentials.ts"
import * as multipart from "./internal/multipart.ts"
import * as openApi from "./internal/openApi.ts"
import * as redaction from "./internal/redaction.ts"
import { resultResponse } from "./internal/resultResponse.ts"
import * as taskPage from "./internal/taskPage.ts"
import * as timeout from "./internal/timeout.ts"
import * as transport from "./internal/transport.ts"
import * as JobEvent from "./JobEvent.ts"
import type { Sample } from "./Sample.ts"
import { fromWire, type Task, TaskId, type TaskStatus } from "./Task.ts"
import { UploadProgress } from "./UploadProgress.ts"
import {
  AccessDenied,
  type ApiError,
  CallNotOffered,
  type CancelError,
  ConnectionFailed,
  type CreateError,
  CreateOutcomeUnknown,
  InvalidInput,
  type JournalFailed,
  type ListError,
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

/** How long an answer to a create call may still take when we are told to stop in the midst of it. */
const lastWords = "3 seconds"

/** What a client is made from. */
export interface Options {
  /** The key sent as `Authorization: Bearer`. A missing one is an `InvalidInput`, so an unset variable may be given. */
  readonly apiKey: string | Redacted.Redacted | undefined
  /** Where the API begins, e.g. `http://127.0.0.1:8787/api`. By default the hosted service. */
  readonly baseUrl?: string | undefined
  /**
   * What the journal and unfinished downloads call the server: where its address changes, it must be something that
   * doesn't.
   * @default the base URL
   */
  readonly server?: string | undefined
  /**
   * Allows plain `http` to a host that isn't this machine. The key and the voice then travel in the clear.
   * @default false
   */
  readonly allowInsecure?: boolean | undefined
  /**
   * How long to wait for the first byte of an answer, for the rest of one that isn't a result, and for each next byte of
   * one that is.
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
  /**
   * Names this create call, so that a server that knows such keys makes one task of it however often it comes
   * (draft-ietf-httpapi-idempotency-key-header).
   * @default a new one for each call
   */
  readonly idempotencyKey?: string | undefined
  /** Run before the last byte is let go: until it is done, no server can have the whole request; if it fails, none has. */
  readonly onSent?: Effect.Effect<void, JournalFailed | SampleUnreadable> | undefined
}

/** How to ask for a status. */
export interface StatusOptions {
  /** Lets the server hold its answer until the status changes, for so many seconds at most (RFC 7240, `Prefer: wait`). */
  readonly waitSeconds?: number | undefined
}

/** Which of the tasks to list. */
export interface ListOptions {
  /** Only those that stand so. */
  readonly status?: Exclude<TaskStatus, "unknown"> | undefined
  /** The {@link TaskPage.nextCursor} of the page before. */
  readonly cursor?: string | undefined
  /** How many at most; the server has its own limit too. */
  readonly limit?: number | undefined
}

/** Some of the tasks that the API key has created, the youngest first. */
export interface TaskPage {
  readonly tasks: ReadonlyArray<Task>
  /** Where the next page begins; absent on the last one. */
  readonly nextCursor?: string
}

/** Which part of a result to ask for. */
export interface ResultRange {
  /** The first byte wanted. */
  readonly start: number
  /** The last byte wanted; by default the last there is. */
  readonly end?: number | undefined
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
  /** RFC 9530: the digest of the whole result, whatever part of it is sent. */
  readonly reprDigest?: string
  readonly stream: Stream.Stream<Uint8Array, ConnectionFailed>
}

export class VoiceCloneClient extends Context.Service<
  VoiceCloneClient,
  {
    /** The origin and path that every call goes to. */
    readonly baseUrl: string
    /** What the journal and unfinished downloads call the server. */
    readonly server: string
    /**
     * Creates a task. This is the call that costs money: where it was sent and no clear answer came, it fails with
     * `CreateOutcomeUnknown`.
     */
    readonly create: (request: CreateRequest) => Effect.Effect<TaskId, CreateError>
    /**
     * Whether the server keeps one task to one `Idempotency-Key`: it has said so in an answer, or says so in its
     * OpenAPI document. Only then may a create without an answer be repeated, with the same key. Fails where the server
     * can't be asked now.
     */
    readonly honoursIdempotencyKeys: Effect.Effect<boolean, ApiError>
    /** Asks where a task stands. */
    readonly status: (taskId: TaskId, options?: StatusOptions) => Effect.Effect<Task, StatusError>
    /** A page of the API key's own tasks. Not part of the documented API: fails with `CallNotOffered` elsewhere. */
    readonly list: (options?: ListOptions) => Effect.Effect<TaskPage, ListError>
    /**
     * Cancels a task that has not ended, or deletes the result of one that has. Not part of the documented API: fails
     * with `CallNotOffered` elsewhere. To repeat it is safe.
     */
    readonly cancel: (taskId: TaskId) => Effect.Effect<Task, CancelError>
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
  const answerTimeout = yield* timeout.check("answerTimeout", options.answerTimeout ?? Duration.seconds(30))
  const createTimeout = yield* timeout.check("createTimeout", options.createTimeout ?? Duration.minutes(30))
  const plain = yield* HttpClient.HttpClient
  // aborting with the scope also ends a body that is being read
  const scoped = HttpClient.withScope(plain)

  const failed = (reason: string, cause?: unknown) => new ConnectionFailed({ origin: base.origin, reason, cause })

  const send = <R>(
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

  const unanswered = (timeout: Duration.Input) => (error: HttpClientError.HttpClientError | "timeout") =>
    error === "timeout" ? failed(`no answer within ${spell(timeout)}`) : failed(transport.reasonOf(error), error)

  const get = (request: HttpClientRequest.HttpClientRequest, timeout: Duration.Input = answerTimeout) =>
    Effect.mapError(send(scoped, request, timeout), unanswered(timeout))

  const text = (response: HttpClientResponse.HttpClientResponse) => answer.text(response, answerTimeout)

  const redact = redaction.of(Redacted.value(apiKey))
  const detail = (body: string) => answer.detail(body, redact)
  const failure = (response: HttpClientResponse.HttpClientResponse, reason: string) =>
    Effect.flatMap(answer.error(response, reason, redact), Effect.fail)
  const readTask = (taskId: TaskId, wire: unknown) => fromWire(taskId, wire, redact)

  // half a surrogate pair, which a server can put into JSON, cannot stand in a URL
  const taskPath = (call: string, taskId: TaskId) =>
    `/async-clone/${call}/${encodeURIComponent(taskId.replace(/\p{Surrogate}/gu, "\ufffd"))}`

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
    let broken: SampleUnreadable | JournalFailed | undefined
    const meter = JobEvent.meter((sentBytes) => ({ _tag: "Uploading", sentBytes, totalBytes: sample.size }))
    // the body is pulled by the transport, in a fiber that doesn't know who listens here
    const listener = yield* JobEvent.Listener
    const heard = Effect.provideService(JobEvent.Listener, listener)
    const body =
      sample.blob === undefined
        ? yield* multipart.body(sample, request.text, {
            onChunk: (bytes) => heard(meter.count(bytes)),
            onEnd: (request.onSent ?? Effect.void).pipe(
              Effect.andThen(Effect.sync(() => void (handedOver = true))),
              Effect.andThen(heard(meter.finish)),
            ),
            onError: (error) => Effect.sync(() => void (broken = error)),
          })
        : formData(sample.blob, sample.name, request.text)
    const unknown = (reason: string, cause?: unknown) => new CreateOutcomeUnknown({ reason, cause })
    // of a body that the runtime sends by itself nobody sees the last byte leave
    if (sample.blob !== undefined) yield* request.onSent ?? Effect.void
    const idempotencyKey = request.idempotencyKey ?? crypto.randomUUID()
    const sent = send(
      scoped,
      HttpClientRequest.post("/async-clone/create-task", { headers: { "idempotency-key": idempotencyKey } }).pipe(
        HttpClientRequest.setBody(body),
      ),
      createTimeout,
    ).pipe(
      // a form is sent by the runtime itself
      Effect.provideService(
        UploadProgress,
        sample.blob === undefined
          ? undefined
          : (sent, total) =>
              // the frame comes before the sample
              heard(meter.reach(Math.max(0, sent - Math.max(0, total - sample.size)))),
      ),
      Effect.mapError((error) => {
        if (broken !== undefined) return broken
        if (error === "timeout") {
          const waited = spell(createTimeout)
          return handedOver ? unknown(`no answer within ${waited}`) : failed(`the upload was not done within ${waited}`)
        }
        // a request whose last bytes were never asked for cannot have been understood
        const reason = transport.reasonOf(error)
        return !handedOver || transport.isUnsent(error) ? failed(reason, error) : unknown(reason, error)
      }),
    )
    const judge = Effect.fnUntraced(function* (
      response: HttpClientResponse.HttpClientResponse,
      restore: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
    ) {
      if (response.headers["idempotency-key"] === idempotencyKey) hasAcknowledged = true
      const reading = yield* Effect.forkChild(text(response))
      const read = yield* Effect.exit(restore(Fiber.join(reading)))
      // told to stop, with the id of what was paid for on its way
      const received = Exit.isSuccess(read)
        ? read.value
        : Option.getOrElse(yield* Effect.timeoutOption(Fiber.join(reading), lastWords), () => "")
      if (response.status >= 200 && response.status < 300) {
        const created = Option.getOrUndefined(answer.json(received))
        const taskId = Predicate.hasProperty(created, "task_id") ? created.task_id : undefined
        if (Predicate.isString(taskId) && taskId !== "") return TaskId(taskId)
        return yield* unknown(`the server answered ${response.status} without a task id (${detail(received)})`)
      }
      const reason = detail(received)
      if (response.status === 403) return yield* new AccessDenied({ detail: reason })
      // where to look for what was made, as an answer to a form sends browsers
      if (response.status === 302 || response.status === 303) {
        return yield* unknown(`the server answered ${response.status} (${reason})`)
      }
      // a server that is busy says when to come again; any other 5xx may come from a proxy that lost a server at work
      const isBusy = response.status === 503 && response.headers["retry-after"] !== undefined
      if (response.status >= 500 && !isBusy && handedOver) {
        return yield* unknown(`the server answered ${response.status} (${reason})`)
      }
      return yield* failure(response, reason)
    })
    // an answer that has begun names what was paid for
    return yield* Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(restore(sent), (response) => judge(response, restore)),
    )
  }, Effect.scoped)

  let hasAcknowledged = false
  const honoursIdempotencyKeys = Effect.suspend(() =>
    hasAcknowledged
      ? Effect.succeed(true)
      : get(HttpClientRequest.get("/openapi.json", { acceptJson: true })).pipe(
          Effect.flatMap((response) =>
            response.status === 429 || response.status >= 500
              ? failure(response, "its OpenAPI document was asked for")
              : Effect.map(answer.text(response, answerTimeout, openApi.maximumBytes), (document) => {
                  const promised = Option.exists(answer.json(document), openApi.declaresIdempotencyKey)
                  return (hasAcknowledged ||= response.status === 200 && promised)
                }),
          ),
          Effect.scoped,
        ),
  )

  const taskError = Effect.fnUntraced(function* (taskId: TaskId, response: HttpClientResponse.HttpClientResponse) {
    const reason = detail(yield* text(response))
    switch (response.status) {
      case 403:
        return new AccessDenied({ taskId, detail: reason })
      case 404:
        return new TaskNotFound({ taskId, detail: reason })
      default:
        return yield* answer.error(response, reason, redact)
    }
  })

  // made by the thousands, so it does without a scope: a body that is read to its end leaves nothing open
  const status = Effect.fn("VoiceCloneClient.status")(function* (taskId: TaskId, { waitSeconds }: StatusOptions = {}) {
    const headers = waitSeconds === undefined ? {} : { prefer: `wait=${waitSeconds}` }
    const request = HttpClientRequest.get(taskPath("task-status", taskId), { acceptJson: true, headers })
    const timeout = Duration.sum(Duration.fromInputUnsafe(answerTimeout), Duration.seconds(waitSeconds ?? 0))
    const response = yield* Effect.mapError(send(plain, request, timeout), unanswered(timeout))
    if (response.status !== 200) return yield* Effect.flatMap(taskError(taskId, response), Effect.fail)
    const body = yield* text(response)
    const task = Result.flatMap(
      Result.fromOption(answer.json(body), () => `the body is not JSON but ${detail(body)}`),
      (wire) => readTask(taskId, wire),
    )
    if (Result.isFailure(task)) return yield* new UnexpectedResponse({ status: 200, reason: task.failure })
    // a server that holds its answers paces us by that
    const held = response.headers["preference-applied"]?.includes("wait") === true ? { retryAfterMillis: 0 } : {}
    return { ...task.success, ...held, ...(yield* answer.retryAfter(response)) } satisfies Task
  })

  const list = Effect.fn("VoiceCloneClient.list")(function* (options: ListOptions = {}) {
    const asked = Object.entries(options).filter(([, value]) => value !== undefined)
    const response = yield* get(
      HttpClientRequest.get("/async-clone/tasks", { acceptJson: true, urlParams: Object.fromEntries(asked) }),
    )
    if (isNotOffered(response.status)) return yield* new CallNotOffered({ call: "list", status: response.status })
    const body = yield* answer.text(response, answerTimeout, taskPage.maximumBytes)
    if (response.status === 403) return yield* new AccessDenied({ detail: detail(body) })
    if (response.status !== 200) return yield* failure(response, detail(body))
    const page = taskPage.fromWire(Option.getOrUndefined(answer.json(body)), redact)
    if (page === undefined) {
      return yield* new UnexpectedResponse({ status: 200, reason: `the body is no list of tasks but ${detail(body)}` })
    }
    return page
  }, Effect.scoped)

  const cancel = Effect.fn("VoiceCloneClient.cancel")(function* (taskId: TaskId) {
    const response = yield* get(HttpClientRequest.delete(taskPath("task", taskId), { acceptJson: true }))
    const { status: code } = response
    if (code === 405 || code === 501) return yield* new CallNotOffered({ call: "cancel", status: code })
    if (code === 404) {
      // that the path is unknown, or the task: the call that every server has tells which
      yield* status(taskId)
      return yield* new CallNotOffered({ call: "cancel", status: code })
    }
    if (code < 200 || code > 299) return yield* Effect.flatMap(taskError(taskId, response), Effect.fail)
    const task = Result.flatMap(
      Result.fromOption(answer.json(yield* text(response)), () => ""),
      (wire) => readTask(taskId, wire),
    )
    // whatever it says, it has done it
    return Result.isSuccess(task) ? task.success : yield* status(taskId)
  }, Effect.scoped)

  const result = Effect.fn("VoiceCloneClient.result")(function* (taskId: TaskId, range?: ResultRange) {
    const headers = {
      ...(range === undefined ? {} : { range: `bytes=${range.start}-${range.end ?? ""}` }),
      ...(range?.ifRange === undefined ? {} : { "if-range": range.ifRange }),
    }
    const response = yield* get(HttpClientRequest.get(taskPath("task-result", taskId), { headers }))
    switch (response.status) {
      case 200:
      case 206:
        return resultResponse(response.status, response, failed, answerTimeout)
      case 416:
        if (range !== undefined) return resultResponse(416, response, failed, answerTimeout)
        break
      case 409:
        return yield* new TaskNotReady({ taskId, detail: detail(yield* text(response)) })
      case 410:
        return yield* new ResultExpired({ taskId, detail: detail(yield* text(response)) })
    }
    return yield* Effect.flatMap(taskError(taskId, response), Effect.fail)
  })

  return VoiceCloneClient.of({
    baseUrl,
    // one server by two names is one: under the other it would be paid again
    server: options.server ?? baseUrl.replace(/^(https?:\/\/)localhost(?=[:/]|$)/, "$1127.0.0.1"),
    create,
    honoursIdempotencyKeys,
    status,
    list,
    cancel,
    result,
  })
})

/** Every page of {@link VoiceCloneClient}'s `list`, one task after the other. */
export const tasks = (
  client: VoiceCloneClient["Service"],
  options: Pick<ListOptions, "status"> = {},
): Stream.Stream<Task, ListError> =>
  Stream.paginate(undefined as string | undefined, (cursor) =>
    Effect.map(client.list({ ...options, cursor }), ({ tasks, nextCursor }) => [
      tasks,
      // a server that doesn't know the cursor would give the first page for ever
      nextCursor === undefined || nextCursor === cursor ? Option.none() : Option.some(nextCursor),
    ]),
  )

const isNotOffered = (status: number): boolean => status === 404 || status === 405 || status === 501

const spell = (duration: Duration.Input): string => Duration.format(Duration.fromInputUnsafe(duration))

const formData = (blob: Blob, name: string, text: string): HttpBody.HttpBody => {
  const form = new FormData()
  form.append("text", text)
  form.append("audio_file", blob, name)
  return HttpBody.formData(form)
}
