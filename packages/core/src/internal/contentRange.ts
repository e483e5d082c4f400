/**
 * The `Content-Range` header field (RFC 9110, section 14.4).
 */
export interface ContentRange {
  /** The first and the last byte that is sent; absent in a 416. */
  readonly sent?: { readonly first: number; readonly last: number }
  /** The size of the whole; absent where the server doesn't know it yet (`*`). */
  readonly total?: number
}

/** Whatever is none, or contradicts itself, is `undefined`. */
export const parse = (field: string | undefined): ContentRange | undefined => {
  const match = /^\s*bytes\s+(?:(\d+)-(\d+)|\*)\s*\/\s*(\d+|\*)\s*$/i.exec(field ?? "")
  if (match === null) return undefined
  const total = match[3] === "*" ? undefined : Number(match[3])
  const first = match[1] === undefined ? undefined : Number(match[1])
  const last = match[2] === undefined ? undefined : Number(match[2])
  // beyond these, one number stands for several
  if (![total, first, last].every((count) => count === undefined || Number.isSafeInteger(count))) return undefined
  if (first === undefined || last === undefined) return total === undefined ? undefined : { total }
  if (last < first || (total !== undefined && last >= total)) return undefined
  return { sent: { first, last }, ...(total === undefined ? {} : { total }) }
}
