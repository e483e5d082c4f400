/**
 * Counts and logs every request once it is over: the last byte is sent, or the client is gone. It listens to Node's
 * server itself, because only there it is known how much was sent, and when.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as References from "effect/References"
import type { IncomingMessage, Server as NodeServer, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import * as Log from "./Log.ts"
import * as RequestRecord from "./RequestRecord.ts"
import * as Route from "./Route.ts"

const requests = Metric.counter("voiceclone_http_requests_total", {
  description: "Requests that are over, by route pattern, method and class of the status (aborted: without an answer)",
  incremental: true,
})
const durations = Metric.histogram("voiceclone_http_request_duration_seconds", {
  description: "Time from a request's head to the last byte of its answer, held answers and event streams included",
  boundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  attributes: { unit: "s" },
})
const received = Metric.counter("voiceclone_http_received_bytes_total", {
  description: "Bytes of requests, heads included",
  incremental: true,
  attributes: { unit: "By" },
})
const sent = Metric.counter("voiceclone_http_sent_bytes_total", {
  description: "Bytes of answers, heads included",
  incremental: true,
  attributes: { unit: "By" },
})

const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

/** The series of a kind of requests. There are only so many kinds, whatever is asked for. */
const series = (() => {
  const known = new Map<string, { requests: typeof requests; durations: typeof durations }>()
  return (method: string, route: string, status: string) => {
    const key = `${method} ${route} ${status}`
    const found = known.get(key)
    if (found !== undefined) return found
    const made = {
      requests: Metric.withAttributes(requests, { method, route, status }),
      durations: Metric.withAttributes(durations, { method, route }),
    }
    known.set(key, made)
    return made
  }
})()

interface Traffic {
  readonly read: number
  readonly written: number
}

/** The bytes of a connection that its earlier requests account for. */
const accounted = Symbol("voiceclone/server/RequestWatch/accounted")

const traffic = (socket: Socket & { [accounted]?: Traffic }): Traffic => {
  const { read, written } = socket[accounted] ?? { read: 0, written: 0 }
  const { bytesRead, bytesWritten } = socket
  socket[accounted] = { read: bytesRead, written: bytesWritten }
  return { read: bytesRead - read, written: bytesWritten - written }
}

/** Watches a request that began at a time of `performance`; once, however often it is told to. */
export type Watch = (request: IncomingMessage, response: ServerResponse, began: number) => void

/** Watches the server's requests, with the loggers and the metrics of the context; and whichever others it is given. */
export const watch = (server: NodeServer, context: Context.Context<never>): Watch => {
  const run = Effect.runForkWith(context)
  const least = Context.get(context, References.MinimumLogLevel)
  const isWritten = { Debug: !LogLevel.isLessThan("Debug", least), Info: !LogLevel.isLessThan("Info", least) }
  const direct = Log.direct(Context.get(context, Logger.CurrentLoggers))
  const over = (request: IncomingMessage, response: ServerResponse, socket: Socket, began: number) => {
    // A stop waits for this connection, which would wait for the next request.
    if (!server.listening) setImmediate(() => server.closeIdleConnections())
    const seconds = (performance.now() - began) / 1000
    const { read, written } = traffic(socket)
    const { id, keyId, route = Route.of(request.url ?? ""), span } = RequestRecord.of(request)
    const asked = request.method ?? ""
    const method = methods.has(asked) ? asked : "other"
    const answered = response.headersSent
    const kind = series(method, route, answered ? `${Math.trunc(response.statusCode / 100)}xx` : "aborted")
    kind.requests.updateUnsafe(1, context)
    kind.durations.updateUnsafe(seconds, context)
    received.updateUnsafe(read, context)
    sent.updateUnsafe(written, context)
    const isWell = response.writableFinished && response.statusCode < 400
    const level = isWell && Route.isRoutine(route) ? "Debug" : "Info"
    if (!isWritten[level]) return
    // Not spread together: a busy server does this twenty thousand times a second.
    const annotations: Record<string, string | number | boolean> = { request: id ?? "none", method, route }
    if (answered) annotations["status"] = response.statusCode
    if (!response.writableFinished) annotations["aborted"] = true
    annotations["milliseconds"] = Math.round(seconds * 1e4) / 10
    annotations["received"] = read
    annotations["sent"] = written
    if (keyId !== undefined) annotations["key"] = keyId
    if (direct !== undefined && span === undefined) return direct(level, "Request", annotations)
    const line = Effect.annotateLogs(Effect.logWithLevel(level)("Request"), annotations)
    run(span === undefined ? line : Effect.withParentSpan(line, span))
  }
  const watch: Watch = (request, response, began) => {
    const record = RequestRecord.of(request)
    if (record.isWatched === true) return
    record.isWatched = true
    const { socket } = request
    if (response.closed) return over(request, response, socket, began)
    response.on("close", () => over(request, response, socket, began))
  }
  server.on("request", (request: IncomingMessage, response: ServerResponse) =>
    watch(request, response, performance.now()),
  )
  return watch
}
