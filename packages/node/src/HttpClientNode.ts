/**
 * The HTTP layer of Node.js: `node:http` with a bounded pool of connections that are kept alive.
 *
 * Never the global `fetch`: it can end the process when a server closes a body that is being held back, and it opens
 * as many sockets as there are requests. undici's own pool was measured too: it takes half as much CPU again for a
 * download, and its releases of today don't run on Node.js 20.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"

export interface Options {
  /**
   * Sockets to one server at the same time, at most. Further requests wait for a free one.
   * @default 64
   */
  readonly connections?: number | undefined
}

/** An `HttpClient` whose sockets close with the layer. */
export const layer = ({ connections = 64 }: Options = {}): Layer.Layer<HttpClient.HttpClient> =>
  NodeHttpClient.layerNodeHttpOptions({ keepAlive: true, maxSockets: connections })
