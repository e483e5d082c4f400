/**
 * The database of choice: PostgreSQL where its address is told, else SQLite in the data directory.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { DataDirectory } from "./DataDirectory.ts"
import * as PostgresClient from "./PostgresClient.ts"
import { DatabaseNewer, DatabaseUnusable, DataDirectoryUnusable } from "./ServerError.ts"
import { ServerConfig } from "./ServerOptions.ts"
import * as SqliteClient from "./SqliteClient.ts"
import { Leases } from "./Tasks.ts"

/**
 * A server that is gone is taken over from within `duration` and `patrol`; one that is alive may miss three renewals.
 */
export const leases = {
  duration: Duration.seconds(10),
  renewal: Duration.millis(2500),
  patrol: Duration.seconds(2),
}

/** A database's address, without what is nobody's business. */
export const addressOf = (url: Redacted.Redacted<string>): string => {
  const parsed = URL.parse(Redacted.value(url))
  return parsed === null ? "of DATABASE_URL" : `${parsed.host}${parsed.pathname}`
}

const whyPostgres = (cause: unknown): string => {
  const words: Array<string> = []
  for (let error: unknown = cause; error instanceof Error && words.length < 5;) {
    words.push(error.message)
    error = "reason" in error ? error.reason : error.cause
  }
  return words.findLast((line) => line !== "") ?? "it cannot be reached"
}

/** Why PostgreSQL does not serve. */
export const unreachable = (url: Redacted.Redacted<string>, cause: unknown): DatabaseUnusable =>
  new DatabaseUnusable({ address: addressOf(url), reason: whyPostgres(cause), cause })

/**
 * Gives a layer that needs the database the one of choice. Whatever it fails with is told as the failure of that
 * database.
 */
export const provideTo = <A, E extends Error, R>(
  layer: Layer.Layer<A, E, R | SqlClient.SqlClient>,
): Layer.Layer<
  A,
  DatabaseNewer | DatabaseUnusable | DataDirectoryUnusable,
  ServerConfig | DataDirectory | Exclude<R, SqlClient.SqlClient>
> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { databaseUrl } = yield* ServerConfig
      const { inside, path } = yield* DataDirectory
      const failing =
        <E2>(describe: (cause: E | SqlError) => E2) =>
        <B, R2>(layer: Layer.Layer<B, E | SqlError, R2>) =>
          Layer.catch(layer, (error) =>
            Layer.effectContext(Effect.fail(error instanceof DatabaseNewer ? error : describe(error))),
          )
      return databaseUrl === undefined
        ? layer.pipe(
            Layer.provide(SqliteClient.layer(inside("tasks.sqlite"))),
            failing(
              (cause): DatabaseUnusable | DataDirectoryUnusable =>
                new DataDirectoryUnusable({
                  path,
                  reason: `its tasks.sqlite cannot be opened (${cause.message})`,
                  nextStep: "Check its files and their permissions, or choose another data directory.",
                  cause,
                }),
            ),
          )
        : layer.pipe(
            Layer.provide(PostgresClient.layer(databaseUrl)),
            Layer.provide(PostgresClient.layerClaims(databaseUrl)),
            // for the worker, too, which has to renew them
            Layer.provideMerge(Layer.succeed(Leases, leases)),
            failing((cause): DatabaseUnusable | DataDirectoryUnusable => unreachable(databaseUrl, cause)),
          )
    }),
  )
