/**
 * The HTTP layer of Node.js: `node:http` with a bounded pool of connections that are kept alive.
 *
 * Never the global `fetch`: it can end the process when a server closes a body that is being held back, and it opens
 * as many sockets as there are requests. undici's own pool was measured too: it takes half as much CPU again for a
 * download, and its releases of today don't run on Node.js 20.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as Layer from "effect/Layer"

export interface Options {
  /**
   * Sockets to one server at the same time, at most. Further requests wait for a free one. Create calls, each over a
   * socket of its own, have as many again.
   * @default 64
   */
  readonly connections?: number | undefined
}

/** An `HttpClient` whose sockets close with the layer. */
export const layer = ({ connections = 64 }: Options = {}): Layer.Layer<HttpClient.HttpClient> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.gen(function* () {
      const pooled = yield* client({ keepAlive: true, maxSockets: connections })
      // a connection that has been idle may be gone without our knowing: no paid call is trusted to one
      const fresh = yield* client({ keepAlive: false, maxSockets: connections })
      return HttpClient.makeWith<HttpClientError, never, HttpClientError, never>(
        Effect.flatMap((request) => (request.method === "POST" ? fresh : pooled).execute(request)),
        Effect.succeed,
      )
    }),
  )

const client = (options: NodeHttpClient.HttpAgentOptions) =>
  Effect.flatMap(NodeHttpClient.makeAgent(options), (agent) =>
    Effect.provideService(NodeHttpClient.makeNodeHttp, NodeHttpClient.HttpAgent, agent),
  )
