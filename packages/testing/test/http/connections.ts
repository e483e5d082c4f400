/** Clients that take too much. */
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Semaphore from "effect/Semaphore"
import { call, type HttpSabotage, request } from "./sabotage.ts"

/** The runtime's own, which opens as many as are asked for. */
const unbound = HttpClient.make((request, url, signal) =>
  Effect.tryPromise({
    try: () => fetch(url, { signal }),
    catch: (cause) =>
      new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) }),
  }).pipe(Effect.map((response) => HttpClientResponse.fromWeb(request, response))),
)

export const connections: ReadonlyArray<HttpSabotage> = [
  [
    "takes a body no faster than it is read",
    "collects it first",
    call((answer, request) =>
      Effect.flatMap(answer, (response) =>
        Effect.map(response.arrayBuffer, (body) => HttpClientResponse.fromWeb(request, new Response(body))),
      ),
    ),
  ],
  [
    "keeps the answers to many calls at once apart",
    "mixes them up",
    (client) => {
      let earlier: HttpClientResponse.HttpClientResponse | undefined
      return HttpClient.transformResponse(
        client,
        Effect.map((response) => {
          const given = earlier ?? response
          earlier = response
          return given
        }),
      )
    },
  ],
  ["has no more calls under way at once than it may, and loses none", "has no bound", () => unbound],
  [
    "has no more calls under way at once than it may, and loses none",
    "makes one after the other",
    (client) => {
      const one = Semaphore.makeUnsafe(1)
      return HttpClient.transform(client, (answer) => one.withPermits(1)(answer))
    },
  ],
  ["uses a connection again", "closes each", request(HttpClientRequest.setHeader("connection", "close"))],
]
