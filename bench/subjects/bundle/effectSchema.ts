import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

const decode = HttpClientResponse.schemaBodyJson(Schema.Struct({ status: Schema.String }))
const program = Effect.andThen(
  Effect.flatMap(HttpClient.get("/"), ({ stream }) => Stream.runCollect(stream)),
  Effect.flatMap(HttpClient.get("/"), decode),
)

Object.assign(globalThis, { subject: () => ManagedRuntime.make(FetchHttpClient.layer).runPromise(program) })
