/**
 * The HTTP contract: what a request and an answer look like on the wire. The server implements it, and the OpenAPI
 * document is generated from it. Wire names are snake_case, as the documented API has them.
 *
 * The client does not use the client that Effect derives from this: a foreign server also sends 206, 416, HTML and
 * half a body, which no contract describes (see `VoiceCloneClient`).
 */
import * as Context from "effect/Context"
import * as Multipart from "effect/http/Multipart"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"

const Detail = { detail: Schema.String }

/** 401 */
export class Unauthorized extends Schema.Error<Unauthorized>("Unauthorized")(Detail, { httpApiStatus: 401 }) {
  static readonly detail = "Invalid or missing API key"
}

/** 403 */
export class Forbidden extends Schema.Error<Forbidden>("Forbidden")(Detail, { httpApiStatus: 403 }) {
  static readonly detail = "Access denied. Task belongs to another user"
}

/** 404 */
export class NotFound extends Schema.Error<NotFound>("NotFound")(Detail, { httpApiStatus: 404 }) {
  static readonly detail = "Task not found or result not available"
}

/** 409: a state, not a failure. */
export class Conflict extends Schema.Error<Conflict>("Conflict")(Detail, { httpApiStatus: 409 }) {
  static detail(status: string) {
    return `Task not completed yet. Current status: ${status}`
  }
}

/** 410 */
export class Gone extends Schema.Error<Gone>("Gone")(Detail, { httpApiStatus: 410 }) {
  static readonly detail = "Task result has expired and is no longer available"
}

/** 408: the upload stood still. */
export class RequestTimeout extends Schema.Error<RequestTimeout>("RequestTimeout")(Detail, { httpApiStatus: 408 }) {}

/** 412: the result is not the one that the request's conditions ask for. */
export class PreconditionFailed extends Schema.Error<PreconditionFailed>("PreconditionFailed")(Detail, {
  httpApiStatus: 412,
}) {}

/** 413: the sample is larger than the server takes. */
export class ContentTooLarge extends Schema.Error<ContentTooLarge>("ContentTooLarge")(Detail, { httpApiStatus: 413 }) {}

/** 415: the sample is not audio. */
export class UnsupportedMediaType extends Schema.Error<UnsupportedMediaType>("UnsupportedMediaType")(Detail, {
  httpApiStatus: 415,
}) {}

/** 422: a field is missing, empty or too long. */
export class UnprocessableContent extends Schema.Error<UnprocessableContent>("UnprocessableContent")(Detail, {
  httpApiStatus: 422,
}) {}

/** 429: this key asks too often, or has too many tasks that have not ended. `Retry-After` says when to come again. */
export class TooManyRequests extends Schema.Error<TooManyRequests>("TooManyRequests")(Detail, {
  httpApiStatus: 429,
}) {}

/**
 * 503: the server is not ready, or its store fails. `Retry-After` says when the same request may go better; where it was to
 * create a task, there is none.
 */
export class ServiceUnavailable extends Schema.Error<ServiceUnavailable>("ServiceUnavailable")(Detail, {
  httpApiStatus: 503,
}) {}

/** Who a request's API key belongs to. A task is its owner's alone. */
export class Owner extends Context.Service<Owner, string>()("voiceclone/VoiceCloneApi/Owner") {}

/** `Authorization: Bearer <API key>` */
export class Authorization extends HttpApiMiddleware.Service<Authorization, { provides: Owner }>()(
  "voiceclone/VoiceCloneApi/Authorization",
  { security: { bearer: HttpApiSecurity.bearer }, error: [Unauthorized, TooManyRequests] },
) {}

/** Answers 422, rather than an empty 400, where a request is not what the contract says. */
export class RequestRead extends HttpApiMiddleware.Service<RequestRead>()("voiceclone/VoiceCloneApi/RequestRead", {
  error: UnprocessableContent,
}) {}

/**
 * What `Idempotency-Key` may hold (draft-ietf-httpapi-idempotency-key-header): 1 to 255 visible ASCII characters. It is
 * compared as it is, quotes included.
 */
export const IdempotencyKey = Schema.String.check(Schema.isPattern(/^[\x21-\x7e]{1,255}$/u))

/** The body of `create-task`, as multipart/form-data. */
export const CreateTaskRequest = Schema.Struct({
  audio_file: Multipart.SingleFileSchema.annotate({ description: "The voice sample: an audio file." }),
  text: Schema.NonEmptyString.annotate({ description: "What the voice shall say." }),
  transcript: Schema.optionalKey(
    Schema.String.annotate({
      description: "What is said in the sample, word for word. Some engines need it, the others ignore it.",
    }),
  ),
  webhook_url: Schema.optionalKey(
    Schema.String.annotate({
      description:
        "Where to POST a message once the task has ended: `task.completed` or `task.failed`, with the status as `data`, " +
        "signed as Standard Webhooks says with the secret of `webhook-secret`.",
    }),
  ),
})

/** The answer to `create-task`. */
export const CreateTaskResponse = Schema.Struct({
  task_id: Schema.NonEmptyString,
})

/** The answer to `task-status`. The documented API promises `status` and, when it failed, `error`. */
export const TaskStatusResponse = Schema.Struct({
  task_id: Schema.optionalKey(Schema.String),
  status: Schema.Literals(["pending", "processing", "completed", "failed"]),
  error: Schema.optionalKey(Schema.String),
  progress: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  queue_position: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
  created_at: Schema.optionalKey(Schema.DateTimeUtcFromString),
  started_at: Schema.optionalKey(Schema.DateTimeUtcFromString),
  completed_at: Schema.optionalKey(Schema.DateTimeUtcFromString),
  expires_at: Schema.optionalKey(Schema.DateTimeUtcFromString),
  engine: Schema.optionalKey(Schema.String),
})

/** The `error` of a task that its owner cancelled: to every client, it has failed. */
export const cancelled = "The task was cancelled"

/** A page of the owner's tasks, the youngest first. */
export const TaskListResponse = Schema.Struct({
  tasks: Schema.Array(TaskStatusResponse),
  /** Present where there are more. */
  next_cursor: Schema.optionalKey(Schema.String),
})

/** What `task-events` sends: whole snapshots, so the latest is all that a client needs. */
export const TaskEvent = Schema.Struct({
  id: Schema.String,
  event: Schema.Literal("status"),
  data: Schema.fromJsonString(TaskStatusResponse),
})

/** The answer to `webhook-secret`: the key that this owner's webhooks are signed with. */
export const WebhookSecretResponse = Schema.Struct({
  secret: Schema.String.annotate({ description: "`whsec_` and the key in base64, as Standard Webhooks has it." }),
})

const taskParams = { task_id: Schema.NonEmptyString }

const described = (description: string) => Schema.optionalKey(Schema.String.annotate({ description }))

const usualName = (name: string): string => name.replace(/(?<![a-z])[a-z]/gu, (letter) => letter.toUpperCase())

/** Header fields are the same in any spelling; the document has the usual one. */
const withUsualNames = (operation: object): object => {
  const { parameters, responses, ...rest } = operation as OpenApi.OpenAPISpecOperation
  const named = <A>(fields: Record<string, A>) =>
    Object.fromEntries(Object.entries(fields).map(([name, field]) => [usualName(name), field]))
  return {
    ...rest,
    parameters: parameters.map((one) => (one.in === "header" ? { ...one, name: usualName(one.name) } : one)),
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, { headers, ...response }]) => [
        status,
        headers === undefined ? response : { ...response, headers: named(headers) },
      ]),
    ),
  }
}

/** What a result is answered with besides, which is no endpoint's success or error for Effect. */
const withPartialAnswers = (operation: object): object => {
  const { responses, ...rest } = withUsualNames(operation) as OpenApi.OpenAPISpecOperation
  const { content, headers } = responses[200]!
  const bytes = { schema: { type: "string", format: "binary" } }
  const range = { schema: { type: "string", description: "`bytes 100-199/4096`: which bytes, and of how many." } }
  return {
    ...rest,
    responses: {
      ...responses,
      206: {
        description: "Partial Content",
        content: { ...content, "multipart/byteranges": bytes },
        headers: { ...headers, "Content-Range": range },
      },
      304: { description: "Not Modified" },
      416: {
        description: "Range Not Satisfiable",
        content: { "application/json": responses[404]!.content!["application/json"]! },
        headers: {
          "Content-Range": { schema: { type: "string", description: "`bytes */4096`: how many there are." } },
        },
      },
    },
  }
}

/** Whoever follows a task has nothing more to hear once that has ended. */
const withNoContent = (operation: object): object => {
  const { responses, ...rest } = withUsualNames(operation) as OpenApi.OpenAPISpecOperation
  return { ...rest, responses: { ...responses, 204: { description: "No Content" } } }
}

/** The calls of a task's life. */
export class AsyncCloneApi extends HttpApiGroup.make("asyncClone")
  .add(
    HttpApiEndpoint.post("createTask", "/create-task", {
      headers: {
        // Judged by the server, which answers 422 rather than 400.
        "idempotency-key": described(
          "1 to 255 visible ASCII characters. The same key with the same sample and text gives the same task, however " +
            "often and whenever it is sent; with another sample, text, transcript or webhook it gives 422. A key lives as long as its task.",
        ),
      },
      payload: CreateTaskRequest.pipe(HttpApiSchema.asMultipartStream()),
      success: HttpApiSchema.WithHeaders(CreateTaskResponse, {
        "idempotency-key": described("The key of the request: the server honours it."),
        "idempotent-replayed": described("`true` where an earlier request with the key made the task."),
      }),
      error: [ContentTooLarge, UnsupportedMediaType, UnprocessableContent, RequestTimeout, ServiceUnavailable],
    })
      .annotate(OpenApi.Summary, "Create a task from a voice sample and a text")
      .annotate(OpenApi.Transform, withUsualNames),
    HttpApiEndpoint.get("taskStatus", "/task-status/:task_id", {
      params: taskParams,
      headers: {
        prefer: described(
          "`wait=N` (RFC 7240) holds the answer until the status changes or N seconds, at most 60, have passed.",
        ),
      },
      success: HttpApiSchema.WithHeaders(TaskStatusResponse, {
        "preference-applied": described("The wait that was granted, e.g. `wait=60`."),
        "retry-after": described("In how many seconds an unfinished task is worth another look."),
      }),
      error: [Forbidden, NotFound],
    })
      .annotate(OpenApi.Summary, "See where a task stands")
      .annotate(OpenApi.Transform, withUsualNames),
    HttpApiEndpoint.get("taskResult", "/task-result/:task_id", {
      params: taskParams,
      headers: {
        range: described(
          "Which bytes: `bytes=100-`, `bytes=-10`, or several at once, which come as multipart/byteranges.",
        ),
        "if-range": described("The strong ETag, or the Last-Modified, that the range is of; else the whole is sent."),
        "if-match": described("A list of ETags, or `*`: 412 where none is the result's."),
        "if-none-match": described("A list of ETags, or `*`: 304 where one is the result's."),
        "if-modified-since": described("304 where the result is no younger. Unread beside `If-None-Match`."),
        "if-unmodified-since": described("412 where the result is younger. Unread beside `If-Match`."),
      },
      success: HttpApiSchema.WithHeaders(HttpApiSchema.StreamUint8Array({ contentType: "audio/wav" }), {
        "repr-digest": described("The SHA-256 of the whole result (RFC 9530), on ranges too: `sha-256=:…:`."),
      }),
      error: [Forbidden, NotFound, Conflict, Gone, PreconditionFailed, ServiceUnavailable],
    })
      .annotate(OpenApi.Summary, "Download the result, whole or a range of it")
      .annotate(OpenApi.Transform, withPartialAnswers),
    HttpApiEndpoint.get("taskEvents", "/task-events/:task_id", {
      params: taskParams,
      headers: {
        "last-event-id": described(
          "The id of the last event that came: where nothing has changed since, none is repeated; where the task has " +
            "ended and that was told, the answer is 204, which ends an EventSource.",
        ),
      },
      success: HttpApiSchema.StreamSse({ events: TaskEvent }),
      error: [Forbidden, NotFound],
    })
      .annotate(OpenApi.Summary, "Follow a task, as server-sent events, until it has ended")
      .annotate(OpenApi.Transform, withNoContent),
    HttpApiEndpoint.get("listTasks", "/tasks", {
      query: {
        status: Schema.optionalKey(TaskStatusResponse.fields.status),
        cursor: described("The `next_cursor` of the page before."),
        limit: Schema.optionalKey(
          Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum: 1000 })).annotate({
            description: "How many at most; 100 where it is not given.",
          }),
        ),
      },
      success: TaskListResponse,
    }).annotate(OpenApi.Summary, "List your tasks, the youngest first"),
    HttpApiEndpoint.delete("deleteTask", "/task/:task_id", {
      params: taskParams,
      success: TaskStatusResponse,
      error: [Forbidden, NotFound, ServiceUnavailable],
    })
      .annotate(OpenApi.Summary, "Cancel a task, or delete its result early")
      .annotate(
        OpenApi.Description,
        "A task that has not ended stops and has then failed. The result of a completed one is deleted and answers 410. " +
          "To repeat the call is safe. The answer is the task's status.",
      ),
    HttpApiEndpoint.get("webhookSecret", "/webhook-secret", { success: WebhookSecretResponse }).annotate(
      OpenApi.Summary,
      "Get the key that your webhooks are signed with",
    ),
  )
  .middleware(RequestRead)
  .middleware(Authorization)
  .prefix("/async-clone")
  .annotate(OpenApi.Title, "Tasks") {}

const Fine = Schema.Struct({ status: Schema.Literal("ok") })

/** How the server is. Needs no key. */
export class HealthApi extends HttpApiGroup.make("health")
  .add(
    HttpApiEndpoint.get("health", "/health", { success: Fine }).annotate(
      OpenApi.Summary,
      "Whether the process answers",
    ),
    HttpApiEndpoint.get("ready", "/ready", { success: Fine, error: ServiceUnavailable }).annotate(
      OpenApi.Summary,
      "Whether it can take tasks: database and engine answer, and it is not stopping",
    ),
  )
  .annotate(OpenApi.Title, "Health") {}

/** The document, for readers that ignore fields which they don't know: answers may come to have more, and forms may already. */
export const withRoom = (document: object): object =>
  JSON.parse(JSON.stringify(document), (key, value: unknown) =>
    key === "additionalProperties" && value === false ? undefined : value,
  )

/** The whole API. Paths are relative to the base URL, e.g. `http://127.0.0.1:8787/api`. */
export class VoiceCloneApi extends HttpApi.make("voiceclone")
  .add(AsyncCloneApi)
  .add(HealthApi)
  .annotateMerge(
    OpenApi.annotations({
      title: "Voice cloning API",
      description: "Creates speech in the voice of a sample. A task takes minutes; its result is kept for 7 days.",
      transform: withRoom,
    }),
  ) {}
