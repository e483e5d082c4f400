/**
 * The `Retry-After` header field: seconds, or an HTTP date (RFC 9110, section 10.2.3).
 */

/** No hint is obeyed for longer than this: a server that asks for a century has a bug. */
export const maximumMillis = 60 * 60 * 1000

/**
 * Milliseconds to wait from `now` (milliseconds since the epoch), from 0 to {@link maximumMillis}. Whatever is neither
 * a number of seconds nor a date says nothing: `undefined`.
 *
 * @example
 * parse("120", Date.now()) // 120000
 */
export const parse = (value: string | undefined, now: number): number | undefined => {
  const field = value?.trim()
  if (field === undefined || field === "") return undefined
  const seconds = Number(field)
  const millis = Number.isNaN(seconds) ? Date.parse(field) - now : seconds * 1000
  return Number.isNaN(millis) ? undefined : Math.min(maximumMillis, Math.max(0, Math.round(millis)))
}
