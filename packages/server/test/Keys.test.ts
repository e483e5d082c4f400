import { assert, describe, it } from "@effect/vitest"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Statement from "effect/sql/Statement"
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import * as Keys from "../src/Keys.ts"
import { KeyStore } from "../src/KeyStore.ts"
import * as Migrations from "../src/Migrations.ts"
import { Server } from "../src/Server.ts"
import * as SqliteClient from "../src/SqliteClient.ts"
import { anna, call, create, eventually, serve, temporary, until } from "./TestServer.ts"

describe("Keys", () => {
  it.live("are made, listed and revoked while the server runs, and are its owners'", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const place = { dataDirectory }
      const first = yield* Effect.promise(() => Keys.create(place, "carla"))
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const second = yield* Effect.promise(() => Keys.create(place, "carla"))
        const other = yield* Effect.promise(() => Keys.create(place, "dora"))
        const id = yield* create(baseUrl, "Hello.", first.key)
        yield* until(baseUrl, id, "completed", second.key)
        const status = (key: string) =>
          Effect.map(call(`${baseUrl}/async-clone/task-status/${id}`, { key }), (answer) => answer.status)
        assert.strictEqual(yield* status(other.key), 403)
        // Those of the configuration stay what they were.
        assert.strictEqual(yield* status(anna), 403)
        assert.strictEqual(yield* status(`${first.key}x`), 401)

        assert.isTrue(yield* Effect.promise(() => Keys.revoke(place, other.id)))
        assert.isFalse(yield* Effect.promise(() => Keys.revoke(place, other.id)))
        assert.isFalse(yield* Effect.promise(() => Keys.revoke(place, "key_none")))
        yield* eventually(
          "the key to be refused",
          Effect.map(status(other.key), (answer) => answer === 401),
        )
        assert.strictEqual(yield* status(second.key), 200)
      }).pipe(Effect.provide(serve({ dataDirectory })))

      const known = yield* Effect.promise(() => Keys.list(place))
      assert.deepStrictEqual(
        known.map(({ owner, revokedAt }) => [owner, revokedAt !== undefined]),
        [
          ["carla", false],
          ["carla", false],
          ["dora", true],
        ],
      )
      assert.notInclude(JSON.stringify(known), first.key)
      for (const name of readdirSync(dataDirectory)) {
        if (name.startsWith("tasks.sqlite")) assert.isFalse(readFileSync(join(dataDirectory, name)).includes(first.key))
      }
    }),
  )

  it.effect("that come at the same time cost one query, be they wrong or right", () => {
    let queries = 0
    return Effect.gen(function* () {
      const store = yield* KeyStore
      const { key } = yield* store.create("carla")
      queries = 0
      const wrong = Array.makeBy(200, (index) => Redacted.make(`vc_${index}`))
      const holders = yield* Effect.forEach([...wrong, key, key], store.holderOf, { concurrency: "unbounded" })
      assert.deepStrictEqual(
        Array.getSomes(holders).map(({ owner }) => owner),
        ["carla", "carla"],
      )
      assert.strictEqual(queries, 1)
    }).pipe(
      Effect.provideService(Statement.CurrentTransformer, (statement) => Effect.sync(() => (queries++, statement))),
      Effect.provide(
        KeyStore.layer.pipe(
          Layer.provide(Layer.effectDiscard(Migrations.run)),
          Layer.provide(SqliteClient.layer(":memory:")),
        ),
      ),
    )
  })

  it.live("of a directory that holds none are not looked for, and nothing is made there", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const refused = (call: () => Promise<unknown>) =>
        Effect.flip(Effect.tryPromise({ try: call, catch: (error) => (error as Error).message }))
      const typo = { dataDirectory: join(directory, "typo") }
      assert.match(yield* refused(() => Keys.list(typo)), /Cannot use the data directory .+typo: there is none$/)
      assert.match(yield* refused(() => Keys.revoke(typo, "key_1")), /there is none$/)
      assert.match(yield* refused(() => Keys.list({ dataDirectory: directory })), /it holds no keys and no tasks$/)
      assert.deepStrictEqual(readdirSync(directory), [])
    }),
  )

  it.live("have owners that can stand in a log", () =>
    Effect.gen(function* () {
      const place = { dataDirectory: yield* temporary }
      for (const owner of ["", "a b", "a\nb", 'a"', "x".repeat(65)]) {
        const error = yield* Effect.flip(
          Effect.tryPromise({ try: () => Keys.create(place, owner), catch: (e) => e as Keys.KeysError }),
        )
        assert.strictEqual(error._tag, "OwnerInvalid", owner)
      }
    }),
  )

  it.live.runIf(process.platform === "linux")("are made nowhere that nothing can be made in", () =>
    Effect.gen(function* () {
      const dataDirectory = "/proc/voiceclone/server"
      const error = yield* Effect.flip(
        Effect.tryPromise({ try: () => Keys.create({ dataDirectory }, "carla"), catch: (e) => e as Keys.KeysError }),
      )
      assert.strictEqual(
        error.message,
        `Cannot use the data directory ${dataDirectory}: it cannot be made: no such file or directory`,
      )
    }),
  )
})
