import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Server } from "../src/Server.ts"
import type { ServerOptions } from "../src/ServerOptions.ts"
import type { StoreUnusable } from "../src/ServerError.ts"
import * as PostgresClient from "../src/PostgresClient.ts"
import * as Postgres from "./Postgres.ts"
import * as S3TestServer from "./S3TestServer.ts"
import { call, create, eventually, files, holds, serve, stubResult, temporary, until } from "./TestServer.ts"

/** A start that makes a result. */
const work = (options: ServerOptions) =>
  Effect.gen(function* () {
    const { baseUrl } = yield* Server
    const id = yield* create(baseUrl, "Hello.")
    yield* until(baseUrl, id, "completed")
    return id
  }).pipe(Effect.provide(serve(options)))

const started = (options: ServerOptions) => Effect.provide(Effect.asVoid(Server), Layer.fresh(serve(options)))

const refused = (options: ServerOptions) => Effect.map(Effect.flip(started(options)), (error) => error as StoreUnusable)

const loseDatabase = (dataDirectory: string) => {
  for (const end of ["", "-wal", "-shm"]) rmSync(join(dataDirectory, `tasks.sqlite${end}`), { force: true })
}

describe("StoreIdentity", () => {
  it.live("keeps what a database has never known, until its store is given to it", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const id = yield* work({ dataDirectory })
      const identity = join(dataDirectory, "store-id")
      const old = readFileSync(identity, "utf8").trim()
      loseDatabase(dataDirectory)

      const error = yield* refused({ dataDirectory })
      assert.include(error.message, `${dataDirectory}: it belongs to another database: its store-id is ${old}`)
      // Nor where a store of before there were ids meets a database without tasks.
      rmSync(identity)
      const other = yield* refused({ dataDirectory })
      assert.match(other.message, /it holds samples or results, and this database, [\w-]{36}, has had no tasks/u)
      assert.deepStrictEqual(files(dataDirectory, "results"), [`${id}.1.wav`])

      const own = /write ([\w-]{36}) into/u.exec(other.nextStep)?.[1] ?? ""
      writeFileSync(identity, own)
      yield* started({ dataDirectory })
      yield* holds(dataDirectory, "results")
    }),
  )

  it.live("gives an id to a store whose tasks the database knows", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const id = yield* work({ dataDirectory })
      const identity = join(dataDirectory, "store-id")
      const before = readFileSync(identity, "utf8")
      rmSync(identity)
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        assert.deepStrictEqual((yield* call(`${baseUrl}/async-clone/task-result/${id}`)).body, stubResult)
      }).pipe(Effect.provide(serve({ dataDirectory })))
      assert.strictEqual(readFileSync(identity, "utf8"), before)
    }),
  )

  it.live("takes no empty place for the store of tasks that have something in theirs", () =>
    Effect.gen(function* () {
      const [{ url: databaseUrl }, dataDirectory] = [yield* Postgres.database, yield* temporary]
      const id = yield* work({ dataDirectory, databaseUrl })
      // as a share is that was not mounted
      const elsewhere = yield* temporary
      assert.match(
        (yield* refused({ dataDirectory: elsewhere, databaseUrl })).message,
        /: it is empty, and this database, [\w-]{36}, has tasks with samples or results: is it mounted\?$/u,
      )
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        yield* call(`${baseUrl}/async-clone/task/${id}`, { method: "DELETE" })
        yield* eventually(
          "the result to be gone",
          Effect.sync(() => files(dataDirectory, "results").length === 0),
        )
      }).pipe(Effect.provide(serve({ dataDirectory, databaseUrl })))
      yield* Effect.provide(
        SqlClient.SqlClient.use((sql) => sql`update store_identity set used_at = used_at - 30000`),
        PostgresClient.layer(databaseUrl),
      )
      // of tasks that have nothing any more, nothing is lost
      yield* started({ dataDirectory: elsewhere, databaseUrl })
    }),
  )

  it.live("takes no empty place for the store that other servers use", () =>
    Effect.gen(function* () {
      const [{ url: databaseUrl }, dataDirectory] = [yield* Postgres.database, yield* temporary]
      yield* Effect.gen(function* () {
        yield* Server
        assert.match(
          (yield* refused({ dataDirectory: yield* temporary, databaseUrl })).message,
          /: it is empty, and within half a minute another server of this database, [\w-]{36}, used another: is it mounted\?$/u,
        )
        yield* started({ dataDirectory, databaseUrl })
      }).pipe(Effect.provide(serve({ dataDirectory, databaseUrl })))
    }),
  )

  it.live("lets no other database have a bucket", () =>
    Effect.gen(function* () {
      const [production, staging, s3] = [yield* temporary, yield* temporary, yield* S3TestServer.serve]
      const store = s3.options("voices")
      const id = yield* work({ dataDirectory: production, store })
      assert.match(
        (yield* refused({ dataDirectory: staging, store })).message,
        /^Cannot use the store s3:.*voices: it/u,
      )
      // A sample that nobody needs any more may be left to the next start.
      const kept = [...s3.objects.keys()].filter((key) => !key.startsWith("voices/samples/"))
      assert.sameMembers(kept, ["voices/store-id", `voices/results/${id}.1.wav`])
      yield* started({ dataDirectory: production, store })
    }),
  )
})
