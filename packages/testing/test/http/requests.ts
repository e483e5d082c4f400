/** Clients that send what they shouldn't. */
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Ref from "effect/Ref"
import type * as Cookies from "effect/http/Cookies"
import * as Stream from "effect/Stream"
import { concat } from "../../src/internal/bytes.ts"
import { call, type HttpSabotage, request } from "./sabotage.ts"

/** Every streamed body is another one. */
const upload = (change: (body: HttpBody.Stream) => HttpBody.HttpBody) =>
  request((request) =>
    request.body._tag === "Stream"
      ? HttpClientRequest.setBody(HttpClientRequest.removeHeader(request, "content-length"), change(request.body))
      : request,
  )

export const requests: ReadonlyArray<HttpSabotage> = [
  [
    "sends the fields that it is given, whatever their spelling",
    "drops a field",
    request(HttpClientRequest.removeHeader("if-range")),
  ],
  [
    "sends the fields that it is given, whatever their spelling",
    "accepts what nobody asked for",
    request(HttpClientRequest.setHeader("accept-encoding", "gzip, br")),
  ],
  [
    "sends a large field",
    "shortens fields",
    request((request) =>
      HttpClientRequest.setHeader(request, "authorization", request.headers["authorization"]?.slice(0, 8192) ?? ""),
    ),
  ],
  ["adds no tracing headers", "adds traceparent", request(HttpClientRequest.setHeader("traceparent", "00-1-2-01"))],
  ["adds no tracing headers", "adds b3", request(HttpClientRequest.setHeader("b3", "1-2-1"))],
  ["keeps no cookies", "keeps them", HttpClient.withCookiesRef(Ref.makeUnsafe<ReadonlyArray<Cookies.Cookie>>([]))],
  [
    "sends a body of bytes",
    "sends them as text",
    request((request) =>
      request.body._tag === "Uint8Array"
        ? HttpClientRequest.bodyText(request, new TextDecoder().decode(request.body.body), "application/octet-stream")
        : request,
    ),
  ],
  [
    "sends a stream as it comes, with the length that was announced",
    "sends chunks without a length",
    upload((body) => HttpBody.stream(body.stream, body.contentType)),
  ],
  [
    "sends a stream as it comes, with the length that was announced",
    "sends chunks backwards",
    upload((body) =>
      HttpBody.stream(
        Stream.unwrap(Effect.map(Stream.runCollect(body.stream), (chunks) => Stream.fromIterable(chunks.toReversed()))),
        body.contentType,
        body.contentLength,
      ),
    ),
  ],
  [
    "sends a form with a file",
    "forgets the file's name",
    request((request) => {
      if (request.body._tag !== "FormData") return request
      const form = new FormData()
      for (const [key, value] of request.body.formData)
        form.append(key, value instanceof File ? new Blob([value]) : value)
      return HttpClientRequest.bodyFormData(request, form)
    }),
  ],
  [
    "takes a stream no faster than the server takes the body",
    "collects it first",
    (client) =>
      HttpClient.mapRequestEffect(client, (request) =>
        request.body._tag === "Stream"
          ? Effect.map(Effect.orDie(Stream.runCollect(request.body.stream)), (chunks) =>
              HttpClientRequest.bodyUint8Array(request, concat(chunks), "application/octet-stream"),
            )
          : Effect.succeed(request),
      ),
  ],
  [
    "sends no whole request where its body breaks",
    "sends what there is",
    upload((body) =>
      HttpBody.stream(
        Stream.catch(body.stream, () => Stream.empty),
        body.contentType,
      ),
    ),
  ],
  [
    "sends a POST once, though its connection dies of it",
    "sends it again",
    call((answer) => Effect.retry(answer, { times: 1 })),
  ],
]
