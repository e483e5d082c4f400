/**
 * What the server finds out about a request while it answers it, for the log line that is written once it is over.
 */
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import type * as Tracer from "effect/Tracer"

/** What is known so far. */
export interface RequestRecord {
  /** What it is called; see `RequestId`. */
  id?: string
  /** Which key it bore; see `ApiKeys.KeyHolder`. */
  keyId?: string
  /** The pattern of its path, where whoever answered it knows it; see `Route`. */
  route?: string
  /** Whether it is waited for its end; see `RequestWatch`. */
  isWatched?: boolean
  /** The span that traces it, where requests are traced. */
  span?: Tracer.AnySpan
}

/** On the runtime's own request, which is the same object at both ends. (A WeakMap of so many costs the collector more.) */
const record = Symbol("voiceclone/server/RequestRecord")

/** The record of a runtime's request. */
export const of = (source: object & { [record]?: RequestRecord }): RequestRecord => (source[record] ??= {})

/** Notes which key the request bears. */
export const noteKey = ({ source }: HttpServerRequest, keyId: string): void => {
  of(source).keyId = keyId
}

/** Notes what the request is called, and the span that traces it. */
export const note = ({ source }: HttpServerRequest, id: string, span: Tracer.AnySpan | undefined): void => {
  const noted = of(source)
  noted.id = id
  if (span !== undefined) noted.span = span
}
