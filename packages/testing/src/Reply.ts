/**
 * What the fake API answers: the right answer to begin with, and then whatever the faults make of it.
 */
import type * as Duration from "effect/Duration"

/** How an exchange breaks off: with a TCP reset, with a plain close, or by saying nothing more. */
export type BreakOff = "reset" | "close" | "stall"

export interface Reply {
  /** From 200 to 599. */
  readonly status: number
  /** In lower case. `content-length` is added where `framing` is `"length"`. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array<ArrayBuffer>
  /** How the body's end is told: by its Content-Length, by a last chunk, or only by the connection's close. */
  readonly framing: "length" | "chunked" | "close"
  /**
   * What `content-length` says, where it isn't the truth: more than the body has, and the rest never comes; fewer, and
   * what comes after belongs to nothing.
   */
  readonly contentLength?: number
  /**
   * The sizes of the pieces in which the body is sent, each on its own; what is left after them is one more.
   * @default it is sent at once
   */
  readonly pieces?: ReadonlyArray<number>
  /** How long to wait before the first byte. */
  readonly delay: Duration.Input
  /** How the answer breaks off, if it does: after so many bytes of the body, or before even its first line. */
  readonly breakOff?: { readonly how: BreakOff; readonly at: "head" | number }
}

const utf8 = new TextEncoder()

/** A whole answer, sent at once. */
export const make = (
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array<ArrayBuffer> | string,
): Reply => ({
  status,
  headers,
  body: typeof body === "string" ? utf8.encode(body) : body,
  framing: "length",
  delay: 0,
})

export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply =>
  make(status, { "content-type": "application/json", ...headers }, JSON.stringify(value))

/** The documented `detail` of a status; for others what FastAPI says. */
const details: Record<number, string> = {
  401: "Invalid or missing API key",
  403: "Access denied. Task belongs to another user",
  404: "Task not found or result not available",
  405: "Method Not Allowed",
  409: "Task not completed yet. Current status: processing",
  410: "Task result has expired and is no longer available",
}

/** An error as the API words it: `{"detail": …}`. */
export const error = (
  status: number,
  detail: unknown = details[status] ?? "Something is wrong",
  headers: Readonly<Record<string, string>> = {},
): Reply => json(status, { detail }, headers)
