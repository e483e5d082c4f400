/**
 * Cuts off uploads that stand still or trickle: each holds a connection and a file, and costs its sender nothing. Node
 * itself only bounds the time of a request as a whole, and a slow line may need all of that for a large sample.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http"

/** How slow an upload may be. */
export interface Pace {
  /** The least bytes that have to come within {@link time}. */
  readonly bytes: number
  /** In milliseconds. */
  readonly time: number
}

/** A kilobyte each half minute: nobody who means it is slower. */
export const slowest: Pace = { bytes: 1024, time: 30_000 }

/** Watches the server's requests, and gives those that are too slow to `end`. */
export const watch = (
  server: Server,
  pace: Pace,
  end: (request: IncomingMessage, response: ServerResponse) => void,
): void => {
  const begin = (request: IncomingMessage, response: ServerResponse) => {
    // Most requests have no body, and come as a whole.
    if (request.complete || request.method === "GET" || request.method === "HEAD") return
    const { socket } = request
    let seen = socket.bytesRead
    const timer = setInterval(() => {
      if (request.complete || socket.destroyed) return clearInterval(timer)
      // Where we are slow to read, the sender is not to blame.
      if (request.readableFlowing !== false && socket.bytesRead - seen < pace.bytes) {
        clearInterval(timer)
        return end(request, response)
      }
      seen = socket.bytesRead
    }, pace.time)
    timer.unref()
    request.on("close", () => clearInterval(timer))
  }
  server.on("request", begin)
  server.on("checkContinue", begin)
}
