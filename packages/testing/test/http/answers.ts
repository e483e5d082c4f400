/** Clients that give what they weren't given. */
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"
import { gunzipSync } from "node:zlib"
import { call, type HttpSabotage, response, stream } from "./sabotage.ts"

const orders = (framing: string): ReadonlyArray<HttpSabotage> => {
  const caughtBy = `gives all of a body in its order, in whatever pieces it comes (${framing})`
  return [
    [
      caughtBy,
      "drops the last chunk",
      stream((stream) =>
        Stream.unwrap(Effect.map(Stream.runCollect(stream), (all) => Stream.fromIterable(all.slice(0, -1)))),
      ),
    ],
    [
      caughtBy,
      "gives the last chunk first",
      stream((stream) =>
        Stream.unwrap(Effect.map(Stream.runCollect(stream), (all) => Stream.fromIterable(all.toReversed()))),
      ),
    ],
  ]
}

export const answers: ReadonlyArray<HttpSabotage> = [
  [
    "gives the status, and the fields by their names in lower case",
    "has another spelling",
    response(({ headers }) => ({
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value])) as never,
    })),
  ],
  [
    "gives the status, and the fields by their names in lower case",
    "takes parts for the whole",
    response(() => ({ status: 200 })),
  ],
  [
    "gives a large field",
    "shortens fields",
    response(({ headers }) => ({
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, value.slice(0, 8192)]),
      ) as never,
    })),
  ],
  ...["length", "chunked", "close"].flatMap(orders),
  ["gives a refusal as an answer, with its body", "fails instead", HttpClient.filterStatusOk],
  [
    "gives a refusal as an answer, with its body",
    "drops its body",
    response(({ status }) => (status < 400 ? {} : { stream: Stream.empty })),
  ],
  ["follows no redirect", "follows them", HttpClient.followRedirects()],
  [
    "knows that 204 and 304 have no body",
    "makes one up",
    response(({ status }) => (status === 204 || status === 304 ? { stream: Stream.succeed(new Uint8Array(1)) } : {})),
  ],
  [
    "knows that the answer to HEAD has no body, whatever length it tells",
    "makes one up",
    response(({ request }) => (request.method === "HEAD" ? { stream: Stream.succeed(new Uint8Array(1000)) } : {})),
  ],
  [
    "waits for the answer behind those before it (1xx)",
    "takes the first",
    response(({ url }) => (url.includes("informational") ? { status: 103 } : {})),
  ],
  [
    "says of a body that comes as gzip, or of what it was, but not of the one what is true of the other",
    "unpacks it and says nothing of that",
    response(({ arrayBuffer }) => ({
      arrayBuffer: Effect.map(arrayBuffer, (packed) => new Uint8Array(gunzipSync(new Uint8Array(packed))).buffer),
    })),
  ],
  [
    "says of a body that comes as gzip, or of what it was, but not of the one what is true of the other",
    "unpacks it and tells the packed length",
    response(({ arrayBuffer, headers }) => ({
      arrayBuffer: Effect.map(arrayBuffer, (packed) => new Uint8Array(gunzipSync(new Uint8Array(packed))).buffer),
      headers: { "content-length": headers["content-length"] } as never,
    })),
  ],
  [
    "hears an answer that comes while the request is still being sent",
    "takes it for an error",
    call((answer, request) =>
      request.method === "POST"
        ? Effect.flatMap(answer, (response) => HttpClientResponse.filterStatusOk(response))
        : answer,
    ),
  ],
]
