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
  /** The span that traces it, where requests are traced. */
  span?: Tracer.AnySpan
}

/** By the runtime's own request, which is the same object at both ends. */
const records = new WeakMap<object, RequestRecord>()

/** The record of a runtime's request. */
export const of = (source: object): RequestRecord => {
  const known = records.get(source)
  if (known !== undefined) return known
  const record = {}
  records.set(source, record)
  return record
}

/** Notes which key the request bears. */
export const noteKey = ({ source }: HttpServerRequest, keyId: string): void => {
  of(source).keyId = keyId
}

/** Notes what the request is called, and the span that traces it. */
export const note = ({ source }: HttpServerRequest, id: string, span: Tracer.AnySpan | undefined): void => {
  const record = of(source)
  record.id = id
  if (span !== undefined) record.span = span
}
