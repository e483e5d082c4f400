/**
 * What a transport's error means to a person, and whether the request can have reached the server.
 */
import type * as HttpClientError from "effect/http/HttpClientError"
import * as Predicate from "effect/Predicate"

const withoutTls = "it does not speak TLS; is it http, not https?"

const reasons: Record<string, string> = {
  ECONNREFUSED: "the connection was refused; nothing listens there",
  ENOTFOUND: "the host name is not known",
  EAI_AGAIN: "the host name cannot be looked up now",
  EHOSTUNREACH: "there is no route to the host",
  ENETUNREACH: "there is no network",
  ETIMEDOUT: "the connection timed out",
  UND_ERR_CONNECT_TIMEOUT: "the connection timed out",
  ECONNRESET: "the connection was reset",
  EPIPE: "the connection was closed",
  UND_ERR_SOCKET: "the connection was closed",
  CERT_HAS_EXPIRED: "its TLS certificate has expired",
  CERT_NOT_YET_VALID: "its TLS certificate is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its TLS certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "its TLS certificate is signed by an unknown authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its TLS certificate is signed by an unknown authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its TLS certificate is signed by an unknown authority",
  ERR_TLS_CERT_ALTNAME_INVALID: "its TLS certificate is for another host",
  ERR_SSL_WRONG_VERSION_NUMBER: withoutTls,
}

/**
 * Codes that say that no connection came to be, so no request was sent. A refusal or a missing route isn't among them:
 * the kernel may report either of a connection that stood (tcp(7)), so there the failed call must have been `connect`.
 */
const unsent = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "ERR_SSL_WRONG_VERSION_NUMBER",
])

const causes = function* (error: unknown): Generator<object> {
  for (let cause = error, depth = 0; Predicate.isObject(cause) && depth < 8; depth++) {
    yield cause
    // a connection attempt to several addresses fails with an error of errors
    const { errors } = cause as { readonly errors?: unknown }
    cause = Array.isArray(errors) && errors.length > 0 ? errors[0] : (cause as { readonly cause?: unknown }).cause
  }
}

const codeOf = (error: unknown): string | undefined => {
  for (const cause of causes(error)) {
    const { code } = cause as { readonly code?: unknown }
    if (Predicate.isString(code)) return code
  }
  return undefined
}

/** Why there was no (whole) answer, as part of a sentence. */
export const reasonOf = (error: HttpClientError.HttpClientError): string => {
  const code = codeOf(error)
  const known = code === undefined ? undefined : reasons[code]
  if (known !== undefined) return known
  let last = ""
  for (const cause of causes(error.reason)) {
    if (cause instanceof Error && cause.message !== "") last = cause.message.trim()
  }
  // some versions of Node.js say it in OpenSSL's words alone
  if (last.includes("wrong version number")) return withoutTls
  return last === "" ? "the connection failed" : last
}

/** Whether the request certainly never left: then even one that costs money may be repeated. */
export const isUnsent = (error: HttpClientError.HttpClientError): boolean =>
  error.reason._tag === "InvalidUrlError" ||
  error.reason._tag === "EncodeError" ||
  unsent.has(codeOf(error) ?? "") ||
  Array.from(causes(error)).some(isHandshake)

/** An error in making the connection: some transports take the body before there is one. */
const isHandshake = (cause: object): boolean =>
  (Predicate.hasProperty(cause, "syscall") && cause.syscall === "connect") ||
  (cause instanceof Error && cause.message.includes("before secure TLS connection was established"))
