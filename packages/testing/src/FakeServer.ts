/**
 * The fake API on a real port of this machine: bytes, sockets, resets and all. Needs Node.js.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Http from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import type { Exchange, FakeApi } from "./FakeApi.ts"
import { answer } from "./internal/answer.ts"
import { listen } from "./internal/listen.ts"

export interface FakeServer extends AsyncDisposable {
  /** Where the API begins, e.g. `http://127.0.0.1:49152/api`. */
  readonly baseUrl: string
  /** The sockets that clients have opened. */
  readonly connections: {
    /** Open at this moment. */
    readonly open: number
    /** Open at the same moment, at most. */
    readonly most: number
  }
  /** Closes the port and every connection. */
  readonly close: () => Promise<void>
}

/**
 * Plays a scenario on a free port of the loopback interface.
 *
 * @example
 * const api = FakeApi.make()
 * await using server = await FakeServer.start(api)
 * const client = new VoiceClone({ apiKey: "key", baseUrl: server.baseUrl, journal: false })
 */
export const start = async (api: FakeApi): Promise<FakeServer> => {
  const { close, connections, origin } = await listen((request, response) => void play(api, request, response))
  return { baseUrl: `${origin}/api`, connections, close, [Symbol.asyncDispose]: close }
}

/** Plays a scenario for as long as the scope lasts. */
export const make = (api: FakeApi): Effect.Effect<FakeServer, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => start(api)),
    (server) => Effect.promise(() => server.close()),
  )

const play = async (api: FakeApi, request: Http.IncomingMessage, response: Http.ServerResponse): Promise<void> => {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value)
  const { pathname, search } = new URL(request.url ?? "/", "http://localhost")
  const exchange = api.open({ method: request.method ?? "", path: pathname, query: search, headers })
  response.on("close", () => exchange.end(response.writableFinished ? "answered" : "aborted"))
  try {
    if (!(await receive(exchange, request))) return
    const reply = await Effect.runPromise(exchange.reply)
    const delay = Duration.toMillis(reply.delay)
    if (delay > 0) await sleep(delay)
    await answer(reply, response, { onBreakOff: () => exchange.end("brokenOff") })
  } catch (error) {
    // a client that has gone away is recorded as such; anything else is a mistake in the scenario
    if (!request.socket.destroyed) response.writeHead(500).end(String(error))
  }
}

/** Reads the request; `false` where a fault ends it before its end. */
const receive = async ({ whileReceiving, receive, end }: Exchange, request: Http.IncomingMessage) => {
  let left = whileReceiving?.afterBytes ?? Number.POSITIVE_INFINITY
  if (left > 0) {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      receive(chunk.subarray(0, left))
      left -= chunk.byteLength
      if (left <= 0) break
    }
  }
  if (left > 0) return true
  if (whileReceiving?.how === "reset") {
    end("brokenOff")
    request.socket.resetAndDestroy()
  } else {
    // a socket that isn't read at all never tells that the client has gone
    for await (const _ of request) await sleep(trickleMillis)
  }
  return false
}

/** How long a request that stalls takes for each chunk, once it has stalled. */
const trickleMillis = 10
