import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type * as TaskModule from "@voiceclone/core/Task"
import * as VoiceCloneClient from "@voiceclone/core/VoiceCloneClient"
import * as HttpClientNode from "@voiceclone/node/HttpClientNode"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { argument } from "../measured.ts"
import { look, place, retryAfterSeconds, weighs } from "./looks.ts"

const options = { apiKey: "bench", baseUrl: `${place.startsWith("http") ? place : "http://127.0.0.1"}/api` }

const utf8 = new TextEncoder()
const bodies = {
  processing: Stream.succeed(utf8.encode('{"status":"processing"}')),
  completed: Stream.succeed(utf8.encode('{"status":"completed"}')),
}
const headers = weighs ? { "retry-after": String(retryAfterSeconds) } : {}

const transport = HttpClient.make((request, url) =>
  Effect.sync(() => {
    const stream = bodies[look(url.pathname.slice(url.pathname.lastIndexOf("/") + 1))]
    return { request, status: 200, headers, stream } as unknown as HttpClientResponse.HttpClientResponse
  }),
)

const hint = weighs ? { retryAfterMillis: retryAfterSeconds * 1000 } : {}

const client = {
  status: (id: TaskModule.TaskId) =>
    Effect.sync((): TaskModule.Task => {
      const status = look(id)
      return { id, status, reportedStatus: status, ...hint }
    }),
} as unknown as VoiceCloneClient.VoiceCloneClient["Service"]

const nodeHttp = NodeHttpClient.layerNodeHttpNoAgent.pipe(
  Layer.provide(NodeHttpClient.layerAgentOptions({ keepAlive: true, maxSockets: 64 })),
)

const http =
  place === "transport"
    ? Layer.succeed(HttpClient.HttpClient, transport)
    : place.startsWith("http") && argument(3) === "node:http"
      ? nodeHttp
      : HttpClientNode.layer()

/** The client of the place that the arguments name. */
export const layer =
  place === "client"
    ? Layer.succeed(VoiceCloneClient.VoiceCloneClient, client)
    : VoiceCloneClient.layer(options).pipe(Layer.provide(http))
