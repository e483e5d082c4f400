/**
 * Answers what never becomes a request of the router's: what is no HTTP, has too large a head, comes too slowly, or
 * expects what nobody here can do. Node's own answers have no body.
 */
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http"
import type { Duplex } from "node:stream"

const statuses: Readonly<Record<string, number>> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 }

/** Answers on the bare connection, and closes it. */
export const answer = (socket: Duplex, status: number): void => {
  const body = JSON.stringify({ detail: STATUS_CODES[status] })
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

/**
 * Answers for the server from here on; and outlives each request that breaks. Node emits a request's error where anybody
 * listened a moment ago, and ends the process where nobody does any more: whoever read the body was told meanwhile that the
 * client is gone.
 */
export const install = (server: Server): void => {
  for (const event of ["request", "checkContinue", "checkExpectation"]) {
    server.on(event, (request: IncomingMessage) => request.on("error", () => {}))
  }
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    // Between the lines of an answer, another would be taken for a piece of it. Node's own handler looks there too.
    const { _httpMessage: underWay } = socket as { readonly _httpMessage?: ServerResponse | null }
    const isAnswered = underWay?.headersSent === true
    if (!socket.writable || isAnswered || error.code === "ECONNRESET") return void socket.destroy()
    answer(socket, statuses[error.code ?? ""] ?? 400)
  })
  // RFC 9110, section 10.1.1: there is but one expectation, 100-continue.
  server.on("checkExpectation", ({ socket }) => answer(socket, 417))
}
