/**
 * What of a file a request asks for: ranges and the conditions on them, for files that never change.
 *
 * @see RFC 9110, sections 13 and 14
 */

/** What a `Range` header asks for. */
export type ByteRange =
  | { readonly _tag: "Whole" }
  | { readonly _tag: "Part"; readonly offset: number; readonly length: number }
  | { readonly _tag: "Unsatisfiable" }

const whole: ByteRange = { _tag: "Whole" }
const unsatisfiable: ByteRange = { _tag: "Unsatisfiable" }

/**
 * Reads a `Range` header for a file of `size` bytes. Several ranges at once, other units and what is malformed count as
 * no range at all, which the RFC allows.
 *
 * @example
 * ```ts
 * ByteRange.parse("bytes=100-", 1000) // { _tag: "Part", offset: 100, length: 900 }
 * ```
 */
export const parse = (header: string | undefined, size: number): ByteRange => {
  const match = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/iu.exec(header ?? "")
  const [, first = "", last = ""] = match ?? []
  if (first === "" && last === "") return whole
  if (first === "") {
    const length = Math.min(Number(last), size)
    return length === 0 ? unsatisfiable : { _tag: "Part", offset: size - length, length }
  }
  const offset = Number(first)
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== "" && Number(last) < offset) return whole
  return offset >= size ? unsatisfiable : { _tag: "Part", offset, length: end - offset + 1 }
}

/** What tells one version of a file from another. */
export interface Validators {
  /** A strong entity tag, in its quotes. */
  readonly etag: string
  /** As an HTTP date. */
  readonly lastModified: string
}

/** Whether an `If-Range` header lets the range stand: the strong tag, or exactly the date. */
export const ifRange = (header: string | undefined, { etag, lastModified }: Validators): boolean => {
  const given = header?.trim()
  return given === undefined || given === etag || given === lastModified
}

/** Whether an `If-None-Match` header says that the client has this version already. */
export const ifNoneMatch = (header: string | undefined, { etag }: Validators): boolean =>
  (header ?? "").split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//u, "") === etag)
