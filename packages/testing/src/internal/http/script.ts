/**
 * What the suite for HTTP clients tells its server to do, and what the server tells it of what came: plain data, so that
 * the one can be in a page and the other in Node.js.
 */
import type { BreakOff, Reply } from "../../Reply.ts"

/** How one request is answered. */
export interface Script {
  /** @default 200 */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /**
   * How many bytes the body has; which ones, {@link bodyOf} says.
   * @default 0
   */
  readonly bytes?: number
  /** The body comes as gzip, and says so. */
  readonly gzip?: boolean
  /** @default "length" */
  readonly framing?: Reply["framing"]
  readonly contentLength?: number
  readonly pieces?: ReadonlyArray<number>
  readonly breakOff?: { readonly how: BreakOff; readonly at: "head" | number }
  /** Answers before the answer (1xx). */
  readonly informational?: boolean
  /** What comes instead of HTTP. */
  readonly garbage?: string
  /**
   * When the answer is due.
   * @default "received", when the request has come in full
   */
  readonly when?: "received" | "at once" | "released"
  /** Takes so many bytes of the request, and the rest when it is released. */
  readonly takesBytes?: number
}

/** One request that came. */
export interface Seen {
  readonly method: string
  /** The names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly receivedBytes: number
  /** Whether it has come in full. */
  readonly isWhole: boolean
  /** Whether what has come is how {@link bodyOf} begins. */
  readonly isRight: boolean
  /** Of a whole form: each text, and each file as `name type bytes`. */
  readonly form: Readonly<Record<string, string>> | undefined
  /** How much of the answer's body the socket has taken. */
  readonly sentBytes: number
  readonly outcome: "open" | "answered" | "brokenOff" | "aborted"
  /** The number of the connection that it came by. */
  readonly connection: number
}

/** All that came for one exchange. */
export interface Log {
  readonly requests: ReadonlyArray<Seen>
  /** How many requests were under way at the same time, at most. */
  readonly mostAtOnce: number
}

/**
 * What to wait for before the log is told: the first request in full, the end of all that came, so many requests under
 * way, or that nothing more happens.
 */
export type Until = "now" | "whole" | "ended" | "still" | `${number}`

/** Bytes that differ wherever they stand near each other. */
export const byteAt = (position: number): number =>
  (Math.imul((position >>> 2) + 1, 0x9e37_79b1) >>> ((position & 3) * 8)) & 0xff

export const bodyOf = (bytes: number): Uint8Array<ArrayBuffer> => {
  const body = new DataView(new ArrayBuffer(bytes + 4))
  for (let position = 0; position < bytes; position += 4) {
    body.setUint32(position, Math.imul((position >>> 2) + 1, 0x9e37_79b1), true)
  }
  return new Uint8Array(body.buffer, 0, bytes)
}

/** Whether a chunk is what stands at that place of a body. */
export const isAt = (position: number, chunk: Uint8Array): boolean => {
  for (let index = 0; index < chunk.byteLength; index++) if (chunk[index] !== byteAt(position + index)) return false
  return true
}
