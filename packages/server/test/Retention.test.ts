import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { Server } from "../src/Server.ts"
import { call, create, files, holds, serve, temporary, until } from "./TestServer.ts"

describe("Retention", () => {
  it.effect("keeps a result for 7 days, to download any number of times, and then tells that it is gone", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const id = yield* create(baseUrl, "Hello.")
        yield* until(baseUrl, id, "completed")
        const result = call(`${baseUrl}/async-clone/task-result/${id}`)
        assert.deepStrictEqual([(yield* result).status, (yield* result).status], [200, 200])
        yield* TestClock.adjust("6 days")
        yield* TestClock.adjust("86399 seconds")
        assert.strictEqual((yield* result).status, 200)
        assert.deepStrictEqual(files(dataDirectory, "results"), [`${id}.wav`])
        yield* TestClock.adjust("1 second")
        const { json, status } = yield* result
        assert.deepStrictEqual([status, json], [410, { detail: "Task result has expired and is no longer available" }])
        yield* holds(dataDirectory, "results")
        const known = yield* call(`${baseUrl}/async-clone/task-status/${id}`)
        assert.deepStrictEqual([known.status, known.json.status], [200, "completed"])
        assert.strictEqual((yield* result).status, 410)
      }).pipe(Effect.provide(serve({ dataDirectory })))
    }),
  )
})
