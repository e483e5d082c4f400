import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Exit from "effect/Exit"
import { Server } from "../src/Server.ts"
import { type Answer, anna, ben, call, create, held, serve, StuckSynthesizer, temporary, until } from "./TestServer.ts"

/** By the shortcut and, as a page asks, by the router: in the same words. */
const events = (baseUrl: string, id: string, last?: string, key = anna) => {
  const ask = (headers: Record<string, string>) =>
    call(`${baseUrl}/async-clone/task-events/${id}`, {
      key,
      headers: { "x-request-id": "one", ...headers, ...(last === undefined ? {} : { "last-event-id": last }) },
    })
  return Effect.map(Effect.all([ask({}), ask({ origin: baseUrl })], { concurrency: 2 }), ([short, routed]) => {
    const compared = ({ body, headers, status }: Answer) => ({
      status,
      // what comes between may be told to one and be over for the other
      last: read(body).at(-1),
      headers: Object.fromEntries(
        Object.entries(headers).filter(([name]) => !/^(?:access-control-.*|vary|date)$/u.test(name)),
      ),
    })
    assert.deepStrictEqual(compared(short), compared(routed))
    return short
  })
}

/** The ids and the data of the events in a body. */
const read = (body: Buffer) =>
  body
    .toString()
    .split("\n\n")
    .filter((block) => block.startsWith("id: "))
    .map((block) => {
      const [id, event, data] = block.split("\n")
      assert.strictEqual(event, "event: status")
      return { id: id?.slice(4), data: JSON.parse(data?.slice(6) ?? "") }
    })

describe("TaskEvents", () => {
  it.live("tell each status once and end with the task", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const busy = yield* create(baseUrl, "wait")
        const queued = yield* create(baseUrl, "Hello.")
        yield* until(baseUrl, busy, "processing")
        const listening = yield* Effect.forkChild(events(baseUrl, queued))
        yield* held(2)
        yield* call(`${baseUrl}/async-clone/task/${busy}`, { method: "DELETE" })
        const { body, headers, status } = yield* Fiber.join(listening)
        assert.deepStrictEqual([status, headers["content-type"]], [200, "text/event-stream"])
        const told = read(body)
        assert.strictEqual(told[0]?.id, "pending-1")
        assert.strictEqual(told.at(-1)?.id, "completed")
        assert.strictEqual(told.at(-1)?.data.task_id, queued)
        assert.strictEqual(new Set(told.map(({ id }) => id)).size, told.length)

        const again = yield* events(baseUrl, queued, "pending-1")
        assert.deepStrictEqual(
          read(again.body).map(({ id }) => id),
          ["completed"],
        )
        const known = yield* events(baseUrl, queued, "completed")
        assert.deepStrictEqual([known.status, known.body.length], [204, 0])
        const others = yield* events(baseUrl, queued, undefined, ben)
        assert.strictEqual(others.status, 403)
        assert.strictEqual((yield* events(baseUrl, "nobody")).status, 404)
      }).pipe(Effect.provide(serve({ dataDirectory })))
    }),
  )

  it.live("end when the server stops", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(
        serve({ dataDirectory, shutdownTimeout: "1 minute" }, StuckSynthesizer),
        scope,
      )
      const { baseUrl } = yield* Server.pipe(Effect.provide(context))
      const id = yield* create(baseUrl, "Hello.")
      yield* until(baseUrl, id, "processing")
      const listening = yield* Effect.forkChild(events(baseUrl, id))
      yield* held(2)
      yield* Scope.close(scope, Exit.void)
      const { body } = yield* Fiber.join(listening)
      assert.match(read(body).at(-1)?.id ?? "", /^processing-/u)
    }),
  )
})
