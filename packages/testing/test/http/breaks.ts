/** Clients that hide a break, or break nothing. */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { flow } from "effect/Function"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { call, type HttpSabotage, stream } from "./sabotage.ts"

const empty = call((answer, request) =>
  Effect.orElseSucceed(answer, () => HttpClientResponse.fromWeb(request, new Response())),
)

const shortened = stream(Stream.catch(() => Stream.empty))

/** Another fiber calls, and nobody tells it to stop. */
const deaf = (client: HttpClient.HttpClient): HttpClient.HttpClient =>
  HttpClient.make((request) =>
    // another request: the scope of the first stops nothing of it
    Effect.flatMap(
      Effect.forkDetach(client.execute(HttpClientRequest.setHeader(request, "x-of", "another"))),
      Fiber.join,
    ),
  )

/** Another fiber reads, too. */
const unstoppable = flow(
  deaf,
  stream((stream) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const queue = yield* Queue.unbounded<Uint8Array, Cause.Done>()
        yield* Stream.runForEach(stream, (chunk) => Queue.offer(queue, chunk)).pipe(
          Effect.ensuring(Queue.end(queue)),
          Effect.ignore,
          Effect.forkDetach,
        )
        return Stream.fromQueue(queue)
      }),
    ),
  ),
)

const beforeAnswers = [
  "fails where the connection is reset before an answer",
  "fails where the connection is closed before an answer",
  "fails where something else than HTTP answers",
]

const inBodies = [
  "fails, after what has come, where the connection is reset in a body",
  "fails, after what has come, where the connection is closed before the announced length",
  "fails, after what has come, where the connection is closed before the last chunk",
]

export const breaks: ReadonlyArray<HttpSabotage> = [
  ["fails where nothing listens, and says so", "answers nothing", empty],
  ["fails where nothing listens, and says so", "dies", call(Effect.orDie)],
  [
    "fails where nothing listens, and says so",
    "doesn't say so",
    call((answer, request) =>
      Effect.mapError(answer, () => {
        const reason = new HttpClientError.TransportError({ request, cause: new TypeError("Failed to fetch") })
        return new HttpClientError.HttpClientError({ reason })
      }),
    ),
  ],
  ...beforeAnswers.flatMap((name): ReadonlyArray<HttpSabotage> => [
    [name, "answers nothing", empty],
    [name, "dies", call(Effect.orDie)],
  ]),
  ...inBodies.flatMap((name): ReadonlyArray<HttpSabotage> => [
    [name, "gives a short body", shortened],
    [name, "dies", stream(Stream.orDie)],
  ]),
  [
    "gives no more of a body than was announced",
    "gives more",
    stream((stream) => Stream.concat(stream, Stream.succeed(new Uint8Array(1000)))),
  ],
  ["closes the connection when it is interrupted before an answer", "hears nothing", deaf],
  ["closes the connection when it is interrupted in a body", "reads on", unstoppable],
  ["closes the connection of a body that is left before its end", "reads on", unstoppable],
  ["closes the connection when it is interrupted while it sends", "hears nothing", deaf],
]
