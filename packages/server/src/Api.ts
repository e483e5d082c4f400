/**
 * The documented API on the server's services.
 */
import { Authorization, Owner, Unauthorized, VoiceCloneApi } from "@voiceclone/core/VoiceCloneApi"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { ApiKeys } from "./ApiKeys.ts"
import * as TaskResult from "./TaskResult.ts"
import * as TaskStatus from "./TaskStatus.ts"
import * as Upload from "./Upload.ts"

/** The contract where this server has it: below `/api`, like the hosted service. */
export const Api = VoiceCloneApi.prefix("/api")

const authorization = Layer.effect(
  Authorization,
  Effect.map(ApiKeys, (keys) => ({
    bearer: (effect, { credential }) =>
      Option.match(keys.ownerOf(credential), {
        onNone: () => Effect.fail(new Unauthorized({ detail: Unauthorized.detail })),
        onSome: (owner) => Effect.provideService(effect, Owner, owner),
      }),
  })),
)

const asyncClone = HttpApiBuilder.group(
  Api,
  "asyncClone",
  Effect.fnUntraced(function* (handlers) {
    const accept = yield* Upload.make
    return handlers.handleAll({
      createTask: ({ payload }) =>
        Effect.flatMap(Owner, (owner) => accept(payload, owner)).pipe(
          Effect.map((task_id) => ({ task_id })),
          Effect.catchTag("BlobStoreFailed", Effect.die),
        ),
      taskStatus: ({ params }) =>
        Effect.flatMap(Owner, (owner) => TaskResult.owned(params.task_id, owner)).pipe(
          Effect.flatMap(TaskStatus.describe),
        ),
      taskResult: ({ params, request }) =>
        Effect.flatMap(Owner, (owner) => TaskResult.respond(request, params.task_id, owner)).pipe(
          Effect.catchTag("BlobStoreFailed", Effect.die),
        ),
    })
  }),
)

/** The API's routes. */
export const layer = HttpApiBuilder.layer(Api, { openapiPath: "/api/openapi.json" }).pipe(
  Layer.provide(asyncClone),
  Layer.provide(authorization),
)
