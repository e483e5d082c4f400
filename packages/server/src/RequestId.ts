/**
 * What a request is called in the log, and in its answer: the client's own `X-Request-Id`, or a random one.
 */
/** The header of both directions. */
export const header = "x-request-id"

/** Nothing that means something to a log, a shell or a page. */
const harmless = /^[\w.:+/=-]{1,128}$/u

/** The request's id. One that could be more than a name is not taken over. */
export const of = (headers: Readonly<Record<string, unknown>>): string => {
  const given = headers[header]
  return typeof given === "string" && harmless.test(given) ? given : crypto.randomUUID()
}
