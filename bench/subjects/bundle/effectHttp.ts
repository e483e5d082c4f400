import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"

const program = Effect.flatMap(HttpClient.get("/"), ({ stream }) => Stream.runCollect(stream))

Object.assign(globalThis, { subject: () => ManagedRuntime.make(FetchHttpClient.layer).runPromise(program) })
