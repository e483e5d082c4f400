import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import { leases } from "../src/Database.ts"
import * as PostgresClient from "../src/PostgresClient.ts"
import * as SqliteClient from "../src/SqliteClient.ts"
import { StatusChanges } from "../src/StatusChanges.ts"
import * as SqlTasks from "../src/SqlTasks.ts"
import { Leases, maxAttempts, type TaskRecord, Tasks } from "../src/Tasks.ts"
import * as Postgres from "./Postgres.ts"

/** The databases that the tasks may be in. */
const places = {
  SQLite: SqliteClient.layer(":memory:"),
  PostgreSQL: Layer.unwrap(Effect.map(Postgres.database, ({ url }) => PostgresClient.layer(url))).pipe(
    Layer.provideMerge(Layer.succeed(Leases, { ...leases, duration: Duration.zero })),
  ),
}

const add = (id: string) => Tasks.use((tasks) => tasks.create({ id, owner: "anna", text: `text of ${id}` }))
const get = (id: string) => Tasks.use((tasks) => Effect.map(tasks.find(id), Option.getOrThrow))
const claimed = Tasks.use((tasks) =>
  Effect.map(
    tasks.claim("stub 1"),
    Option.map((task: TaskRecord) => task.id),
  ),
)

describe.each(["SQLite", "PostgreSQL"] as const)("SqlTasks in %s", (place) => {
  const Fresh = SqlTasks.layer.pipe(Layer.provide(places[place]), Layer.provide(StatusChanges.layer))
  const test = (name: string, body: Effect.Effect<void, unknown, Tasks>) =>
    it.effect(name, () => Effect.provide(body, Fresh))

  test(
    "serves in the order of creation, each task once",
    Effect.gen(function* () {
      const tasks = yield* Tasks
      yield* Effect.forEach(["a", "b", "c"], add)
      assert.strictEqual(yield* tasks.ahead(yield* get("c")), 2)
      assert.deepStrictEqual(yield* Effect.all([claimed, claimed]), [Option.some("a"), Option.some("b")])
      yield* tasks.fail({ id: "a", claims: 1 }, "No.")
      assert.strictEqual(yield* tasks.ahead(yield* get("c")), 1)
      yield* tasks.release({ id: "b", claims: 1 })
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
    "lets no claim that is over do anything, and repeats what was done without doing it twice",
    Effect.gen(function* () {
      const tasks = yield* Tasks
      yield* add("a")
      yield* add("a")
      const take = Effect.map(tasks.claim("stub 1"), Option.getOrThrow)
      const old = yield* take
      // the leases of these tests are over at once; in SQLite there are none, and every claim is a dead server's
      assert.deepStrictEqual(
        (yield* tasks.recover).map(({ status }) => status),
        ["pending"],
      )
      const fresh = yield* take
      assert.deepStrictEqual([old.claims, fresh.claims], [1, 2])
      const result = { digest: "digest", retention: Duration.days(7) }
      assert.isFalse(yield* tasks.complete(old, result))
      assert.isFalse(yield* tasks.fail(old, "No."))
      yield* tasks.release(old)
      assert.strictEqual((yield* get("a")).status, "processing")
      assert.deepStrictEqual(yield* Effect.all([tasks.complete(fresh, result), tasks.complete(fresh, result)]), [
        true,
        true,
      ])
      assert.isFalse(yield* tasks.cancel("a", "No."))
      assert.deepStrictEqual(yield* claimed, Option.none())
    }),
  )

  test(
    "forgets what is over, some time after its result is gone",
    Effect.gen(function* () {
      const tasks = yield* Tasks
      yield* Effect.forEach(["a", "b", "c"], add)
      yield* Effect.all([claimed, claimed])
      yield* tasks.complete({ id: "a", claims: 1 }, { digest: "digest", retention: Duration.days(7) })
      yield* tasks.fail({ id: "b", claims: 1 }, "No.")
      yield* TestClock.setTime(Duration.toMillis(Duration.days(38)))
      assert.strictEqual(yield* tasks.forget(Duration.days(30)), 1)
      yield* tasks.resultDeleted("a")
      assert.strictEqual(yield* tasks.forget(Duration.days(30)), 1)
      assert.deepStrictEqual(
        yield* Effect.forEach(["a", "b", "c"], tasks.find).pipe(Effect.map((found) => found.map(Option.isSome))),
        [false, false, true],
      )
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
      yield* tasks.complete({ id: "a", claims: 1 }, { digest: "digest", retention: Duration.days(7) })
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
        claims: 1,
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
      yield* tasks.complete({ id: "a", claims: 1 }, { digest: "digest", retention: Duration.seconds(1) })
      yield* tasks.complete({ id: "b", claims: 1 }, { digest: "digest", retention: Duration.seconds(2) })
      assert.deepStrictEqual(yield* tasks.expired, [])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* tasks.expired, [{ id: "a", claims: 1 }])
      yield* tasks.resultDeleted("a")
      assert.deepStrictEqual(yield* tasks.expired, [])
      assert.deepStrictEqual(Option.map(yield* tasks.nextExpiry, DateTime.toEpochMillis), Option.some(2000))
    }),
  )

  test(
    "does not hold it against a task that its claim was lost, where who lost it lives",
    Effect.gen(function* () {
      const tasks = yield* Tasks
      yield* add("a")
      for (let claims = 1; claims <= 2 * maxAttempts; claims++) {
        assert.deepStrictEqual(yield* claimed, Option.some("a"))
        yield* tasks.recover
        yield* tasks.survived({ id: "a", claims })
      }
      const { attempts, status } = yield* get("a")
      assert.deepStrictEqual([status, attempts], ["pending", 0])
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
