import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import * as SqliteClient from "../src/SqliteClient.ts"
import { StatusChanges } from "../src/StatusChanges.ts"
import * as SqlTasks from "../src/SqlTasks.ts"
import { maxAttempts, type TaskRecord, Tasks } from "../src/Tasks.ts"

const Fresh = SqlTasks.layer.pipe(Layer.provide(SqliteClient.layer(":memory:")), Layer.provide(StatusChanges.layer))

const add = (id: string) => Tasks.use((tasks) => tasks.create({ id, owner: "anna", text: `text of ${id}` }))
const get = (id: string) => Tasks.use((tasks) => Effect.map(tasks.find(id), Option.getOrThrow))
const claimed = Tasks.use((tasks) =>
  Effect.map(
    tasks.claim("stub 1"),
    Option.map((task: TaskRecord) => task.id),
  ),
)

describe("SqlTasks", () => {
  const test = (name: string, body: Effect.Effect<void, unknown, Tasks>) =>
    it.effect(name, () => Effect.provide(body, Fresh))

  test(
    "serves in the order of creation, each task once",
    Effect.gen(function* () {
      const tasks = yield* Tasks
      yield* Effect.forEach(["a", "b", "c"], add)
      assert.strictEqual(yield* tasks.ahead(yield* get("c")), 2)
      assert.deepStrictEqual(yield* Effect.all([claimed, claimed]), [Option.some("a"), Option.some("b")])
      yield* tasks.fail("a", "No.")
      assert.strictEqual(yield* tasks.ahead(yield* get("c")), 1)
      yield* tasks.release("b")
      const b = yield* get("b")
      assert.deepStrictEqual([b.status, b.attempts, b.startedAt], ["pending", 0, null])
      assert.deepStrictEqual(yield* Effect.all([claimed, claimed, claimed]), [
        Option.some("b"),
        Option.some("c"),
        Option.none(),
      ])
    }),
  )

  test(
    "tells the worker that waits",
    Effect.gen(function* () {
      const tasks = yield* Tasks
      const waiting = yield* Effect.forkChild(tasks.arrival)
      yield* add("a")
      yield* Fiber.join(waiting)
      assert.deepStrictEqual(yield* claimed, Option.some("a"))
    }),
  )

  test(
    "keeps the text no longer than it is needed, and times to the millisecond",
    Effect.gen(function* () {
      const tasks = yield* Tasks
      yield* TestClock.setTime(1000)
      yield* add("a")
      assert.strictEqual((yield* get("a")).text, "text of a")
      yield* TestClock.setTime(2000)
      yield* claimed
      yield* TestClock.setTime(3000)
      yield* tasks.complete("a", { digest: "digest", retention: Duration.days(7) })
      const { attempts: _, createdAt, startedAt, completedAt, expiresAt, ...rest } = yield* get("a")
      assert.deepStrictEqual(
        [createdAt, startedAt, completedAt, expiresAt].map((time) => time && DateTime.toEpochMillis(time)),
        [1000, 2000, 3000, 3000 + 7 * 86_400_000],
      )
      assert.deepStrictEqual(rest, {
        id: "a",
        sequence: 1,
        owner: "anna",
        status: "completed",
        text: "",
        transcript: null,
        engine: "stub 1",
        error: null,
        resultDigest: "digest",
        fingerprint: null,
        traceparent: null,
      })
    }),
  )

  test(
    "names expired results until they are deleted",
    Effect.gen(function* () {
      const tasks = yield* Tasks
      yield* add("a")
      yield* add("b")
      yield* tasks.claim("stub 1")
      yield* tasks.claim("stub 1")
      yield* tasks.complete("a", { digest: "digest", retention: Duration.seconds(1) })
      yield* tasks.complete("b", { digest: "digest", retention: Duration.seconds(2) })
      assert.deepStrictEqual(yield* tasks.expired, [])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* tasks.expired, ["a"])
      yield* tasks.resultDeleted("a")
      assert.deepStrictEqual(yield* tasks.expired, [])
      assert.deepStrictEqual(Option.map(yield* tasks.nextExpiry, DateTime.toEpochMillis), Option.some(2000))
    }),
  )

  test(
    "gives back what a dead process held, but not for ever",
    Effect.gen(function* () {
      const tasks = yield* Tasks
      yield* add("a")
      for (let attempt = 1; attempt < maxAttempts; attempt++) {
        assert.deepStrictEqual(yield* claimed, Option.some("a"))
        assert.deepStrictEqual(
          (yield* tasks.recover).map(({ status }) => status),
          ["pending"],
        )
      }
      assert.deepStrictEqual([...(yield* tasks.unended)], ["a"])
      yield* claimed
      yield* tasks.recover
      const { error, status } = yield* get("a")
      assert.deepStrictEqual([status, error], ["failed", "The server stopped each time that it worked on this task"])
      assert.deepStrictEqual([...(yield* tasks.unended)], [])
    }),
  )
})
