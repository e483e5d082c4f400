/**
 * What a client makes of answers that are in order.
 */
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Stream from "effect/Stream"
import { ensure } from "../../Conformance.ts"
import { gzip } from "../gzip.ts"
import { equal } from "../bytes.ts"
import { bodyStream, type HttpCase, isWhole } from "./HttpCase.ts"
import { bodyOf } from "./script.ts"

export const answers: ReadonlyArray<HttpCase> = [
  {
    name: "gives the status, and the fields by their names in lower case",
    check: Effect.fnUntraced(function* ({ get }) {
      const fields = { ETag: '"strong"', "Content-Range": "bytes 5-9/10", "X-MIXED-case": "Of any, kind" }
      const response = yield* get({ status: 206, headers: fields, bytes: 5 })
      yield* ensure(response.status === 206, `the status is ${response.status}`)
      for (const [name, value] of Object.entries({ ...fields, "Content-Length": "5" })) {
        const came = response.headers[name.toLowerCase()]
        yield* ensure(came === value, `${name} is ${came}`)
      }
    }),
  },
  {
    name: "gives a large field",
    check: Effect.fnUntraced(function* ({ get }) {
      const large = "e".repeat(10_000)
      const { headers } = yield* get({ headers: { etag: large } })
      yield* ensure(headers["etag"] === large, `${headers["etag"]?.length} characters came`)
    }),
  },
  ...(["length", "chunked", "close"] as const).map((framing): HttpCase => ({
    name: `gives all of a body in its order, in whatever pieces it comes (${framing})`,
    check: Effect.fnUntraced(function* ({ get }) {
      for (const bytes of [0, 1, 300_000]) {
        yield* isWhole(yield* get({ bytes, framing, pieces: [1, 3, 20_000, 7, 100_000] }), bytes)
      }
    }),
  })),
  {
    name: "gives a refusal as an answer, with its body",
    check: Effect.fnUntraced(function* ({ get }) {
      for (const status of [400, 401, 403, 404, 409, 410, 416, 422, 429, 500, 502, 503]) {
        const response = yield* get({ status, bytes: 100, headers: { "retry-after": "2" } })
        yield* ensure(response.status === status, `${status} comes as ${response.status}`)
        yield* ensure(response.headers["retry-after"] === "2", `Retry-After is ${response.headers["retry-after"]}`)
        yield* isWhole(response, 100)
      }
    }),
  },
  {
    name: "follows no redirect",
    check: Effect.fnUntraced(function* ({ client, exchange, lacks }) {
      for (const method of ["GET", "POST"] as const) {
        for (const status of [301, 302, 303, 307, 308]) {
          const elsewhere = exchange()
          const { url } = exchange({ status, headers: { location: elsewhere.url } })
          const request = HttpClientRequest.make(method)(url)
          const response = yield* Effect.scoped(
            client.execute(method === "GET" ? request : HttpClientRequest.bodyText(request, "Hello!")),
          )
          const { requests } = yield* elsewhere.log()
          const mayFollow = method === "POST" && lacks.includes("refused redirects")
          yield* ensure(requests.length === 0 || mayFollow, `${method} follows ${status}`)
          if (lacks.includes("redirect status")) {
            const isRedirect = response.status >= 300 && response.status < 400
            yield* ensure(isRedirect, `${method}: ${status} comes as ${response.status}`)
          } else {
            yield* ensure(response.status === status, `${method}: ${status} comes as ${response.status}`)
            yield* ensure(response.headers["location"] === elsewhere.url, `Location: ${response.headers["location"]}`)
          }
        }
      }
    }),
  },
  {
    name: "knows that 204 and 304 have no body",
    check: Effect.fnUntraced(function* ({ get }) {
      for (const script of [{ status: 204 }, { status: 304, bytes: 1000 }]) {
        const response = yield* get({ headers: { etag: '"v1"' }, ...script })
        yield* ensure(response.status === script.status, `${script.status} comes as ${response.status}`)
        yield* isWhole(response, 0)
      }
      yield* isWhole(yield* get({ bytes: 10 }), 10)
    }),
  },
  {
    name: "knows that the answer to HEAD has no body, whatever length it tells",
    check: Effect.fnUntraced(function* ({ client, exchange, get }) {
      const { seen, url } = exchange({ bytes: 1000 })
      const response = yield* client.execute(HttpClientRequest.head(url))
      yield* ensure(response.headers["content-length"] === "1000", `its length: ${response.headers["content-length"]}`)
      yield* isWhole(response, 0)
      const { method } = yield* seen()
      yield* ensure(method === "HEAD", `the method is ${method}`)
      yield* isWhole(yield* get({ bytes: 10 }), 10)
    }),
  },
  {
    name: "waits for the answer behind those before it (1xx)",
    check: Effect.fnUntraced(function* ({ get }) {
      const response = yield* get({ informational: true, bytes: 1000 })
      yield* ensure(response.status === 200, `the status is ${response.status}`)
      yield* isWhole(response, 1000)
    }),
  },
  {
    name: "says of a body that comes as gzip, or of what it was, but not of the one what is true of the other",
    check: Effect.fnUntraced(function* ({ get }) {
      const response = yield* get({ gzip: true, bytes: 100_000 })
      const body = new Uint8Array(yield* response.arrayBuffer)
      const plain = bodyOf(100_000)
      const isEncoded = response.headers["content-encoding"] !== undefined
      const expected = isEncoded ? gzip(plain) : plain
      yield* ensure(equal(body, expected), `it is said to be ${isEncoded ? "encoded" : "plain"}, and isn't`)
      const length = response.headers["content-length"]
      const isTrue = length === undefined || length === String(body.byteLength)
      yield* ensure(isTrue, `its length is said to be ${length}, and is ${body.byteLength}`)
    }),
  },
  {
    name: "hears an answer that comes while the request is still being sent",
    check: Effect.fnUntraced(function* ({ client, exchange }) {
      const { url } = exchange({ status: 401, when: "at once", bytes: 100 })
      const stream = Stream.concat(bodyStream(100_000, 50_000), Stream.drain(Stream.fromEffect(Effect.sleep(50))))
      const body = HttpBody.stream(Stream.concat(stream, bodyStream(100_000)), "application/octet-stream", 200_000)
      const response = yield* client.execute(HttpClientRequest.post(url).pipe(HttpClientRequest.setBody(body)))
      yield* ensure(response.status === 401, `the status is ${response.status}`)
      yield* isWhole(response, 100)
    }),
  },
]
