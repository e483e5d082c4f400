import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Server } from "../src/Server.ts"
import { ben, call, create, Fresh, until } from "./TestServer.ts"

layer(Fresh, { excludeTestServices: true })("TaskList", (it) => {
  it.effect("gives each of the owner's tasks once, page by page, whatever is created meanwhile", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      const list = (query: string) => call(`${baseUrl}/async-clone/tasks${query}`)
      assert.deepStrictEqual((yield* list("")).json, { tasks: [] })
      const ids: Array<string> = []
      for (const text of ["a", "b", "script", "d", "e"]) ids.unshift(yield* create(baseUrl, text))
      yield* create(baseUrl, "Hello.", ben)
      yield* until(baseUrl, ids[0] ?? "", "completed")

      const seen: Array<string> = []
      let query = "?limit=2"
      for (let pages = 0; pages < 3; pages++) {
        const { json } = yield* list(query)
        seen.push(...json.tasks.map(({ task_id }: Record<string, string>) => task_id))
        yield* create(baseUrl, "Later.")
        if (json.next_cursor !== undefined) query = `?limit=2&cursor=${json.next_cursor}`
        else assert.strictEqual(pages, 2)
      }
      assert.deepStrictEqual(seen, ids)
      const failed = yield* list("?status=failed")
      assert.deepStrictEqual(
        failed.json.tasks.map(({ error, task_id }: Record<string, string>) => [task_id, error]),
        [[ids[2], "Only English is spoken."]],
      )
    }),
  )

  it.effect.each(["?limit=0", "?limit=1001", "?limit=1.5", "?limit=x", "?status=done", "?cursor=x", "?cursor=-1"])(
    "refuses %s with a reason",
    (query) =>
      Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const { json, status } = yield* call(`${baseUrl}/async-clone/tasks${query}`)
        assert.strictEqual(status, 422)
        assert.match(json.detail, /limit|status|cursor/u)
      }),
  )
})
