/**
 * Whether a request's conditions hold, for files that never change: one that is there is the same for ever.
 *
 * @see RFC 9110, section 13
 */
import * as DateTime from "effect/DateTime"
import * as Headers from "effect/http/Headers"
import * as Result from "effect/Result"

/** What tells one version of a file from another. */
export interface Validators {
  /** A strong entity tag, in its quotes. */
  readonly etag: string
  readonly lastModified: DateTime.Utc
}

/** The headers that make a request conditional. */
export type Conditions = Readonly<Record<string, string | undefined>>

/** In whole seconds, as HTTP dates are; `undefined` where it is none, and the header is to be ignored. */
const seconds = (header: string | undefined): number | undefined =>
  header === undefined
    ? undefined
    : Result.match(Headers.parseHttpDate(header), {
        onFailure: () => undefined,
        onSuccess: (date) => DateTime.toEpochMillis(date) / 1000,
      })

/** The tags of a list. They may hold commas, so they are not to be split at them. */
const tagsOf = (header: string): ReadonlyArray<string> => header.match(/(?:W\/)?"[^"]*"/gu) ?? []

const lists = (header: string, matches: (tag: string) => boolean): boolean =>
  header.trim() === "*" || tagsOf(header).some(matches)

/**
 * What a GET or HEAD is to be answered with: 412 where it insists on another version, 304 where it has this one,
 * 200 otherwise. The order of the conditions is that of section 13.2.2.
 */
export const evaluate = (conditions: Conditions, { etag, lastModified }: Validators): 200 | 304 | 412 => {
  const modified = Math.floor(DateTime.toEpochMillis(lastModified) / 1000)
  const ifMatch = conditions["if-match"]
  if (ifMatch !== undefined) {
    // Strong comparison: a weak tag matches nothing.
    if (!lists(ifMatch, (tag) => tag === etag)) return 412
  } else {
    const unmodifiedSince = seconds(conditions["if-unmodified-since"])
    if (unmodifiedSince !== undefined && modified > unmodifiedSince) return 412
  }
  const ifNoneMatch = conditions["if-none-match"]
  if (ifNoneMatch !== undefined) {
    // Weak comparison: `W/` makes no difference.
    return lists(ifNoneMatch, (tag) => tag.replace(/^W\//u, "") === etag) ? 304 : 200
  }
  const modifiedSince = seconds(conditions["if-modified-since"])
  return modifiedSince !== undefined && modified <= modifiedSince ? 304 : 200
}

/**
 * Whether an `If-Range` header lets the range stand: the strong tag, or exactly the date. The date is a strong validator
 * here, as a file that never changes has no second version within its second.
 */
export const ifRange = (header: string | undefined, { etag, lastModified }: Validators): boolean =>
  header === undefined ||
  header.trim() === etag ||
  seconds(header) === Math.floor(DateTime.toEpochMillis(lastModified) / 1000)
