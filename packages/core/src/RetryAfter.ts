/**
 * The `Retry-After` header field: seconds, or an HTTP date (RFC 9110, section 10.2.3).
 */
import * as Duration from "effect/Duration"

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
  const field = value?.trim() ?? ""
  const millis = /^[+-]?\d+(\.\d+)?$/.test(field) ? Number(field) * 1000 : parseDate(field) - now
  return Number.isNaN(millis) ? undefined : Math.min(maximumMillis, Math.max(0, Math.round(millis)))
}

/**
 * The delay to keep: the server's hint where it gives one, else our own. A hint of nothing, or of a time that is past,
 * is no leave to call without a pause.
 */
export const obey = (hintMillis: number | undefined, own: Duration.Duration): Duration.Duration =>
  hintMillis === undefined ? own : Duration.millis(Math.max(hintMillis, Math.min(Duration.toMillis(own), 1000)))

/** One of the three forms of RFC 9110, section 5.6.7; `Date.parse` alone sees a date in nearly anything with a digit. */
const parseDate = (field: string): number => {
  if (/^[A-Z][a-z]+day, \d\d-[A-Z][a-z]{2}-\d\d [\d:]{8} GMT$/.test(field)) return Date.parse(field)
  if (/^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$/.test(field)) return Date.parse(field)
  // the form of C's asctime names no zone, and means UTC
  if (/^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4}$/.test(field)) return Date.parse(`${field} GMT`)
  return Number.NaN
}
