/**
 * Effect's `SqlClient` on the SQLite that Node carries.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { classifySqliteError, SqlError } from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import * as Stream from "effect/Stream"
import * as Strings from "effect/String"
import { closeSync, openSync } from "node:fs"
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"

/** `node:sqlite` has SQLite's code as `errcode`; Effect looks for `errno`. */
const toSqlError = (cause: unknown, operation: string) =>
  new SqlError({
    reason: classifySqliteError(
      { cause, message: (cause as Error).message, errno: (cause as { readonly errcode?: number }).errcode },
      { message: (cause as Error).message, operation },
    ),
  })

/** Names of columns come again with every row. */
const camelCased = (() => {
  const known = new Map<string, string>()
  return (name: string): string => {
    const found = known.get(name) ?? Strings.snakeToCamel(name)
    known.set(name, found)
    return found
  }
})()

const makeConnection = (database: DatabaseSync): Connection => {
  const statements = new Map<string, StatementSync>()
  const prepare = (sql: string) => {
    const statement = statements.get(sql) ?? database.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  const attempt = <A>(operation: string, run: () => A) =>
    Effect.try({ try: run, catch: (cause) => toSqlError(cause, operation) })
  const all = (statement: StatementSync, params: ReadonlyArray<unknown>) =>
    statement.all(...(params as ReadonlyArray<SQLInputValue>)) as ReadonlyArray<Record<string, unknown>>
  const rows = (statement: StatementSync, params: ReadonlyArray<unknown>, transformed: boolean) => {
    const found = all(statement, params)
    const names = Object.keys(found[0] ?? {}).map((name) => [name, transformed ? camelCased(name) : name] as const)
    // The driver's rows have no prototype, and are slow to read.
    return found.map((row) => {
      const plain: Record<string, unknown> = {}
      for (const [name, as] of names) plain[as] = row[name]
      return plain
    })
  }
  return {
    execute: (sql, params, transformRows) =>
      attempt("execute", () => rows(prepare(sql), params, transformRows !== undefined)),
    executeRaw: (sql, params) => attempt("execute", () => rows(prepare(sql), params, false)),
    executeStream: () => Stream.die(new Error("Tables here are small: read them whole.")),
    executeValues: (sql, params) => attempt("execute", () => all(prepare(sql), params).map(Object.values)),
    executeValuesUnprepared: (sql, params) =>
      attempt("execute", () => all(database.prepare(sql), params).map(Object.values)),
    executeUnprepared: (sql, params, transformRows) =>
      attempt("execute", () => rows(database.prepare(sql), params, transformRows !== undefined)),
  }
}

/**
 * Opens the database file, in WAL mode and with every commit on the disk before it is reported. Column names are
 * snake_case in SQL and camelCase in rows.
 */
export const layer = (file: string): Layer.Layer<SqlClient.SqlClient, SqlError> =>
  Layer.effect(
    SqlClient.SqlClient,
    Effect.gen(function* () {
      const database = yield* Effect.acquireRelease(
        Effect.try({
          try: () => {
            // Texts are nobody else's business; SQLite gives its other files the same mode.
            if (file !== ":memory:") closeSync(openSync(file, "a", 0o600))
            const database = new DatabaseSync(file, { timeout: 5000 })
            database.exec("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on")
            return database
          },
          catch: (cause) => toSqlError(cause, "open"),
        }),
        (database) => Effect.sync(() => database.close()),
      )
      // SQLite ends a transaction by itself where the disk is full; to end it again is an error, which hides that one. Of
      // Node.js the 22.13 to 22.15 do not tell.
      const isTransaction = "isTransaction" in database ? () => database.isTransaction : undefined
      return yield* SqlClient.make({
        driver: "sqlite-node",
        compiler: Statement.makeCompilerSqlite(Strings.camelToSnake),
        transformRows: Statement.defaultTransforms(camelCased).array,
        spanAttributes: [["db.system.name", "sqlite"]],
        beginTransaction: "BEGIN IMMEDIATE",
        ...SqlClient.makeSqliteAcquirers({
          connection: Effect.succeed(makeConnection(database)),
          semaphore: yield* Semaphore.make(1),
          isTransaction,
        }),
      })
    }),
  ).pipe(Layer.provide(Reactivity.layer))
