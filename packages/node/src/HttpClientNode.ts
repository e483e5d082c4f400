/**
 * The HTTP layer of Node.js: the undici package with a bounded pool.
 *
 * Never the global `fetch`: it can end the process when a server closes a body that is being held back, and it opens
 * as many sockets as there are requests.
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
  NodeHttpClient.layerUndiciOptions({ connections, connect: { timeout: 10_000 } })
