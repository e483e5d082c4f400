/**
 * One HTTP call per method, and nothing else: no repeating, no waiting, no policy. Every answer becomes a value or a
 * typed error, whatever the server, or the proxy before it, sends.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as answer from "./internal/answer.ts"
import { make as makeConnection } from "./internal/connection.ts"
import * as createCall from "./internal/createCall.ts"
import { resultResponse } from "./internal/resultResponse.ts"
import * as taskCall from "./internal/taskCall.ts"
import * as taskPage from "./internal/taskPage.ts"
import type { Sample } from "./Sample.ts"
import type { Task, TaskId, TaskStatus } from "./Task.ts"
import type { TaskCalls } from "./TaskCalls.ts"
import {
  AccessDenied,
  type ApiError,
  CallNotOffered,
  type ConnectionFailed,
  type CreateError,
  type InvalidInput,
  type JournalFailed,
  type ListError,
  type ResultError,
  ResultExpired,
  type SampleUnreadable,
  TaskNotReady,
  UnexpectedResponse,
} from "./TaskError.ts"

export { hostedBaseUrl } from "./internal/connection.ts"

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
  /** Run with the id of the task that was made, uninterruptibly: whoever stops us now would else never hear of it. */
  readonly onCreated?: ((taskId: TaskId) => Effect.Effect<void, JournalFailed>) | undefined
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

/** The calls to one server, each sent once. A task that exists is not lost by an error of any of them. */
export class VoiceCloneClient extends Context.Service<
  VoiceCloneClient,
  TaskCalls["Service"] & {
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
    /** A page of the API key's own tasks. Not part of the documented API: fails with `CallNotOffered` elsewhere. */
    readonly list: (options?: ListOptions) => Effect.Effect<TaskPage, ListError>
    /** Opens a result, or a part of it. The connection lives as long as the scope. */
    readonly result: (taskId: TaskId, range?: ResultRange) => Effect.Effect<ResultResponse, ResultError, Scope.Scope>
  }
>()("voiceclone/VoiceCloneClient") {}

/** The client of one server, on whatever `HttpClient` the runtime has. Fails with `InvalidInput` for options that cannot work. */
export const layer = (options: Options): Layer.Layer<VoiceCloneClient, InvalidInput, HttpClient.HttpClient> =>
  Layer.effect(VoiceCloneClient, make(options))

/** @see {@link layer} */
export const make = Effect.fnUntraced(function* (options: Options) {
  const connection = yield* makeConnection(options)
  const { answerTimeout, baseUrl, detail, failed, failure, get, redact, server, text } = connection
  const { cancel, status } = taskCall.make(connection)
  const { create, honoursIdempotencyKeys } = createCall.make(connection)

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

  const result = Effect.fn("VoiceCloneClient.result")(function* (taskId: TaskId, range?: ResultRange) {
    const headers = {
      ...(range === undefined ? {} : { range: `bytes=${range.start}-${range.end ?? ""}` }),
      ...(range?.ifRange === undefined ? {} : { "if-range": range.ifRange }),
    }
    const response = yield* get(HttpClientRequest.get(taskCall.path("task-result", taskId), { headers }))
    switch (response.status) {
      case 200:
      case 206:
        return resultResponse(response.status, response, failed, redact, answerTimeout)
      case 416:
        if (range !== undefined) return resultResponse(416, response, failed, redact, answerTimeout)
        break
      case 409:
        return yield* new TaskNotReady({ taskId, detail: detail(yield* text(response)) })
      case 410:
        return yield* new ResultExpired({ taskId, detail: detail(yield* text(response)) })
    }
    return yield* taskCall.failure(connection, taskId, response)
  })

  return VoiceCloneClient.of({
    baseUrl,
    server,
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
  Stream.suspend(() => {
    // a server that doesn't know the cursor would give the first page for ever
    const asked = new Set<string | undefined>([undefined])
    return Stream.paginate(undefined as string | undefined, (cursor) =>
      Effect.map(client.list({ ...options, cursor }), ({ tasks, nextCursor }) => {
        const isNew = !asked.has(nextCursor)
        asked.add(nextCursor)
        return [tasks, isNew ? Option.fromUndefinedOr(nextCursor) : Option.none()]
      }),
    )
  })

const isNotOffered = (status: number): boolean => status === 404 || status === 405 || status === 501
