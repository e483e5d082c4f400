/**
 * How a server serves a result: which validators it sends, what it makes of ranges. The documented API promises none of
 * it, so every mixture is met.
 */
import * as Effect from "effect/Effect"
import * as Reply from "./Reply.ts"

export interface Serving {
  /**
   * The entity tag.
   * @default "none"
   */
  readonly etag?: "strong" | "weak" | "none"
  /**
   * Sends `Last-Modified`.
   * @default false
   */
  readonly lastModified?: boolean
  /**
   * Sends `Repr-Digest` (RFC 9530): the right one, or that of something else.
   * @default "none"
   */
  readonly reprDigest?: "right" | "wrong" | "none"
  /**
   * What becomes of `Range: bytes=N-` and `bytes=N-M`.
   * @default "honoured"
   */
  readonly ranges?: "honoured" | "ignored"
  /**
   * What becomes of `If-Range`, where there is an entity tag to compare it with.
   * @default "honoured"
   */
  readonly ifRange?: "honoured" | "ignored"
  /** A part has at most so many bytes. */
  readonly partBytes?: number
}

/** The answer to a result call. */
export const serve = Effect.fnUntraced(function* (
  {
    etag = "none",
    ifRange = "honoured",
    lastModified = false,
    partBytes,
    ranges = "honoured",
    reprDigest = "none",
  }: Serving,
  speech: Uint8Array<ArrayBuffer>,
  version: number,
  always: Readonly<Record<string, string>>,
  asked: Readonly<Record<string, string>>,
): Effect.fn.Return<Reply.Reply> {
  const tag = etag === "none" ? undefined : `${etag === "weak" ? "W/" : ""}"${fingerprint(speech)}"`
  const described = reprDigest === "none" ? undefined : reprDigest === "wrong" ? new Uint8Array(1) : speech
  const headers = {
    ...always,
    ...(tag === undefined ? {} : { etag: tag }),
    ...(lastModified ? { "last-modified": new Date(Date.UTC(2026, 0, 1 + version)).toUTCString() } : {}),
    ...(described === undefined ? {} : { "repr-digest": yield* digest(described) }),
  }
  const total = speech.byteLength
  const [, start, end] = (ranges === "honoured" && /^bytes=(\d+)-(\d*)$/.exec(asked["range"] ?? "")) || []
  const condition = ifRange === "ignored" || tag === undefined ? undefined : asked["if-range"]
  // a weak tag is never the same as another (RFC 9110, section 13.1.5)
  if (start === undefined || (condition !== undefined && (etag === "weak" || condition !== tag))) {
    return Reply.make(200, headers, speech)
  }
  const first = Number(start)
  if (first >= total) {
    const { etag: same } = headers as { readonly etag?: string }
    const fields = { "content-range": `bytes */${total}`, ...(same === undefined ? {} : { etag: same }) }
    return Reply.error(416, "Range not satisfiable", fields)
  }
  const last = Math.min(total - 1, first + (partBytes ?? total) - 1, end === "" ? total : Number(end))
  return Reply.make(
    206,
    { ...headers, "content-range": `bytes ${first}-${last}/${total}` },
    speech.subarray(first, last + 1),
  )
})

/** FNV-1a, which any runtime can do at once. */
const fingerprint = (bytes: Uint8Array): string => {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return `${(hash >>> 0).toString(16)}-${bytes.byteLength}`
}

const digest = (bytes: Uint8Array<ArrayBuffer>): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", bytes)),
    (hash) => `sha-256=:${btoa(String.fromCharCode(...new Uint8Array(hash)))}:`,
  )
