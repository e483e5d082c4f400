/**
 * The documented API on the server's services.
 */
import {
  Authorization,
  IdempotencyKey,
  Owner,
  RequestRead,
  ServiceUnavailable,
  TooManyRequests,
  Unauthorized,
  UnprocessableContent,
  VoiceCloneApi,
  withRoom,
} from "@voiceclone/core/VoiceCloneApi"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpEffect from "effect/http/HttpEffect"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { ApiKeys } from "./ApiKeys.ts"
import type { BlobStoreFailed } from "./BlobStore.ts"
import * as RequestRecord from "./RequestRecord.ts"
import { RequestRate } from "./RequestRate.ts"
import { retryAfter } from "./RetryAfter.ts"
import { ServerConfig } from "./ServerOptions.ts"
import * as Health from "./Health.ts"
import * as TaskDeletion from "./TaskDeletion.ts"
import * as TaskEvents from "./TaskEvents.ts"
import * as TaskList from "./TaskList.ts"
import type { TaskNotCreated } from "./Tasks.ts"
import * as TaskResult from "./TaskResult.ts"
import * as TaskStatus from "./TaskStatus.ts"
import * as Upload from "./Upload.ts"
import { WebhookQueue } from "./WebhookQueue.ts"

/** The contract where this server has it: below `/api`, like the hosted service. */
export const Api = VoiceCloneApi.prefix("/api")

const tooOften = Effect.fnUntraced(function* (wait: Duration.Duration) {
  yield* retryAfter(wait)
  return yield* new TooManyRequests({ detail: "Too many requests with this API key; see Retry-After" })
})

const authorization = Layer.effect(
  Authorization,
  Effect.gen(function* () {
    const keys = yield* ApiKeys
    const rate = yield* RequestRate
    return {
      bearer: Effect.fnUntraced(function* (effect, { credential }) {
        const holder = yield* keys.holderOf(Redacted.value(credential))
        if (Option.isNone(holder)) return yield* new Unauthorized({ detail: Unauthorized.detail })
        const { keyId, owner } = holder.value
        RequestRecord.noteKey(yield* HttpServerRequest, keyId)
        const wait = yield* rate.take(owner)
        if (Option.isSome(wait)) return yield* tooOften(wait.value)
        return yield* Effect.provideService(effect, Owner, owner)
      }),
    }
  }),
)

/** What is wrong with a request, in a sentence. What is wrong with an answer is a defect. */
const requestRead = HttpApiMiddleware.layerSchemaErrorTransform(RequestRead, (error) =>
  error.kind === "Body" || error.kind === "ResponseHeaders"
    ? Effect.die(error)
    : Effect.fail(new UnprocessableContent({ detail: `${places[error.kind]}: ${error.cause.message}` })),
)

const places = {
  Params: "The path is not as it should be",
  Headers: "A header is not as it should be",
  Query: "The query is not as it should be",
  Payload: "The body is not as it should be",
}

/** When one of too many tasks may have ended: a guess. */
const whenTasksEnd = Duration.seconds(30)

/** When a store may be back that is away, or has space again: a guess. */
const whenStoreIsBack = Duration.seconds(5)

/** The same request may go better in a while: surely no task came of it. */
const refusedBy = Effect.fnUntraced(function* (log: string, cause: unknown, detail: string) {
  yield* Effect.logError(log, cause)
  yield* retryAfter(whenStoreIsBack)
  return yield* new ServiceUnavailable({ detail: `${detail}; see Retry-After` })
})

/** A task is created after all that the store does. */
const storeFails = (error: BlobStoreFailed) =>
  error.isMissing === true
    ? Effect.die(error)
    : refusedBy("The store fails a request", error, "The store of samples and results fails")

const databaseRefuses = ({ cause }: TaskNotCreated) =>
  refusedBy("The database takes no task", cause, "The database takes no task")

const isIdempotencyKey = Schema.is(IdempotencyKey)

/** The request's idempotency key, if it has one. Whatever is answered then acknowledges it. */
const acknowledged = Effect.fnUntraced(function* (key: string | undefined) {
  if (key === undefined) return undefined
  if (!isIdempotencyKey(key)) {
    return yield* new UnprocessableContent({ detail: "Idempotency-Key is not 1 to 255 visible ASCII characters" })
  }
  yield* HttpEffect.appendPreResponseHandler((_, response) =>
    Effect.succeed(HttpServerResponse.setHeader(response, "idempotency-key", key)),
  )
  return key
})

const asyncClone = HttpApiBuilder.group(
  Api,
  "asyncClone",
  Effect.fnUntraced(function* (handlers) {
    const accept = yield* Upload.make
    return handlers.handleAll({
      createTask: Effect.fnUntraced(
        function* ({ headers, payload, request }) {
          const key = yield* acknowledged(headers["idempotency-key"])
          const declared = request.headers["content-length"]
          const bytes = declared === undefined ? undefined : Number(declared)
          const { replayed, taskId } = yield* accept(payload, yield* Owner, key, bytes).pipe(
            Effect.tapError((error) => (error instanceof TooManyRequests ? retryAfter(whenTasksEnd) : Effect.void)),
          )
          return HttpApiSchema.withHeaders({
            body: { task_id: taskId },
            headers: replayed ? { "idempotent-replayed": "true" } : {},
          })
        },
        Effect.catchTags({ BlobStoreFailed: storeFails, TaskNotCreated: databaseRefuses }),
      ),
      taskStatus: ({ headers, params }) =>
        Effect.flatMap(Owner, (owner) => TaskStatus.respond(headers.prefer, params.task_id, owner)),
      webhookSecret: () =>
        Effect.gen(function* () {
          const queue = yield* WebhookQueue
          return { secret: yield* queue.secretOf(yield* Owner) }
        }),
      taskEvents: ({ headers, params }) =>
        Effect.flatMap(Owner, (owner) => TaskEvents.respond(headers["last-event-id"], params.task_id, owner)),
      listTasks: ({ query }) => Effect.flatMap(Owner, (owner) => TaskList.respond(query, owner)),
      deleteTask: ({ params }) =>
        Effect.flatMap(Owner, (owner) => TaskDeletion.respond(params.task_id, owner)).pipe(
          Effect.catchTag("BlobStoreFailed", storeFails),
        ),
      taskResult: ({ params, request }) =>
        Effect.flatMap(Owner, (owner) => TaskResult.respond(request, params.task_id, owner)).pipe(
          Effect.catchTag("BlobStoreFailed", storeFails),
        ),
    })
  }),
)

const health = HttpApiBuilder.group(
  Api,
  "health",
  Effect.fnUntraced(function* (handlers) {
    return handlers.handleAll(yield* Health.make)
  }),
)

/** Adds to a description of the API what this server says of the form of `create-task`. */
const withForm = (fields: Record<string, object>) => (document: object) => {
  const whole = withRoom(document) as OpenApi.OpenAPISpec
  const form = whole.paths["/api/async-clone/create-task"]?.post?.requestBody?.content["multipart/form-data"]?.schema
  const { properties } = form as { readonly properties: Record<string, object> }
  for (const [name, words] of Object.entries(fields)) properties[name] = { ...properties[name], ...words }
  return whole
}

const described = Effect.map(ServerConfig, ({ limits }) =>
  Api.annotate(OpenApi.Transform, withForm(Upload.describe(limits))),
)

/** The API's routes. */
export const layer = Layer.unwrap(
  Effect.map(described, (api) => HttpApiBuilder.layer(api, { openapiPath: "/api/openapi.json" })),
).pipe(Layer.provide([asyncClone, health]), Layer.provide([authorization, requestRead]))
