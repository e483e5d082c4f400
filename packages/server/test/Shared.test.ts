/**
 * Two servers on one PostgreSQL, and one directory: whatever is said to one holds for both. The clock of one is wrong.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"
import { once } from "node:events"
import { connect } from "node:net"
import * as Keys from "../src/Keys.ts"
import * as PostgresClient from "../src/PostgresClient.ts"
import { Server } from "../src/Server.ts"
import type { ServerOptions } from "../src/ServerOptions.ts"
import * as Postgres from "./Postgres.ts"
import {
  anna,
  call,
  create,
  eventually,
  form,
  held,
  serve,
  StuckSynthesizer,
  stubResult,
  temporary,
  until,
} from "./TestServer.ts"

const pair = Effect.fnUntraced(function* (
  options: Omit<ServerOptions, "dataDirectory"> = {},
  engine = undefined as typeof StuckSynthesizer | undefined,
) {
  const { name: database, url: databaseUrl } = yield* Postgres.database
  const dataDirectory = yield* temporary
  const one = Effect.map(
    Layer.build(Layer.fresh(serve({ ...options, databaseUrl, dataDirectory }, engine))),
    Context.get(Server),
  )
  const clock = yield* Clock.Clock
  const ahead: Clock.Clock = Object.assign(Object.create(clock), {
    currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + 90_000,
    currentTimeMillis: Effect.sync(() => clock.currentTimeMillisUnsafe() + 90_000),
  })
  const [a, b] = yield* Effect.all([one, Effect.provideService(one, Clock.Clock, ahead)], { concurrency: 2 })
  return { a: a.baseUrl, b: b.baseUrl, database, place: { dataDirectory, databaseUrl: Redacted.value(databaseUrl) } }
})

const post = (baseUrl: string, text: string, headers: Record<string, string> = {}) =>
  call(`${baseUrl}/async-clone/create-task`, { method: "POST", body: form(text), headers })

/** Follows the task until it gets the event. */
const followed = (baseUrl: string, taskId: string, eventId: string) =>
  Effect.promise(async (signal) => {
    const headers = { authorization: `Bearer ${anna}` }
    const { body } = await fetch(`${baseUrl}/async-clone/task-events/${taskId}`, { headers, signal })
    let text = ""
    for await (const piece of body!.pipeThrough(new TextDecoderStream())) {
      text += piece
      if (text.includes(`id: ${eventId}\n`)) return
    }
    throw new Error(`Ended without ${eventId}: ${text}`)
  })

describe("Servers on one database", { timeout: 60_000 }, () => {
  it.live("know each other's tasks, hold requests for each other's changes, and serve each other's results", () =>
    Effect.gen(function* () {
      const { a, b } = yield* pair()
      const id = yield* create(a, "Hello.")
      const headers = { prefer: "wait=20" }
      let { json } = yield* call(`${b}/async-clone/task-status/${id}`, { headers })
      while (json.status !== "completed") json = (yield* call(`${b}/async-clone/task-status/${id}`, { headers })).json
      for (const baseUrl of [a, b]) {
        const result = yield* call(`${baseUrl}/async-clone/task-result/${id}`)
        assert.isTrue(result.body.equals(stubResult))
      }
      yield* call(`${b}/async-clone/task/${id}`, { method: "DELETE" })
      assert.strictEqual((yield* call(`${a}/async-clone/task-result/${id}`)).status, 410)
    }).pipe(Effect.scoped),
  )

  it.live("tell how far a task is that another works on", () =>
    Effect.gen(function* () {
      const { a, b } = yield* pair({ workers: 1 }, StuckSynthesizer)
      const ids = [yield* create(a, "wait"), yield* create(a, "wait")]
      const everywhere = [a, b].flatMap((baseUrl) => ids.map((id) => ({ baseUrl, id })))
      yield* Effect.forEach(everywhere, ({ baseUrl, id }) => followed(baseUrl, id, "processing-0.25"), {
        concurrency: "unbounded",
      }).pipe(
        // sooner than whoever is told nothing would look again
        Effect.timeout("8 seconds"),
      )
      yield* Effect.forEach(everywhere, ({ baseUrl, id }) =>
        Effect.map(call(`${baseUrl}/async-clone/task-status/${id}`), ({ json }) =>
          assert.strictEqual(json.progress, 0.25),
        ),
      )
    }).pipe(Effect.scoped),
  )

  it.live("hold nothing for who has gone away while the database was asked", () =>
    Effect.gen(function* () {
      const { a } = yield* pair({}, StuckSynthesizer)
      const id = yield* create(a, "wait")
      yield* until(a, id, "processing")
      const { pathname, port } = new URL(a)
      const leave = (path: string) =>
        Effect.promise(async () => {
          const socket = connect(Number(port), "127.0.0.1")
          const lines = [`GET ${pathname}/async-clone/${path} HTTP/1.1`, "Host: a", `Authorization: Bearer ${anna}`]
          socket.write([...lines, "Prefer: wait=60", "", ""].join("\r\n"), () => socket.resetAndDestroy())
          await once(socket, "close")
        })
      for (let count = 0; count < 20; count++) {
        yield* Effect.all([leave(`task-events/${id}`), leave(`task-status/${id}`)], { concurrency: 2 })
      }
      yield* Effect.sleep("500 millis")
      yield* held(0)
    }).pipe(Effect.scoped),
  )

  it.live("hold on to a task for as long as they work on it", () =>
    Effect.gen(function* () {
      const { a, database } = yield* pair({}, StuckSynthesizer)
      const id = yield* create(a, "wait")
      yield* until(a, id, "processing")
      const leaseEnd = Effect.map(Postgres.administer(`\\c ${database}`, "select lease_ends_at from tasks"), Number)
      const first = yield* leaseEnd
      yield* eventually(
        "the lease to be renewed",
        Effect.map(leaseEnd, (end) => end > first),
      )
    }).pipe(Effect.scoped),
  )

  it.live("cancel what another works on", () =>
    Effect.gen(function* () {
      const { a, b } = yield* pair({}, StuckSynthesizer)
      const [first, second] = [yield* create(a, "wait"), yield* create(a, "wait")]
      yield* until(b, first, "processing")
      yield* until(b, second, "processing")
      const third = yield* create(b, "wait")
      for (const id of [first, second]) {
        for (const baseUrl of [a, b]) yield* call(`${baseUrl}/async-clone/task/${id}`, { method: "DELETE" })
      }
      yield* until(a, third, "processing")
      yield* until(a, first, "failed")
    }).pipe(Effect.scoped),
  )

  it.live("make one task of one key, and no more tasks than an owner may have, however many come at once", () =>
    Effect.gen(function* () {
      const { a, b } = yield* pair({ workers: 0, limits: { tasksInFlight: 5 } })
      const once = yield* Effect.forEach(
        Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? a : b)),
        (baseUrl) => post(baseUrl, "Hello.", { "idempotency-key": "one" }),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(new Set(once.map(({ json }) => json.task_id)).size, 1)
      const many = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? a : b)),
        (baseUrl) => post(baseUrl, "Hello."),
        { concurrency: "unbounded" },
      )
      const counted = Object.groupBy(many, ({ status }) => String(status))
      assert.deepStrictEqual([counted["200"]?.length, counted["429"]?.length], [4, 16])
    }).pipe(Effect.scoped),
  )

  it.live("count requests together, and take keys that are made beside them", () =>
    Effect.gen(function* () {
      const { a, b, place } = yield* pair({ limits: { requestsPerMinute: 10 } })
      const answers = yield* Effect.forEach(
        Array.from({ length: 14 }, (_, index) => (index % 2 === 0 ? a : b)),
        (baseUrl) => call(`${baseUrl}/async-clone/task-status/none`, { key: anna }),
      )
      assert.strictEqual(answers.filter(({ status }) => status === 429).length, 4)
      const { id, key } = yield* Effect.promise(() => Keys.create(place, "carla"))
      const status = (baseUrl: string) =>
        Effect.map(call(`${baseUrl}/async-clone/task-status/none`, { key }), (answer) => answer.status)
      assert.deepStrictEqual([yield* status(a), yield* status(b)], [404, 404])
      assert.isTrue(yield* Effect.promise(() => Keys.revoke(place, id)))
      for (const baseUrl of [a, b]) {
        yield* eventually(
          "the key to be refused",
          Effect.map(status(baseUrl), (answer) => answer === 401),
        )
      }
    }).pipe(Effect.scoped),
  )

  it.live("say at the start why the database cannot be used, and show no password", () =>
    Effect.gen(function* () {
      const { port } = yield* Postgres.database
      for (const [address, reason] of [
        [`127.0.0.1:1/none`, /ECONNREFUSED|refused/u],
        [`127.0.0.1:${port}/none`, /does not exist/u],
      ] as const) {
        const databaseUrl = Redacted.make(`postgres://postgres:secret@${address}`)
        const error = yield* Effect.flip(
          Layer.build(serve({ databaseUrl, dataDirectory: yield* temporary })).pipe(Effect.scoped),
        )
        assert.strictEqual(error._tag, "DatabaseUnusable")
        assert.match(error.message, reason)
        assert.include(error.message, address)
        assert.notInclude(error.message, "secret")
      }
    }).pipe(Effect.scoped),
  )

  it.live("do not start where a newer version has changed the database", () =>
    Effect.gen(function* () {
      const { url } = yield* Postgres.database
      const started = Layer.build(serve({ databaseUrl: url, dataDirectory: yield* temporary })).pipe(Effect.scoped)
      yield* started
      yield* Effect.provide(
        SqlClient.SqlClient.use((sql) => sql`insert into migrations (migration_id, name) values (9999, 'of tomorrow')`),
        PostgresClient.layer(url),
      )
      assert.strictEqual((yield* Effect.flip(started))._tag, "DatabaseNewer")
    }).pipe(Effect.scoped),
  )
})
