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

/** Who a request's API key belongs to. A task is its owner's alone. */
export class Owner extends Context.Service<Owner, string>()("voiceclone/VoiceCloneApi/Owner") {}

/** `Authorization: Bearer <API key>` */
export class Authorization extends HttpApiMiddleware.Service<Authorization, { provides: Owner }>()(
  "voiceclone/VoiceCloneApi/Authorization",
  { security: { bearer: HttpApiSecurity.bearer }, error: Unauthorized },
) {}

/** The body of `create-task`, as multipart/form-data. */
export const CreateTaskRequest = Schema.Struct({
  audio_file: Multipart.SingleFileSchema.annotate({ description: "The voice sample: an audio file." }),
  text: Schema.NonEmptyString.annotate({ description: "What the voice shall say." }),
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

const taskParams = { task_id: Schema.NonEmptyString }

/** The calls of a task's life. */
export class AsyncCloneApi extends HttpApiGroup.make("asyncClone")
  .add(
    HttpApiEndpoint.post("createTask", "/create-task", {
      payload: CreateTaskRequest.pipe(HttpApiSchema.asMultipartStream()),
      success: CreateTaskResponse,
      error: [ContentTooLarge, UnsupportedMediaType, UnprocessableContent],
    }).annotate(OpenApi.Summary, "Create a task from a voice sample and a text"),
    HttpApiEndpoint.get("taskStatus", "/task-status/:task_id", {
      params: taskParams,
      success: TaskStatusResponse,
      error: [Forbidden, NotFound],
    }).annotate(OpenApi.Summary, "See where a task stands"),
    HttpApiEndpoint.get("taskResult", "/task-result/:task_id", {
      params: taskParams,
      headers: { range: Schema.optionalKey(Schema.String), "if-range": Schema.optionalKey(Schema.String) },
      success: HttpApiSchema.StreamUint8Array({ contentType: "audio/wav" }),
      error: [Forbidden, NotFound, Conflict, Gone],
    }).annotate(OpenApi.Summary, "Download the result, whole or a range of it"),
  )
  .middleware(Authorization)
  .prefix("/async-clone")
  .annotate(OpenApi.Title, "Tasks") {}

/** The whole API. Paths are relative to the base URL, e.g. `http://127.0.0.1:8787/api`. */
export class VoiceCloneApi extends HttpApi.make("voiceclone")
  .add(AsyncCloneApi)
  .annotateMerge(
    OpenApi.annotations({
      title: "Voice cloning API",
      description: "Creates speech in the voice of a sample. A task takes minutes; its result is kept for 7 days.",
    }),
  ) {}
