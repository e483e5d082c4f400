/**
 * What goes wrong, when, and with which call. A fault turns the right answer into a wrong one, or breaks the exchange
 * off; several on one request add up, in their order.
 */
import type * as Duration from "effect/Duration"
import * as Reply from "./Reply.ts"

/** The calls of the API; `openapi` is its description, which only some servers have. */
export type Call = "create" | "status" | "result" | "list" | "cancel" | "openapi"

/** The first lines of a request. */
export interface RequestHead {
  readonly method: string
  readonly path: string
  /** With its question mark; empty where there is none. */
  readonly query?: string
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** What goes wrong with one request. */
export interface Misbehaviour {
  /** Breaks off while the request is still being read, after so many bytes of its body. */
  readonly whileReceiving?: { readonly how: "reset" | "stall"; readonly afterBytes: number }
  /** Answers this, and does not do what the request asks. */
  readonly instead?: Reply.Reply
  /** What becomes of the answer. */
  readonly answer?: (right: Reply.Reply, request: RequestHead) => Reply.Reply
}

/** A misbehaviour and the requests that it befalls. */
export interface Fault extends Misbehaviour {
  readonly call: Call
  readonly befalls: (attempt: number) => boolean
}

/**
 * Lets a call go wrong: the given attempts at it, counted from 1 over all tasks, or every one.
 *
 * @example
 * FakeApi.make({
 *   faults: [
 *     Fault.on("status", [1, 2], Fault.answer(503)),
 *     Fault.on("result", 1, Fault.reset({ afterSent: 1000 })),
 *   ],
 * })
 */
export const on = (
  call: Call,
  attempts: number | ReadonlyArray<number> | "every",
  misbehaviour: Misbehaviour,
): Fault => ({
  ...misbehaviour,
  call,
  befalls: (attempt) =>
    attempts === "every" || (typeof attempts === "number" ? attempts === attempt : attempts.includes(attempt)),
})

/** What stands in another answer. */
export interface AnswerOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** The `detail` of the JSON. By default what the API documents for the status. */
  readonly detail?: unknown
  /** Another body instead; its `content-type` is for `headers` to tell. */
  readonly body?: Uint8Array<ArrayBuffer> | string
}

/** Another answer, instead of doing what the request asks: a create makes no task, a status call no progress. */
export const answer = (status: number, { headers = {}, detail, body }: AnswerOptions = {}): Misbehaviour => ({
  instead: body === undefined ? Reply.error(status, detail, headers) : Reply.make(status, headers, body),
})

/** A web page, as a proxy or a login sends it. */
export const html = (status = 200, title = "Sign in"): Misbehaviour =>
  answer(status, {
    headers: { "content-type": "text/html; charset=utf-8" },
    body: `<!doctype html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  })

/** The right answer with other header fields beside, or instead of, its own. */
export const headers = (fields: Readonly<Record<string, string>>): Misbehaviour => ({
  answer: (right) => ({ ...right, headers: { ...right.headers, ...fields } }),
})

/** The right answer without these header fields. */
export const without = (...fields: ReadonlyArray<string>): Misbehaviour => ({
  answer: (right) => ({
    ...right,
    headers: Object.fromEntries(Object.entries(right.headers).filter(([name]) => !fields.includes(name))),
  }),
})

/** The right answer, whole, but with a Content-Length that is so many bytes off. */
export const contentLengthOff = (by: number): Misbehaviour => ({
  answer: (right) => ({ ...right, contentLength: right.body.byteLength + by }),
})

/** Only parts of the result (206) are answered so; the whole is answered right. */
export const onParts = ({ answer }: Pick<Misbehaviour, "answer">): Misbehaviour => ({
  answer: (right, request) => (right.status === 206 ? (answer?.(right, request) ?? right) : right),
})

/** The right answer, whole, but without Content-Length. */
export const framing = (framing: "chunked" | "close"): Misbehaviour => ({
  answer: (right) => ({ ...right, framing }),
})

/** The right answer, whole, but in pieces of these sizes, each sent on its own; what is left after them is one more. */
export const inPieces = (pieces: ReadonlyArray<number>): Misbehaviour => ({
  answer: (right) => ({ ...right, pieces }),
})

/** The right answer, late. */
export const late = (delay: Duration.Input): Misbehaviour => ({ answer: (right) => ({ ...right, delay }) })

/**
 * Where an exchange breaks off: while the request is read, or while the answer is sent, after so many bytes of the
 * body. With neither, the whole request is read and nothing is answered.
 */
export type Place = { readonly afterReceived: number } | { readonly afterSent: number } | Record<never, never>

const breakOff = (how: "reset" | "stall", place: Place): Misbehaviour =>
  "afterReceived" in place
    ? { whileReceiving: { how, afterBytes: place.afterReceived } }
    : { answer: (right) => ({ ...right, breakOff: { how, at: "afterSent" in place ? place.afterSent : "head" } }) }

/** The connection is reset. */
export const reset = (place: Place = {}): Misbehaviour => breakOff("reset", place)

/** The connection stays open and nothing more comes. */
export const stall = (place: Place = {}): Misbehaviour => breakOff("stall", place)

/**
 * The connection is closed, politely, before the body is whole. Where only that close tells the body's end (framing
 * `"close"`), nothing on the way can notice.
 */
export const cutShort = (afterSent: number, framing: Reply.Reply["framing"] = "length"): Misbehaviour => ({
  answer: (right) => ({ ...right, framing, breakOff: { how: "close", at: afterSent } }),
})
