/**
 * The key and the address that a caller gives, judged before anything is sent: no key may reach a stranger, or a log.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { InvalidInput } from "../TaskError.ts"

/** A key that can stand in a header field. */
export const checkApiKey = Effect.fnUntraced(function* (apiKey: string | Redacted.Redacted | undefined) {
  const key = Redacted.isRedacted(apiKey) ? apiKey : Redacted.make(apiKey ?? "")
  const value = Redacted.value(key)
  if (value === "") {
    return yield* new InvalidInput({
      input: "apiKey",
      reason: "There is no API key",
      nextStep: "Give the key that the server has issued.",
    })
  }
  // anything else cannot stand in a header field (RFC 9110, section 5.5), and its error would show the key
  if (!/^[\x21-\x7e]+$/.test(value)) {
    return yield* new InvalidInput({
      input: "apiKey",
      reason: "The API key has a space, a line break or another character that no key has",
      nextStep: "Copy the key again, without anything around it.",
    })
  }
  return key
})

const loopback = /^(localhost|127(\.\d+){3}|\[::1\]|.*\.localhost)$/

/** An address that a key may be sent to. */
export const checkBaseUrl = Effect.fnUntraced(function* (baseUrl: string, allowInsecure: boolean) {
  const invalid = (reason: string, nextStep: string) => new InvalidInput({ input: "baseUrl", reason, nextStep })
  const example = "Give an address like https://host/api."
  const url = yield* Effect.try({
    try: () => new URL(baseUrl),
    catch: () => invalid(`The base URL ${JSON.stringify(baseUrl)} is not a URL`, example),
  })
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return yield* invalid(`The base URL ${JSON.stringify(baseUrl)} is neither http nor https`, example)
  }
  if (url.username !== "" || url.password !== "") {
    return yield* invalid(
      "The base URL has a user name or password in it",
      "Leave them out; the API key identifies you.",
    )
  }
  if (url.search !== "" || url.hash !== "") {
    return yield* invalid(`The base URL ${JSON.stringify(baseUrl)} has a query or a fragment`, example)
  }
  if (url.protocol === "http:" && !allowInsecure && !loopback.test(url.hostname)) {
    return yield* invalid(
      `The base URL ${url.origin} is plain http, which would send the API key in the clear`,
      "Use https, or allow plain http for a network that you trust (allowInsecure).",
    )
  }
  return url
})
