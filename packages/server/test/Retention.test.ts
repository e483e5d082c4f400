import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { BlobStore, BlobStoreFailed } from "../src/BlobStore.ts"
import * as Retention from "../src/Retention.ts"
import { Server } from "../src/Server.ts"
import { ServerConfig } from "../src/ServerOptions.ts"
import { Tasks } from "../src/Tasks.ts"
import {
  call,
  create,
  eventually,
  files,
  Fresh,
  holds,
  Quiet,
  serve,
  settableClock,
  temporary,
  until,
} from "./TestServer.ts"

describe("Retention", () => {
  it.effect("deletes nothing because of a clock that is wrong for a moment", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const clock = yield* settableClock
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const id = yield* create(baseUrl, "Hello.")
        yield* until(baseUrl, id, "completed")
        const result = call(`${baseUrl}/async-clone/task-result/${id}`)
        yield* TestClock.adjust("2 hours")
        clock.ahead = 30 * 86_400_000
        for (let minutes = 0; minutes < 55; minutes++) yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* result).status, 410)
        clock.ahead = 0
        for (let hours = 0; hours < 5; hours++) yield* TestClock.adjust("1 hour")
        assert.strictEqual((yield* result).status, 200)
        clock.ahead = 30 * 86_400_000
        for (let hours = 0; hours < 5; hours++) yield* TestClock.adjust("1 hour")
        yield* holds(dataDirectory, "results")
      }).pipe(Effect.provide(serve({ dataDirectory })), Effect.provideService(Clock.Clock, clock.time))
    }),
  )

  it.effect("goes on after a database that was away for long", () =>
    Effect.gen(function* () {
      let away = false
      let removed = 0
      const fault = Effect.suspend(() => (away ? Effect.die(new Error("The database is away")) : Effect.void))
      const parts = Layer.mergeAll(
        Layer.mock(Tasks, {
          expired: Effect.andThen(fault, Effect.succeed([{ id: "a", claims: 1 }])),
          resultDeleted: () => fault,
          forget: () => Effect.as(fault, 0),
          untilExpiry: Effect.andThen(fault, Effect.succeedNone),
        }),
        Layer.mock(BlobStore, { remove: () => Effect.sync(() => void removed++) }),
        ServerConfig.layer({ dataDirectory: "none" }),
        Quiet,
      )
      yield* Layer.build(Layer.provide(Retention.layer, parts))
      yield* TestClock.adjust("1 second")
      const before = removed
      away = true
      yield* TestClock.adjust("3 hours")
      away = false
      yield* TestClock.adjust("2 hours")
      assert.isAbove(removed, before)
    }),
  )

  it.effect("deletes what can be deleted beside what cannot", () =>
    Effect.gen(function* () {
      const removed: Array<string> = []
      const cause = new Error("not permitted")
      const parts = Layer.mergeAll(
        Layer.mock(Tasks, {
          expired: Effect.succeed(["a", "b"].map((id) => ({ id, claims: 1 }))),
          resultDeleted: (id) => Effect.sync(() => void removed.push(id)),
          forget: () => Effect.succeed(0),
          untilExpiry: Effect.succeedNone,
        }),
        Layer.mock(BlobStore, {
          remove: (name) =>
            name.includes("/a") ? Effect.fail(new BlobStoreFailed({ name, operation: "remove", cause })) : Effect.void,
        }),
        ServerConfig.layer({ dataDirectory: "none" }),
        Quiet,
      )
      yield* Layer.build(Layer.provide(Retention.layer, parts))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(removed, ["b"])
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
