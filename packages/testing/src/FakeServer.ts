/**
 * The fake API on a real port of this machine: bytes, sockets, resets and all. Needs Node.js.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { once } from "node:events"
import * as Http from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import type { Exchange, FakeApi } from "./FakeApi.ts"
import type { Reply } from "./Reply.ts"

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
 * const client = new VoiceClone({ apiKey: "key", baseUrl: server.baseUrl })
 */
export const start = async (api: FakeApi): Promise<FakeServer> => {
  const sockets = new Set<Socket>()
  let most = 0
  const server = Http.createServer((request, response) => void play(api, request, response))
  server.on("connection", (socket) => {
    sockets.add(socket)
    most = Math.max(most, sockets.size)
    socket.on("close", () => sockets.delete(socket))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  const close = async () => {
    if (!server.listening) return
    const closed = once(server, "close")
    server.close()
    const gone = Array.from(sockets, (socket) => once(socket, "close"))
    for (const socket of sockets) socket.destroy()
    await Promise.all([closed, ...gone])
  }
  return {
    baseUrl: `http://127.0.0.1:${port}/api`,
    connections: {
      get open() {
        return sockets.size
      },
      get most() {
        return most
      },
    },
    close,
    [Symbol.asyncDispose]: close,
  }
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
  const path = new URL(request.url ?? "/", "http://localhost").pathname
  const exchange = api.open({ method: request.method ?? "", path, headers })
  response.on("close", () => exchange.end(response.writableFinished ? "answered" : "aborted"))
  try {
    if (await receive(exchange, request)) await answer(exchange, await Effect.runPromise(exchange.reply), response)
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

const answer = async (exchange: Exchange, reply: Reply, response: Http.ServerResponse): Promise<void> => {
  const delay = Duration.toMillis(reply.delay)
  if (delay > 0) await sleep(delay)
  const { body, contentLength = body.byteLength, framing } = reply
  const isShort = framing === "length" && contentLength > body.byteLength
  const breakOff = reply.breakOff ?? (isShort ? ({ how: "close", at: body.byteLength } as const) : undefined)
  const socket = response.socket
  if (socket === null || socket.destroyed) return
  const breakOffNow = () => {
    if (breakOff === undefined || breakOff.how === "stall") return
    exchange.end("brokenOff")
    if (breakOff.how === "reset") socket.resetAndDestroy()
    else socket.end()
  }
  if (breakOff?.at === "head") return breakOffNow()
  for (const [name, value] of Object.entries(reply.headers)) response.setHeader(name, value)
  if (framing === "length") response.setHeader("content-length", contentLength)
  if (framing === "close") {
    response.setHeader("connection", "close")
    response.useChunkedEncodingByDefault = false
  }
  response.writeHead(reply.status)
  if (breakOff === undefined) {
    response.end(body)
    return
  }
  response.flushHeaders()
  const sent = body.subarray(0, breakOff.at)
  if (sent.byteLength > 0) await new Promise<void>((resolve) => response.write(sent, () => resolve()))
  breakOffNow()
}
