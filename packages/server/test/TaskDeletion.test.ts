import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Server } from "../src/Server.ts"
import { ben, call, create, files, holds, serve, temporary, until } from "./TestServer.ts"

const remove = (baseUrl: string, id: string, key?: string) =>
  call(`${baseUrl}/async-clone/task/${id}`, { method: "DELETE", ...(key === undefined ? {} : { key }) })

describe("TaskDeletion", () => {
  it.live("stops a task in work, spares the next one, and leaves no trace of a voice", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const busy = yield* create(baseUrl, "wait")
        const queued = yield* create(baseUrl, "wait")
        const next = yield* create(baseUrl, "Hello.")
        yield* until(baseUrl, busy, "processing")
        assert.strictEqual((yield* remove(baseUrl, busy, ben)).status, 403)
        assert.strictEqual((yield* remove(baseUrl, "nobody")).status, 404)

        for (const id of [queued, busy, busy]) {
          const { json, status } = yield* remove(baseUrl, id)
          assert.deepStrictEqual([status, json.status, json.error], [200, "failed", "The task was cancelled"])
          assert.notInclude(files(dataDirectory, "samples"), id)
        }
        yield* until(baseUrl, next, "completed")
        yield* holds(dataDirectory, "samples")
        yield* holds(dataDirectory, "results", `${next}.1.wav`)
        const result = yield* call(`${baseUrl}/async-clone/task-result/${busy}`)
        assert.strictEqual(result.json.detail, "Task not completed yet. Current status: failed")
      }).pipe(Effect.provide(serve({ dataDirectory })))
    }),
  )

  it.live("deletes a result before its time, once and for all", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const id = yield* create(baseUrl, "Hello.")
        yield* until(baseUrl, id, "completed")
        for (const _ of [1, 2]) assert.strictEqual((yield* remove(baseUrl, id)).json.status, "completed")
        yield* holds(dataDirectory, "results")
        const result = yield* call(`${baseUrl}/async-clone/task-result/${id}`)
        const detail = "Task result has expired and is no longer available"
        assert.deepStrictEqual([result.status, result.json], [410, { detail }])
      }).pipe(Effect.provide(serve({ dataDirectory })))
    }),
  )
})
