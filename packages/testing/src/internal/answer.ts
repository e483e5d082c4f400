/**
 * Sends a reply over a socket, or as much of it as it says.
 */
import type * as Http from "node:http"
import type { Reply } from "../Reply.ts"
import { inPieces } from "./bytes.ts"

export interface Hearing {
  /** Called before the connection is closed on the client. */
  readonly onBreakOff: () => void
  /** Called with the size of each piece that the socket has taken. */
  readonly onSent?: (bytes: number) => void
}

/** Sends a reply that is due now. */
export const answer = async (
  reply: Reply,
  response: Http.ServerResponse,
  { onBreakOff, onSent = () => {} }: Hearing,
): Promise<void> => {
  const { body, contentLength = body.byteLength, framing, pieces = [] } = reply
  const isShort = framing === "length" && contentLength > body.byteLength
  const breakOff = reply.breakOff ?? (isShort ? ({ how: "close", at: body.byteLength } as const) : undefined)
  const socket = response.socket
  if (socket === null || socket.destroyed) return
  const breakOffNow = () => {
    if (breakOff === undefined || breakOff.how === "stall") return
    onBreakOff()
    if (breakOff.how === "reset") socket.resetAndDestroy()
    else socket.end()
  }
  if (breakOff?.at === "head") return breakOffNow()
  for (const [name, value] of Object.entries(reply.headers)) response.setHeader(name, value)
  // RFC 9110, section 8.6: never with 204
  if (framing === "length" && reply.status !== 204) response.setHeader("content-length", contentLength)
  if (framing === "close") {
    response.setHeader("connection", "close")
    response.useChunkedEncodingByDefault = false
  }
  response.writeHead(reply.status)
  if (breakOff === undefined && pieces.length === 0) {
    response.end(body)
    return
  }
  response.flushHeaders()
  for (const piece of inPieces(breakOff === undefined ? body : body.subarray(0, breakOff.at), pieces)) {
    if (socket.destroyed) return
    await new Promise<void>((resolve) => response.write(piece, () => resolve()))
    if (!socket.destroyed) onSent(piece.byteLength)
  }
  if (breakOff === undefined) response.end()
  else breakOffNow()
}
