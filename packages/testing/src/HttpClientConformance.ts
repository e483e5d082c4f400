/**
 * What every `HttpClient` must do that the client of the API stands on: bodies that stream both ways and never end too
 * early unnoticed, interruption that reaches the wire, and nothing sent that nobody asked for.
 *
 * The requests are made as the client of the API makes them: with a scope that they live as long as, and without tracing
 * headers, which Effect adds unless it is told not to (`HttpClient.TracerPropagationEnabled`).
 *
 * @example
 * const server = await HttpClientConformanceServer.start()
 * afterAll(server.close)
 * const client = Effect.map(Layer.build(Layer.fresh(MyHttpClient.layer)), Context.get(HttpClient.HttpClient))
 * for (const { name, check } of HttpClientConformance.cases(client, server)) it.live(name, () => check)
 */
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type * as Scope from "effect/Scope"
import { answers } from "./internal/http/answers.ts"
import { breaks } from "./internal/http/breaks.ts"
import { connections } from "./internal/http/connections.ts"
import { type Ability, type HttpCase, sceneOf } from "./internal/http/HttpCase.ts"
import { requests } from "./internal/http/requests.ts"

export type { Ability } from "./internal/http/HttpCase.ts"

/** Where the suite's server is. `HttpClientConformanceServer` starts one; it can be in another process. */
export interface Server {
  /** Where the client under test is sent to. */
  readonly baseUrl: string
  /** Where the suite asks, by the runtime's own `fetch`, what came. Another origin, so that it waits for no connection. */
  readonly controlUrl: string
  /** Where nothing listens. */
  readonly refusedUrl: string
}

export interface Options {
  /**
   * What the platform doesn't have. The suite then leaves that out, or asks for less.
   * @default nothing
   */
  readonly lacks?: ReadonlyArray<Ability>
  /**
   * How many requests to one server the client has under way at the same time, at most; others wait.
   * @default no case is made of it
   */
  readonly connections?: number
  /**
   * How many bytes of a body may have left one side and not been read by the other: those in sockets, and in the
   * buffers behind them.
   * @default 16 MiB
   */
  readonly unreadBytes?: number
  /**
   * How long the suite waits for what has to come about, in milliseconds.
   * @default 5000
   */
  readonly patience?: number
}

const all: ReadonlyArray<HttpCase> = [...requests, ...answers, ...breaks, ...connections]

/** The cases. `client` is a new client for each of them, for as long as the scope lasts. */
export const cases = <R>(
  client: Effect.Effect<HttpClient.HttpClient, unknown, R | Scope.Scope>,
  server: Server,
  { connections, lacks = [], patience = 5000, unreadBytes = 16 * 1024 * 1024 }: Options = {},
) =>
  all
    .filter(
      ({ isBound, needs }) =>
        (needs === undefined || !lacks.includes(needs)) && (isBound !== true || connections !== undefined),
    )
    .map(({ name, check }) => ({
      name,
      check: Effect.scoped(
        Effect.flatMap(client, (client) =>
          check(sceneOf(client, server, { connections, lacks, patience, unreadBytes })),
        ),
      ).pipe(Effect.provideService(HttpClient.TracerPropagationEnabled, false)),
    }))
