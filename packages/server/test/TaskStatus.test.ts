import { assert, layer } from "@effect/vitest"
import { Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Server } from "../src/Server.ts"
import { anna, ben, call, create, eventually, held, serve, StubSynthesizer, temporary, until } from "./TestServer.ts"

/** Ends a task with the text `gate` when it is told to, and takes one with `stage` to a quarter. */
const gate = Latch.makeUnsafe(false)
const Gated = Layer.effect(
  Synthesizer,
  Effect.map(Synthesizer, (stub) =>
    Synthesizer.of({
      ...stub,
      synthesize: (request) =>
        request.text === "gate" || request.text === "stage"
          ? Stream.concat(
              Stream.drain(Stream.fromEffect(gate.await)),
              stub.synthesize(request.text === "stage" ? { ...request, text: "wait" } : request),
            )
          : stub.synthesize(request),
    }),
  ),
).pipe(Layer.provide(StubSynthesizer))

const GatedServer = Layer.unwrap(Effect.map(temporary, (dataDirectory) => serve({ dataDirectory }, Gated)))

const look = (baseUrl: string, id: string, prefer?: string) =>
  call(`${baseUrl}/async-clone/task-status/${id}`, { headers: prefer === undefined ? {} : { prefer } })

layer(GatedServer, { excludeTestServices: true })("TaskStatus", (it) => {
  it.effect("is held until it changes, also for hundreds at once", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      for (const count of [1, 300]) {
        gate.closeUnsafe()
        const id = yield* create(baseUrl, "gate")
        const next = yield* create(baseUrl, "Hello.")
        yield* until(baseUrl, id, "processing")
        const timed = Effect.map(look(baseUrl, id, "wait=30"), (answer) => ({ ...answer, at: Date.now() }))
        const waiting = yield* Effect.forkChild(
          Effect.all(
            Array.from({ length: count }, () => timed),
            { concurrency: "unbounded" },
          ),
        )
        const queued = yield* Effect.forkChild(look(baseUrl, next, "wait=30"))
        yield* held(count + 1)
        yield* gate.open
        const answers: ReadonlyArray<Effect.Success<typeof timed>> = yield* Fiber.join(waiting)
        for (const { headers, json } of answers) {
          assert.deepStrictEqual([json.status, headers["preference-applied"]], ["completed", "wait=30"])
          assert.notProperty(headers, "retry-after")
        }
        const late = answers.map(({ at, json }) => at - Date.parse(json.completed_at))
        assert.isBelow(Math.max(...late), 15_000, "woken, and not let go when the 30 s were over")
        assert.notStrictEqual((yield* Fiber.join(queued)).json.status, "pending")
        yield* held(0)
      }
    }),
  )

  it.effect("is told unchanged when the time is over, and at once when the task has ended", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      const done = yield* create(baseUrl, "Hello.")
      yield* until(baseUrl, done, "completed")
      const before = performance.now()
      const ended = yield* look(baseUrl, done, "respond-async, wait=100")
      assert.isBelow(performance.now() - before, 900)
      assert.deepStrictEqual([ended.json.status, ended.headers["preference-applied"]], ["completed", "wait=60"])

      gate.closeUnsafe()
      const id = yield* create(baseUrl, "gate")
      yield* until(baseUrl, id, "processing")
      const start = performance.now()
      const unchanged = yield* look(baseUrl, id, "wait=1")
      assert.isAbove(performance.now() - start, 990)
      assert.deepStrictEqual([unchanged.json.status, unchanged.headers["preference-applied"]], ["processing", "wait=1"])
      const nobodys = yield* look(baseUrl, "nobody", "wait=60")
      assert.deepStrictEqual([nobodys.status, nobodys.headers["preference-applied"]], [404, undefined])
      yield* gate.open
      yield* until(baseUrl, id, "completed")
    }),
  )

  it.effect("says when to ask again, the later the longer the queue", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      gate.closeUnsafe()
      const ids = yield* Effect.forEach(Array.from({ length: 3 }), () => create(baseUrl, "gate"))
      const [busy = "", , last = ""] = ids
      yield* until(baseUrl, busy, "processing")
      const working = yield* look(baseUrl, busy, "wait=soon")
      assert.deepStrictEqual([working.headers["retry-after"], working.headers["preference-applied"]], ["1", undefined])
      const queued = yield* look(baseUrl, last)
      assert.deepStrictEqual([queued.json.queue_position, queued.headers["retry-after"]], [2, "3"])
      yield* gate.open
      yield* until(baseUrl, last, "completed")
      assert.notProperty((yield* look(baseUrl, last)).headers, "retry-after")
    }),
  )

  it.effect("is told in the same words by the shortcut and by the router", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      gate.closeUnsafe()
      const busy = yield* create(baseUrl, "gate")
      const queued = yield* create(baseUrl, "Hello.")
      const script = yield* create(baseUrl, "script")
      yield* until(baseUrl, busy, "processing")
      const told = (id: string, key: string, headers: Record<string, string>) =>
        Effect.map(call(`${baseUrl}/async-clone/task-status/${id}`, { key, headers }), ({ headers, json, status }) => {
          const { "access-control-allow-origin": origin, date: _, ...others } = headers
          delete others["access-control-expose-headers"]
          return { origin, answer: { status, json, headers: others } }
        })
      const compare = Effect.fnUntraced(function* (id: string, key: string, isShort: boolean) {
        const statuses = new Set<number>()
        for (const preference of [{}, { prefer: "wait=0" }, { prefer: "handling=lenient" }]) {
          const headers = { "x-request-id": "one", ...preference }
          const short = yield* told(id, key, headers)
          // those of pages are the router's
          const routed = yield* told(id, key, { ...headers, origin: baseUrl })
          assert.deepStrictEqual(short.answer, routed.answer)
          assert.deepStrictEqual([short.origin, routed.origin], [isShort ? undefined : "*", "*"])
          statuses.add(short.answer.status)
        }
        return [...statuses]
      })
      for (const id of [busy, queued]) assert.deepStrictEqual(yield* compare(id, anna, true), [200])
      yield* gate.open
      yield* until(baseUrl, script, "failed")
      for (const id of [busy, queued, script]) assert.deepStrictEqual(yield* compare(id, anna, true), [200])
      assert.deepStrictEqual(yield* compare(busy, ben, false), [403])
      assert.deepStrictEqual(yield* compare("nobody", anna, false), [404])
      assert.deepStrictEqual(yield* compare(busy, "vc_nobody", false), [401])
    }),
  )

  it.effect("says how far the task is by now, however often it was asked for", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      gate.closeUnsafe()
      const id = yield* create(baseUrl, "stage")
      yield* until(baseUrl, id, "processing")
      const progress = Effect.map(look(baseUrl, id), ({ json }) => json.progress as number)
      assert.deepStrictEqual(yield* Effect.all([progress, progress, progress]), [0, 0, 0])
      yield* gate.open
      yield* eventually(
        "progress",
        Effect.map(progress, (share) => share === 0.25),
      )
      yield* call(`${baseUrl}/async-clone/task/${id}`, { method: "DELETE" })
      assert.strictEqual((yield* look(baseUrl, id)).json.status, "failed")
    }),
  )

  it.effect("is held for nobody who has gone away", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      gate.closeUnsafe()
      const id = yield* create(baseUrl, "gate")
      yield* until(baseUrl, id, "processing")
      const waiting = yield* Effect.forkChild(look(baseUrl, id, "wait=60"))
      yield* held(1)
      yield* Fiber.interrupt(waiting)
      yield* held(0)
      yield* gate.open
      yield* until(baseUrl, id, "completed")
    }),
  )
})
