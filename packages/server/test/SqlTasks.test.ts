import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SqlClient from "effect/sql/SqlClient"
import * as TestClock from "effect/testing/TestClock"
import { leases } from "../src/Database.ts"
import * as PostgresClient from "../src/PostgresClient.ts"
import * as SqliteClient from "../src/SqliteClient.ts"
import { StatusChanges } from "../src/StatusChanges.ts"
import * as SqlTasks from "../src/SqlTasks.ts"
import { Leases, maxAttempts, type TaskRecord, Tasks } from "../src/Tasks.ts"
import { WebhookQueue } from "../src/WebhookQueue.ts"
import * as Postgres from "./Postgres.ts"
import { eventually } from "./TestServer.ts"

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

/** Does something at another time, which no timer notices. */
const at =
  (millis: number) =>
  <A, E, R>(self: Effect.Effect<A, E, R>) =>
    Effect.updateService(self, Clock.Clock, (clock) => ({
      ...clock,
      currentTimeMillisUnsafe: () => millis,
      currentTimeMillis: Effect.succeed(millis),
    }))

describe.each(["SQLite", "PostgreSQL"] as const)("SqlTasks in %s", (place) => {
  const Fresh = SqlTasks.layer.pipe(Layer.provideMerge(places[place]), Layer.provide(StatusChanges.layer))
  const test = (name: string, body: Effect.Effect<void, unknown, Tasks | SqlClient.SqlClient>) =>
    it.effect(name, () => Effect.provide(body, Fresh))
  /** What the results' time is measured from, and lets it pass: on PostgreSQL, whose clock nobody sets, for what is there. */
  const began = place === "SQLite" ? 3000 : Date.now()
  const pass = (time: Duration.Input) =>
    place === "SQLite"
      ? TestClock.adjust(time)
      : SqlClient.SqlClient.use((sql) => {
          const millis = Duration.toMillis(Duration.fromInputUnsafe(time))
          return sql`update tasks set expires_at = expires_at - ${millis}, completed_at = completed_at - ${millis}`
        })

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
      yield* tasks.fail({ id: "b", claims: 1 }, "No.").pipe(at(began))
      assert.strictEqual(yield* tasks.forget(Duration.days(30)), 0)
      yield* pass("38 days")
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
    "gives the text to the worker alone, keeps it no longer than it is needed, and times to the millisecond",
    Effect.gen(function* () {
      const tasks = yield* Tasks
      const sql = yield* SqlClient.SqlClient
      yield* TestClock.setTime(1000)
      yield* add("a")
      // a thousand of them, each of 100,000 characters, are known and listed
      for (const known of [yield* get("a"), ...(yield* tasks.list("anna", { limit: 1 }))]) {
        assert.notInclude(JSON.stringify(known), "text of a")
      }
      yield* TestClock.setTime(2000)
      assert.strictEqual(Option.getOrThrow(yield* tasks.claim("stub 1")).text, "text of a")
      yield* TestClock.setTime(3000)
      yield* tasks.complete({ id: "a", claims: 1 }, { digest: "digest", retention: Duration.days(7) })
      const { attempts: _, createdAt, startedAt, completedAt, expiresAt, ...rest } = yield* get("a")
      assert.deepStrictEqual(
        [createdAt, startedAt, completedAt].map((time) => time && DateTime.toEpochMillis(time)),
        [1000, 2000, 3000],
      )
      const late = DateTime.toEpochMillis(expiresAt!) - 7 * 86_400_000 - began
      assert.isTrue(late >= 0 && late < (place === "SQLite" ? 1 : 600_000), String(late))
      assert.deepStrictEqual(rest, {
        id: "a",
        sequence: 1,
        owner: "anna",
        status: "completed",
        claims: 1,
        engine: "stub 1",
        error: null,
        resultDigest: "digest",
        fingerprint: null,
        traceparent: null,
      })
      assert.deepStrictEqual(yield* sql`select text, transcript from tasks`, [{ text: "", transcript: null }])
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
      yield* tasks.complete({ id: "a", claims: 1 }, { digest: "digest", retention: Duration.hours(1) })
      yield* tasks.complete({ id: "b", claims: 1 }, { digest: "digest", retention: Duration.hours(2) })
      assert.deepStrictEqual(yield* tasks.expired, [])
      yield* pass("1 hour")
      assert.deepStrictEqual(yield* tasks.expired, [{ id: "a", claims: 1 }])
      yield* tasks.resultDeleted("a")
      assert.deepStrictEqual(yield* tasks.expired, [])
      const left = Option.getOrThrow(Option.map(yield* tasks.untilExpiry, Duration.toMinutes))
      assert.isTrue(left > 50 && left <= 60, String(left))
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

describe("SqlTasks on several machines", () => {
  it.effect("expire by the database's clock, however far one of theirs is ahead", () =>
    Effect.gen(function* () {
      const tasks = yield* Tasks
      yield* Effect.forEach(["a", "b"], add)
      yield* Effect.all([claimed, claimed])
      yield* tasks.complete({ id: "a", claims: 1 }, { digest: "digest", retention: Duration.days(7) })
      yield* tasks.fail({ id: "b", claims: 1 }, "No.").pipe(at(Date.now()))
      const later = at(Date.now() + Duration.toMillis(Duration.days(1000)))
      assert.deepStrictEqual(yield* later(tasks.expired), [])
      assert.strictEqual(yield* later(tasks.forget(Duration.days(30))), 0)
      yield* tasks.expire("a")
      assert.deepStrictEqual(yield* tasks.expired, [{ id: "a", claims: 1 }])
    }).pipe(Effect.provide(SqlTasks.layer.pipe(Layer.provide(places.PostgreSQL), Layer.provide(StatusChanges.layer)))),
  )

  it.effect("have a webhook due as its task ends, however far ahead the clock is of the one that accepted it", () =>
    Effect.gen(function* () {
      const tasks = yield* Tasks
      const queue = yield* WebhookQueue
      const later = at(Date.now() + Duration.toMillis(Duration.days(1)))
      for (const id of ["a", "b", "c"]) {
        yield* later(tasks.create({ id, owner: "anna", text: "Hello", webhookUrl: "https://example.com" }))
      }
      yield* Effect.all([claimed, claimed])
      yield* tasks.complete({ id: "a", claims: 1 }, { digest: "digest", retention: Duration.days(7) })
      yield* later(tasks.cancel("c", "No."))
      yield* Effect.forEach(Array.from({ length: maxAttempts - 1 }), () => Effect.andThen(tasks.recover, claimed))
      yield* tasks.recover
      const take = queue.take(Duration.minutes(1), new Set())
      const taken = [yield* take, yield* take, yield* take].map(Option.map(({ taskId }) => taskId))
      assert.deepStrictEqual(taken, ["a", "c", "b"].map(Option.some))
    }).pipe(
      Effect.provide(
        Layer.merge(SqlTasks.layer, WebhookQueue.layer).pipe(
          Layer.provide(places.PostgreSQL),
          Layer.provide(StatusChanges.layer),
        ),
      ),
    ),
  )

  it.live("keep their claims while requests have all other connections", () =>
    Effect.gen(function* () {
      const { url } = yield* Postgres.database
      yield* Effect.gen(function* () {
        const tasks = yield* Tasks
        const { reserve } = yield* SqlClient.SqlClient
        yield* Effect.forEach(["a", "b", "c"], add)
        yield* Effect.all([claimed, claimed])
        yield* Effect.forkScoped(Effect.forEach(Array.from({ length: 10 }), () => reserve, { concurrency: 10 }))
        yield* eventually(
          "a request to wait in vain",
          Effect.map(Effect.timeoutOption(tasks.find("a"), "300 millis"), Option.isNone),
        )
        yield* tasks.recover
        assert.isFalse(yield* tasks.renew({ id: "a", claims: 1 }))
        assert.isTrue(Option.isSome(yield* claimed))
        assert.isTrue(yield* tasks.renew({ id: "a", claims: 2 }))
        const result = { digest: "digest", retention: Duration.days(7) }
        assert.deepStrictEqual(
          yield* Effect.all([
            tasks.complete({ id: "a", claims: 2 }, result),
            tasks.complete({ id: "a", claims: 2 }, result),
          ]),
          [true, true],
        )
        yield* claimed
        assert.isTrue(yield* tasks.fail({ id: "b", claims: 2 }, "No."))
        yield* claimed
        yield* tasks.release({ id: "c", claims: 1 })
      }).pipe(
        Effect.scoped,
        Effect.provide(
          SqlTasks.layer.pipe(
            Layer.provideMerge(PostgresClient.layer(url)),
            Layer.provide(PostgresClient.layerClaims(url)),
            Layer.provide(Layer.succeed(Leases, { ...leases, duration: Duration.zero })),
            Layer.provide(StatusChanges.layer),
          ),
        ),
      )
    }).pipe(Effect.scoped),
  )
})
