import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import { join } from "node:path"
import * as SqliteClient from "../src/SqliteClient.ts"
import { temporary } from "./TestServer.ts"

describe("SqliteClient", () => {
  it.effect("says that the database is full, and goes on once it is not", () =>
    Effect.gen(function* () {
      const file = join(yield* temporary, "tasks.sqlite")
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`create table texts (text text)`
        const write = sql.withTransaction(sql`insert into texts values (${"a".repeat(1_000_000)})`)
        yield* sql`pragma max_page_count = 10`
        const error = yield* Effect.flip(write)
        assert.match(error.reason.message, /database or disk is full/u)
        yield* sql`pragma max_page_count = 1000`
        yield* write
        assert.deepStrictEqual(yield* sql`select count(*) as texts from texts`, [{ texts: 1 }])
      }).pipe(Effect.provide(SqliteClient.layer(file)))
    }),
  )
})
