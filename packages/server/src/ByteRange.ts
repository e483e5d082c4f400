/**
 * Which bytes of a file a request asks for.
 *
 * @see RFC 9110, section 14
 */

/** Bytes in a row. */
export interface Part {
  readonly offset: number
  readonly length: number
}

/** What a `Range` header asks for. */
export type ByteRange =
  | { readonly _tag: "Whole" }
  /** One part, or several in the order in which they were asked for. */
  | { readonly _tag: "Parts"; readonly parts: readonly [Part, ...ReadonlyArray<Part>] }
  | { readonly _tag: "Unsatisfiable" }

const whole: ByteRange = { _tag: "Whole" }
const unsatisfiable: ByteRange = { _tag: "Unsatisfiable" }

/** More ranges than any reader wants at once are an attack (RFC 9110, section 17.15). */
const mostParts = 16

/** Reads one range: `undefined` where it is malformed, `null` where it lies outside the file. */
const readPart = (spec: string, size: number): Part | null | undefined => {
  const [, first, last] = /^(\d*)-(\d*)$/u.exec(spec) ?? []
  if (first === undefined || last === undefined || first + last === "") return undefined
  if (first === "") {
    const length = Math.min(Number(last), size)
    return length === 0 ? null : { offset: size - length, length }
  }
  const offset = Number(first)
  if (last !== "" && Number(last) < offset) return undefined
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1)
  return offset >= size ? null : { offset, length: end - offset + 1 }
}

const overlap = (parts: ReadonlyArray<Part>): boolean => {
  const sorted = parts.toSorted((a, b) => a.offset - b.offset)
  return sorted.some(({ length, offset }, i) => offset + length > (sorted[i + 1]?.offset ?? Infinity))
}

/**
 * Reads a `Range` header for a file of `size` bytes. What is malformed, of another unit, of too many ranges or of ones
 * that overlap counts as no range at all, as the RFC says or allows; of several, those outside the file are left out.
 *
 * @example
 * ```ts
 * ByteRange.parse("bytes=100-", 1000) // { _tag: "Parts", parts: [{ offset: 100, length: 900 }] }
 * ```
 */
export const parse = (header: string | undefined, size: number): ByteRange => {
  const [, set] = /^\s*bytes=(.*)$/iu.exec(header ?? "") ?? []
  const specs = (set ?? "")
    .split(",")
    .map((spec) => spec.trim())
    .filter((spec) => spec !== "")
  if (specs.length === 0 || specs.length > mostParts) return whole
  const parts: Array<Part> = []
  for (const spec of specs) {
    const part = readPart(spec, size)
    if (part === undefined) return whole
    if (part !== null) parts.push(part)
  }
  const [first, ...others] = parts
  if (first === undefined) return unsatisfiable
  return overlap(parts) ? whole : { _tag: "Parts", parts: [first, ...others] }
}

/** A part as `Content-Range` has it. */
export const contentRange = ({ length, offset }: Part, size: number): string =>
  `bytes ${offset}-${offset + length - 1}/${size}`
