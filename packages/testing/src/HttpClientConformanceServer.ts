/**
 * The server of the suite for HTTP clients. Needs Node.js; the clients may be elsewhere, e.g. in a page.
 */
import type * as Http from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import type { Server } from "./HttpClientConformance.ts"
import { answer } from "./internal/answer.ts"
import { concat } from "./internal/bytes.ts"
import { gzip } from "./internal/gzip.ts"
import { bodyOf, isAt, type Log, type Script, type Seen, type Until } from "./internal/http/script.ts"
import { listen } from "./internal/listen.ts"
import type { Reply } from "./Reply.ts"

export interface HttpClientConformanceServer extends Server, AsyncDisposable {
  readonly close: () => Promise<void>
}

type Mutable<A> = { -readonly [K in keyof A]: A[K] }

/** One exchange of the suite: every request that came for it. */
interface Exchange {
  readonly requests: Array<Mutable<Seen>>
  mostAtOnce: number
  isReleased: boolean
  /** How much has happened. */
  changes: number
}

/**
 * Starts it on free ports of the loopback interface. Every page may call it.
 *
 * @example
 * await using server = await HttpClientConformanceServer.start()
 * const { baseUrl, controlUrl, refusedUrl } = server // for a suite elsewhere
 */
export const start = async (): Promise<HttpClientConformanceServer> => {
  const exchanges = new Map<string, Exchange>()
  const exchangeOf = (id: string): Exchange => {
    const known = exchanges.get(id)
    if (known !== undefined) return known
    const exchange = { requests: [], mostAtOnce: 0, isReleased: false, changes: 0 }
    exchanges.set(id, exchange)
    return exchange
  }
  const connections = new WeakMap<object, number>()
  let connectionCount = 0
  const numberOf = (socket: object): number => {
    const known = connections.get(socket)
    if (known !== undefined) return known
    connections.set(socket, ++connectionCount)
    return connectionCount
  }

  const stage = await listen((request, response) => {
    if (allow(request, response)) return
    const url = new URL(request.url ?? "/", "http://localhost")
    const script = JSON.parse(url.searchParams.get("script") ?? "{}") as Script
    void play(exchangeOf(url.pathname), script, request, response, numberOf(request.socket))
  })
  const control = await listen((request, response) => {
    if (allow(request, response)) return
    const url = new URL(request.url ?? "/", "http://localhost")
    const exchange = exchangeOf(url.pathname)
    if (request.method === "POST") {
      exchange.isReleased = true
      response.end()
    } else {
      const patience = Number(url.searchParams.get("patience"))
      void settle(exchange, (url.searchParams.get("until") ?? "now") as Until, patience).then(() => {
        const { requests, mostAtOnce } = exchange
        response
          .setHeader("content-type", "application/json")
          .end(JSON.stringify({ requests, mostAtOnce } satisfies Log))
      })
    }
  })
  const refused = await listen(() => {})
  await refused.close()

  const close = async () => {
    await Promise.all([stage.close(), control.close()])
  }
  return {
    baseUrl: stage.origin,
    controlUrl: control.origin,
    refusedUrl: refused.origin,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Lets any page call; `true` where that was all that was asked. */
const allow = ({ headers, method }: Http.IncomingMessage, response: Http.ServerResponse): boolean => {
  response.setHeader("access-control-allow-origin", "*")
  response.setHeader("access-control-expose-headers", "*")
  if (method !== "OPTIONS") return false
  response.setHeader("access-control-allow-methods", headers["access-control-request-method"] ?? "*")
  response.setHeader("access-control-allow-headers", headers["access-control-request-headers"] ?? "*")
  response.writeHead(204).end()
  return true
}

const play = async (
  exchange: Exchange,
  script: Script,
  request: Http.IncomingMessage,
  response: Http.ServerResponse,
  connection: number,
): Promise<void> => {
  const seen: Mutable<Seen> = {
    method: request.method ?? "",
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
    receivedBytes: 0,
    isWhole: false,
    isRight: true,
    form: undefined,
    sentBytes: 0,
    outcome: "open",
    connection,
  }
  const changed = () => void exchange.changes++
  const end = (outcome: Seen["outcome"]) => {
    if (seen.outcome === "open") seen.outcome = outcome
    changed()
  }
  exchange.requests.push(seen)
  const open = exchange.requests.filter(({ outcome }) => outcome === "open").length
  exchange.mostAtOnce = Math.max(exchange.mostAtOnce, open)
  changed()
  response.on("close", () => end(response.writableFinished ? "answered" : "aborted"))
  const released = async () => {
    while (!exchange.isReleased && seen.outcome === "open") await sleep(beatMillis)
  }
  try {
    const received = receive(request, script, seen, changed, released)
    if (script.when === "at once") received.catch(() => end("aborted"))
    else await received
    if (script.when === "released") await released()
    if (script.garbage !== undefined) return void request.socket.end(script.garbage)
    if (script.informational === true) {
      response.writeProcessing()
      response.writeEarlyHints({ link: "</voice>; rel=preload" })
    }
    await answer(replyOf(script), response, {
      onSent: (bytes) => {
        seen.sentBytes += bytes
        changed()
      },
      onBreakOff: () => end("brokenOff"),
    })
  } catch {
    end("aborted")
  }
}

const receive = async (
  request: Http.IncomingMessage,
  { takesBytes = Number.POSITIVE_INFINITY }: Script,
  seen: Mutable<Seen>,
  changed: () => void,
  released: () => Promise<void>,
) => {
  const chunks: Array<Uint8Array> = []
  const type = request.headers["content-type"] ?? ""
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    seen.isRight &&= isAt(seen.receivedBytes, chunk)
    seen.receivedBytes += chunk.byteLength
    if (type.startsWith("multipart/")) chunks.push(chunk)
    changed()
    if (seen.receivedBytes >= takesBytes) await released()
  }
  seen.isWhole = request.complete
  if (chunks.length > 0) {
    const form = await new Response(concat(chunks), { headers: { "content-type": type } }).formData()
    seen.form = Object.fromEntries(
      Array.from(form, ([key, value]) => [
        key,
        typeof value === "string" ? value : `${value.name} ${value.type} ${value.size}`,
      ]),
    )
  }
  changed()
}

/** The pieces in which a large body is sent, so that it shows where it stops. */
const pieceBytes = 64 * 1024

const replyOf = ({ status = 200, headers = {}, bytes = 0, framing = "length", ...script }: Script): Reply => {
  const plain = bodyOf(bytes)
  const body = script.gzip === true ? gzip(plain) : plain
  return {
    status,
    headers: { ...headers, ...(script.gzip === true ? { "content-encoding": "gzip" } : {}) },
    body,
    framing,
    delay: 0,
    pieces: script.pieces ?? Array.from({ length: Math.floor(bytes / pieceBytes) }, () => pieceBytes),
    ...(script.contentLength === undefined ? {} : { contentLength: script.contentLength }),
    ...(script.breakOff === undefined ? {} : { breakOff: script.breakOff }),
  }
}

/** How often is looked whether something has come about. */
const beatMillis = 5

/** So often nothing has happened where nothing more will. Looks are counted, not time: a busy machine delays both. */
const stillBeats = 60

const settle = async (exchange: Exchange, until: Until, patience: number): Promise<void> => {
  const deadline = Date.now() + patience
  const { requests } = exchange
  let quiet = { since: exchange.changes, beats: 0 }
  const isReached = (): boolean => {
    switch (until) {
      case "now":
        return true
      case "whole":
        return requests[0]?.isWhole === true
      case "ended":
        return requests.length > 0 && requests.every(({ outcome }) => outcome !== "open")
      case "still":
        return requests.length > 0 && quiet.beats >= stillBeats
      default:
        return requests.filter(({ outcome }) => outcome === "open").length >= Number(until)
    }
  }
  while (!isReached() && Date.now() < deadline) {
    await sleep(beatMillis)
    quiet =
      quiet.since === exchange.changes ? { ...quiet, beats: quiet.beats + 1 } : { since: exchange.changes, beats: 0 }
  }
}
