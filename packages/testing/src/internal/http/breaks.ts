/**
 * What a client makes of connections that break, and what it breaks itself.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Stream from "effect/Stream"
import { ensure } from "../../Conformance.ts"
import { bodyStream, hasCode, type HttpCase, isTyped, receive } from "./HttpCase.ts"
import type { Script } from "./script.ts"

const fails = (name: string, script: Script): HttpCase => ({
  name: `fails where ${name}`,
  check: Effect.fnUntraced(function* ({ get }) {
    const error = yield* isTyped("the call", yield* Effect.exit(Effect.scoped(get(script))))
    // this request may have arrived: only a refused one surely has not
    yield* ensure(!hasCode(error, "ECONNREFUSED"), "it is taken for a refused connection")
  }),
})

/** More than comes with the head, so that the break is in what comes after it. */
const bytes = 1_000_000

const breaksOff = (name: string, script: Script): HttpCase => ({
  name: `fails, after what has come, where ${name}`,
  check: Effect.fnUntraced(function* ({ get }) {
    const { exit, isRight, ...received } = yield* receive(yield* get(script))
    yield* isTyped(`the body, after ${received.bytes} of ${bytes} bytes,`, exit)
    yield* ensure(isRight, "other bytes came than were sent")
  }),
})

export const breaks: ReadonlyArray<HttpCase> = [
  {
    name: "fails where nothing listens, and says so",
    check: Effect.fnUntraced(function* ({ client, lacks, refusedUrl }) {
      const call = Effect.scoped(client.execute(HttpClientRequest.get(`${refusedUrl}/`)))
      const error = yield* isTyped("the call", yield* Effect.exit(call))
      if (!lacks.includes("reasons")) {
        // only such a request may be sent again without a risk
        yield* ensure(hasCode(error, "ECONNREFUSED"), `no cause has the code ECONNREFUSED: ${String(error)}`)
      }
    }),
  },
  fails("the connection is reset before an answer", { breakOff: { how: "reset", at: "head" } }),
  fails("the connection is closed before an answer", { breakOff: { how: "close", at: "head" } }),
  fails("something else than HTTP answers", { garbage: "This is no HTTP.\r\n\r\n" }),
  breaksOff("the connection is reset in a body", { bytes, breakOff: { how: "reset", at: 500_000 } }),
  breaksOff("the connection is closed before the announced length", { bytes, breakOff: { how: "close", at: 999_999 } }),
  breaksOff("the connection is closed before the last chunk", {
    bytes,
    framing: "chunked",
    breakOff: { how: "close", at: bytes },
  }),
  {
    name: "gives no more of a body than was announced",
    check: Effect.fnUntraced(function* ({ get }) {
      const { bytes, isRight } = yield* receive(yield* get({ bytes: 100_000, contentLength: 99_000 }))
      yield* ensure(bytes <= 99_000 && isRight, `${bytes} bytes came of 99,000`)
    }),
  },
  {
    name: "closes the connection when it is interrupted before an answer",
    check: Effect.fnUntraced(function* ({ client, exchange }) {
      const { seen, url } = exchange({ when: "released" })
      const calling = yield* Effect.forkScoped(Effect.scoped(client.execute(HttpClientRequest.get(url))))
      yield* seen("whole")
      yield* Fiber.interrupt(calling)
      const { outcome } = yield* seen("ended")
      yield* ensure(outcome === "aborted", `the server finds it ${outcome}`)
    }),
  },
  {
    name: "closes the connection when it is interrupted in a body",
    check: Effect.fnUntraced(function* ({ client, exchange }) {
      const { seen, url } = exchange({ bytes, breakOff: { how: "stall", at: 100_000 } })
      const arrived = yield* Deferred.make<void>()
      let received = 0
      const reading = yield* client.execute(HttpClientRequest.get(url)).pipe(
        Effect.flatMap(({ stream }) =>
          Stream.runForEach(stream, (chunk) => {
            received += chunk.byteLength
            return received < 100_000 ? Effect.void : Deferred.succeed(arrived, undefined)
          }),
        ),
        Effect.scoped,
        Effect.forkScoped,
      )
      yield* Effect.raceFirst(Deferred.await(arrived), seen("still"))
      yield* ensure(received === 100_000, `${received} bytes of 100,000 came before the stall`)
      yield* Fiber.interrupt(reading)
      const { outcome } = yield* seen("ended")
      yield* ensure(outcome === "aborted", `the server finds it ${outcome}`)
    }),
  },
  {
    name: "closes the connection of a body that is left before its end",
    check: Effect.fnUntraced(function* ({ client, exchange }) {
      const { seen, url } = exchange({ bytes, breakOff: { how: "stall", at: 100_000 } })
      yield* client.execute(HttpClientRequest.get(url)).pipe(
        Effect.flatMap(({ stream }) => Stream.runDrain(Stream.take(stream, 1))),
        Effect.scoped,
      )
      const { outcome } = yield* seen("ended")
      yield* ensure(outcome === "aborted", `the server finds it ${outcome}`)
    }),
  },
  {
    name: "closes the connection when it is interrupted while it sends",
    needs: "streamed uploads",
    check: Effect.fnUntraced(function* ({ client, exchange }) {
      const { seen, url } = exchange()
      const body = HttpBody.stream(Stream.concat(bodyStream(100_000), Stream.never), "audio/wav", 200_000)
      const request = HttpClientRequest.post(url).pipe(HttpClientRequest.setBody(body))
      const sending = yield* Effect.forkScoped(Effect.scoped(client.execute(request)))
      yield* seen("still")
      yield* Fiber.interrupt(sending)
      const { isWhole, outcome } = yield* seen("ended")
      yield* ensure(outcome === "aborted" && !isWhole, `the server finds it ${outcome}`)
    }),
  },
]
