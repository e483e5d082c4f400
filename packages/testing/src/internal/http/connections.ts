/**
 * What a client holds in memory, and how many connections it has.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Stream from "effect/Stream"
import { ensure } from "../../Conformance.ts"
import { type HttpCase, isWhole } from "./HttpCase.ts"
import { isAt } from "./script.ts"

export const connections: ReadonlyArray<HttpCase> = [
  {
    name: "takes a body no faster than it is read",
    needs: "paced answers",
    check: Effect.fnUntraced(function* ({ client, exchange, unreadBytes }) {
      const total = 2 * unreadBytes
      const { seen, url } = exchange({ bytes: total })
      const response = yield* client.execute(HttpClientRequest.get(url))
      let bytes = 0
      let isRight = true
      let unread = 0
      yield* Stream.runForEachWhile(response.stream, (chunk) =>
        Effect.gen(function* () {
          if (bytes === 0) unread = (yield* seen("still")).sentBytes
          isRight &&= isAt(bytes, chunk)
          bytes += chunk.byteLength
          return bytes < total
        }),
      )
      yield* ensure(unread <= unreadBytes, `the server was rid of ${unread} bytes, and one chunk was read`)
      yield* ensure(bytes === total && isRight, `${bytes} bytes came in the end, or other ones`)
    }),
  },
  {
    name: "keeps the answers to many calls at once apart",
    check: ({ get }) =>
      Effect.forEach(
        Array.from({ length: 40 }, (_, i) => i),
        (i) =>
          Effect.gen(function* () {
            const response = yield* get({ bytes: 1000 * i, headers: { etag: `"${i}"` } })
            yield* ensure(response.headers["etag"] === `"${i}"`, `${i} got the answer ${response.headers["etag"]}`)
            yield* isWhole(response, 1000 * i)
          }),
        { concurrency: "unbounded", discard: true },
      ),
  },
  {
    name: "has no more calls under way at once than it may, and loses none",
    isBound: true,
    check: Effect.fnUntraced(function* ({ client, connections, exchange }) {
      const { log, release, url } = exchange({ bytes: 1000, when: "released" })
      const calls = Array.from({ length: 3 * connections }, () =>
        Effect.scoped(
          Effect.flatMap(client.execute(HttpClientRequest.get(url)), (response) => isWhole(response, 1000)),
        ),
      )
      const calling = yield* Effect.forkScoped(Effect.all(calls, { concurrency: "unbounded", discard: true }))
      yield* log(`${connections}`)
      yield* log("still")
      yield* release
      yield* Fiber.join(calling)
      const { mostAtOnce, requests } = yield* log()
      yield* ensure(mostAtOnce === connections, `${mostAtOnce} calls were under way, of ${connections}`)
      yield* ensure(requests.length === 3 * connections, `${requests.length} calls came, not ${3 * connections}`)
    }),
  },
  {
    name: "uses a connection again",
    needs: "kept connections",
    check: Effect.fnUntraced(function* ({ client, exchange }) {
      const { log, url } = exchange({ bytes: 1000 })
      for (let i = 0; i < 5; i++) {
        yield* Effect.scoped(
          Effect.flatMap(client.execute(HttpClientRequest.get(url)), (response) => isWhole(response, 1000)),
        )
      }
      const used = new Set((yield* log()).requests.map(({ connection }) => connection))
      yield* ensure(used.size < 5, "each of five calls, one after the other, had a connection of its own")
    }),
  },
]
