/**
 * The HTTP layer of Node.js, each kind of request over what carries it with the least CPU and memory: questions whose
 * answer is JSON, which a batch asks by the thousands, over undici's connections; results, and a question that is the only
 * one, over those of `node:http`; all kept alive and bounded in number. What is created, and so paid for, has a connection
 * of its own.
 *
 * Never the global `fetch`: it can end the process when a server closes a body that is being held back, and it opens
 * as many sockets as there are requests.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as Layer from "effect/Layer"
import type * as Http from "node:http"
import type * as Https from "node:https"
import type { Pool } from "undici"
import { exchange } from "./internal/exchange.ts"

/** How many sockets there may be. */
export interface Options {
  /**
   * Sockets to one server at the same time, at most. Further requests wait for a free one. Results, and create calls,
   * each over a socket of its own, have as many again.
   * @default 64
   */
  readonly connections?: number | undefined
}

/** An `HttpClient` whose sockets close with the layer. */
export const layer = ({ connections = 64 }: Options = {}): Layer.Layer<HttpClient.HttpClient> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.gen(function* () {
      // one of them is the only question's
      const questions = yield* pools(connections - 1)
      let asked = 0
      const results = yield* client({ keepAlive: true, maxSockets: connections })
      // a connection that has been idle may be gone without our knowing: no paid call is trusted to one
      const fresh = yield* client({ keepAlive: false, maxSockets: connections })
      return HttpClient.makeWith<HttpClientError, never, HttpClientError, never>(
        Effect.flatMap((request) => {
          if (request.method === "POST" || request.body._tag !== "Empty") return fresh.execute(request)
          if (request.headers["accept"] !== "application/json") return results.execute(request)
          // undici takes as long to load as some answers take to come: not for one task, whose questions wait for each other
          if (asked > 0 && connections > 1) return questions.execute(request)
          asked++
          return Effect.ensuring(
            results.execute(request),
            Effect.sync(() => asked--),
          )
        }),
        Effect.succeed,
      )
    }),
  )

const undici = Effect.promise(() => import("./internal/undiciPool.ts"))

/** A pool for each server that is called. */
const pools = (connections: number) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Map<string, Pool>()),
      (pools) => Effect.promise(() => Promise.all(Array.from(pools.values(), (pool) => pool.destroy()))),
    ),
    (pools) => {
      return HttpClient.make((request, url, signal) =>
        Effect.suspend(() => {
          const known = pools.get(url.origin)
          if (known !== undefined) return exchange(known, request, url, signal)
          return Effect.flatMap(undici, ({ undiciPool }) => {
            const pool = pools.get(url.origin) ?? undiciPool(url.origin, connections)
            pools.set(url.origin, pool)
            return exchange(pool, request, url, signal)
          })
        }),
      )
    },
  )

type AgentOptions = Pick<Http.AgentOptions, "keepAlive" | "maxSockets">

const client = (options: AgentOptions) =>
  Effect.flatMap(agents(options), (agent) =>
    Effect.provideService(NodeHttpClient.makeNodeHttp, NodeHttpClient.HttpAgent, agent),
  )

/** Each made for the first request that needs it: loading TLS takes as long as Node.js itself takes to start. */
const agents = (options: AgentOptions) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const made: { http?: Http.Agent; https?: Https.Agent } = {}
      return {
        made,
        get http() {
          return (made.http ??= new (process.getBuiltinModule("node:http").Agent)(options))
        },
        get https() {
          return (made.https ??= new (process.getBuiltinModule("node:https").Agent)(options))
        },
      }
    }),
    ({ made }) =>
      Effect.sync(() => {
        made.http?.destroy()
        made.https?.destroy()
      }),
  )
