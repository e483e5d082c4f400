/**
 * A case of the suite for HTTP clients, and what cases have in common.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ensure } from "../../Conformance.ts"
import type { Server } from "../../HttpClientConformance.ts"
import { byteAt, isAt, type Log, type Script, type Seen, type Until } from "./script.ts"

/**
 * What a platform may honestly be without:
 * - `streamed uploads`: a body is sent while it comes into being, and no faster than the server takes it. Without, it is
 *   collected first.
 * - `accept-encoding`: the field is the program's to choose. A browser chooses it.
 * - `redirect status`: which redirect it was, and where to. A browser hides both; any 3xx will do.
 * - `refused redirects`: a body is not sent on to where a redirect leads. A browser's `XMLHttpRequest` sends it, and tells
 *   afterwards; that answer then is no answer.
 * - `reasons`: a refused connection is told apart from one that broke. A browser tells nothing.
 * - `paced answers`: a body is taken no faster than it is read. Firefox takes all there is.
 * - `single sends`: a POST is sent once, even where its connection turns out to be dead. A browser may send it again.
 * - `kept connections`: a connection is used again.
 */
export type Ability =
  | "streamed uploads"
  | "accept-encoding"
  | "redirect status"
  | "refused redirects"
  | "reasons"
  | "paced answers"
  | "single sends"
  | "kept connections"

/** One exchange with the server. */
interface Exchange {
  readonly url: string
  /** What came, once that has come about, or patience has run out. */
  readonly log: (until?: Until) => Effect.Effect<Log>
  /** The first request that came, once that has come about. */
  readonly seen: (until?: Until) => Effect.Effect<Seen>
  /** Lets go on what waits for it. */
  readonly release: Effect.Effect<void>
}

export interface Scene {
  readonly client: HttpClient.HttpClient.With<HttpClientError.HttpClientError, Scope.Scope>
  readonly refusedUrl: string
  readonly lacks: ReadonlyArray<Ability>
  readonly connections: number
  readonly unreadBytes: number
  /** An exchange that is still to come, and how it will be answered. */
  readonly exchange: (script?: Script) => Exchange
  /** Asks for an answer (GET), and gives its head. */
  readonly get: (
    script?: Script,
  ) => Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError, Scope.Scope>
}

export interface HttpCase {
  readonly name: string
  /** Only for platforms that have it. */
  readonly needs?: Ability
  /** Only where the client has a bound on its connections. */
  readonly isBound?: boolean
  readonly check: (scene: Scene) => Effect.Effect<void, unknown, Scope.Scope>
}

interface Setting {
  readonly connections: number | undefined
  readonly lacks: ReadonlyArray<Ability>
  readonly patience: number
  readonly unreadBytes: number
}

export const sceneOf = (
  client: HttpClient.HttpClient,
  { baseUrl, controlUrl, refusedUrl }: Server,
  { connections = Number.POSITIVE_INFINITY, lacks, patience, unreadBytes }: Setting,
): Scene => {
  const scoped = HttpClient.withScope(client)
  const exchange = (script: Script = {}): Exchange => {
    const path = `/${crypto.getRandomValues(new Uint32Array(3)).join("-")}`
    const control = (method: string, query = "") =>
      Effect.promise(() => fetch(`${controlUrl}${path}${query}`, { method, cache: "no-store" }))
    const log = (until: Until = "now") =>
      Effect.flatMap(control("GET", `?until=${until}&patience=${patience}`), (response) =>
        Effect.promise(() => response.json() as Promise<Log>),
      )
    return {
      url: `${baseUrl}${path}?script=${encodeURIComponent(JSON.stringify(script))}`,
      log,
      seen: (until) =>
        Effect.flatMap(log(until), ({ requests: [first] }) =>
          first === undefined ? Effect.die(new Error("no request came")) : Effect.succeed(first),
        ),
      release: Effect.asVoid(control("POST")),
    }
  }
  return {
    client: scoped,
    refusedUrl,
    lacks,
    connections,
    unreadBytes,
    exchange,
    get: (script) => scoped.execute(HttpClientRequest.get(exchange(script).url)),
  }
}

/** What came of a body. */
export interface Received {
  readonly bytes: number
  /** Whether it is how the body begins. */
  readonly isRight: boolean
  /** How its stream ended. */
  readonly exit: Exit.Exit<void, unknown>
}

export const receive = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<Received> =>
  Effect.suspend(() => {
    let bytes = 0
    let isRight = true
    return response.stream.pipe(
      Stream.runForEach((chunk) =>
        Effect.sync(() => {
          isRight &&= isAt(bytes, chunk)
          bytes += chunk.byteLength
        }),
      ),
      Effect.exit,
      Effect.map((exit) => ({ bytes, isRight, exit })),
    )
  })

/** Dies where the body isn't whole, right and of that length. */
export const isWhole = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse, bytes: number) {
  const received = yield* receive(response)
  yield* ensure(
    Exit.isSuccess(received.exit),
    `the body breaks off after ${received.bytes} bytes: ${String(received.exit)}`,
  )
  yield* ensure(received.bytes === bytes, `the body has ${received.bytes} bytes, not ${bytes}`)
  yield* ensure(received.isRight, "the body has other bytes, or in another order")
})

/** Dies where it doesn't fail with an `HttpClientError`; gives that. */
export const isTyped = Effect.fnUntraced(function* (what: string, exit: Exit.Exit<unknown, unknown>) {
  if (Exit.isSuccess(exit)) return yield* Effect.die(new Error(`${what} succeeds`))
  const [failure] = exit.cause.reasons
  if (failure?._tag !== "Fail")
    return yield* Effect.die(new Error(`${what} doesn't fail but dies: ${String(exit.cause)}`))
  yield* ensure(
    Predicate.isTagged(failure.error, "HttpClientError"),
    `${what} fails with something else than an HttpClientError: ${String(failure.error)}`,
  )
  return failure.error as HttpClientError.HttpClientError
})

/** Whether that code stands somewhere in the error's causes. */
export const hasCode = (error: unknown, code: string): boolean => {
  if (!Predicate.isObject(error)) return false
  const { cause, code: own, errors, reason } = error as Record<string, unknown>
  if (own === code) return true
  // a connection attempt to several addresses fails with an error of errors
  return [reason, cause, ...(Array.isArray(errors) ? errors : [])].some((each) => hasCode(each, code))
}

/** A body in chunks of these sizes, the last of which is what is left. */
export const bodyStream = (bytes: number, ...sizes: ReadonlyArray<number>): Stream.Stream<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  let position = 0
  for (const size of [...sizes, bytes - sizes.reduce((sum, one) => sum + one, 0)]) {
    const start = position
    chunks.push(Uint8Array.from({ length: size }, (_, index) => byteAt(start + index)))
    position += size
  }
  return Stream.rechunk(Stream.fromIterable(chunks), 1)
}
