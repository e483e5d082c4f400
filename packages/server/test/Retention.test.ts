import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { Server } from "../src/Server.ts"
import { call, create, eventually, files, Fresh, holds, serve, temporary, until } from "./TestServer.ts"

describe("Retention", () => {
  it.effect("deletes nothing because of a clock that is wrong for a moment", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const clock = yield* Clock.Clock
      let ahead = 0
      const set: Clock.Clock = {
        ...clock,
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + ahead,
        currentTimeMillis: Effect.sync(() => clock.currentTimeMillisUnsafe() + ahead),
      }
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const id = yield* create(baseUrl, "Hello.")
        yield* until(baseUrl, id, "completed")
        const result = call(`${baseUrl}/async-clone/task-result/${id}`)
        yield* TestClock.adjust("2 hours")
        ahead = 30 * 86_400_000
        for (let minutes = 0; minutes < 55; minutes++) yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* result).status, 410)
        ahead = 0
        for (let hours = 0; hours < 5; hours++) yield* TestClock.adjust("1 hour")
        assert.strictEqual((yield* result).status, 200)
        ahead = 30 * 86_400_000
        for (let hours = 0; hours < 5; hours++) yield* TestClock.adjust("1 hour")
        yield* holds(dataDirectory, "results")
      }).pipe(Effect.provide(serve({ dataDirectory })), Effect.provideService(Clock.Clock, set))
    }),
  )

  it.effect("forgets a task some time after its result", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const id = yield* create(baseUrl, "Hello.")
        yield* until(baseUrl, id, "completed")
        const result = call(`${baseUrl}/async-clone/task-result/${id}`)
        yield* TestClock.adjust("3 hours")
        yield* holds(dataDirectory, "results")
        assert.strictEqual((yield* result).status, 410)
        yield* TestClock.adjust("1 day")
        yield* eventually(
          "the task to be forgotten",
          Effect.map(result, ({ status }) => status === 404),
        )
      }).pipe(Effect.provide(serve({ dataDirectory, retention: "1 hour", memory: "1 day" })))
    }),
  )

  it.effect("keeps a result for its time, to download as often as one likes, and then tells that it is gone", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const id = yield* create(baseUrl, "Hello.")
        yield* until(baseUrl, id, "completed")
        const result = call(`${baseUrl}/async-clone/task-result/${id}`)
        assert.deepStrictEqual([(yield* result).status, (yield* result).status], [200, 200])
        yield* TestClock.adjust("7199 seconds")
        assert.strictEqual((yield* result).status, 200)
        assert.deepStrictEqual(files(dataDirectory, "results"), [`${id}.1.wav`])
        yield* TestClock.adjust("1 second")
        const { json, status } = yield* result
        assert.deepStrictEqual([status, json], [410, { detail: "Task result has expired and is no longer available" }])
        yield* holds(dataDirectory, "results")
        const known = yield* call(`${baseUrl}/async-clone/task-status/${id}`)
        assert.deepStrictEqual([known.status, known.json.status], [200, "completed"])
        assert.strictEqual((yield* result).status, 410)
      }).pipe(Effect.provide(serve({ dataDirectory, retention: "2 hours" })))
    }),
  )

  it.live("is for 7 days where nothing is said", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      const { completed_at, expires_at } = yield* until(baseUrl, yield* create(baseUrl, "Hello."), "completed")
      assert.strictEqual(Date.parse(expires_at) - Date.parse(completed_at), 7 * 86_400_000)
    }).pipe(Effect.provide(Fresh)),
  )
})
