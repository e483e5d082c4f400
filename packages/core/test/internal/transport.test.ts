import { assert, describe, it } from "@effect/vitest"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as transport from "../../src/internal/transport.ts"

const errorOf = (cause: unknown) =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.TransportError({ request: HttpClientRequest.post("https://voices.test"), cause }),
  })

const system = (code: string, syscall?: string) =>
  Object.assign(new Error(`${syscall} ${code}`), { code, ...(syscall === undefined ? {} : { syscall }) })

describe("A request has certainly never left", () => {
  it.each([
    ["where the connection was refused", system("ECONNREFUSED", "connect")],
    ["where there was no route to connect by", system("EHOSTUNREACH", "connect")],
    ["where connecting took too long", system("ETIMEDOUT", "connect")],
    ["where the name is not known", system("ENOTFOUND", "getaddrinfo")],
    ["where no address took it", new AggregateError([system("ENETUNREACH", "connect")])],
    ["where the certificate is not trusted", system("DEPTH_ZERO_SELF_SIGNED_CERT")],
    ["where the certificate's authority is not known", system("UNABLE_TO_GET_ISSUER_CERT_LOCALLY")],
    ["where the certificate is not valid yet", system("CERT_NOT_YET_VALID")],
    ["where fetch says so in the cause", new TypeError("fetch failed", { cause: system("ECONNREFUSED", "connect") })],
  ])("%s", (_, cause) => assert.isTrue(transport.isUnsent(errorOf(cause))))
})

describe("A request may have been heard", () => {
  // a kernel that gives up on a connection reports the last ICMP message about it, not that time is over (tcp(7))
  it.each([
    ["EHOSTUNREACH", "read"],
    ["ENETUNREACH", "read"],
    ["ECONNREFUSED", "read"],
    ["EHOSTUNREACH", "write"],
    ["ETIMEDOUT", "read"],
    ["ECONNRESET", "read"],
    ["EPIPE", "write"],
  ])("where an open connection ends with %s on %s", (code, syscall) =>
    assert.isFalse(transport.isUnsent(errorOf(system(code, syscall)))),
  )
})
