/**
 * Effect's `SqlClient` on PostgreSQL, as the server's tables want it: names in camelCase, and times and counts as
 * numbers, which they fit for the next 285,000 years.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as PgTypes from "@effect/sql-pg/PgTypes"
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as Strings from "effect/String"

/** `bigint` as a number. */
const types = (): PgTypes.Registry => {
  const registry = PgTypes.makeRegistry()
  const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  registry.register<number | bigint>(PgTypes.OID.int8, {
    encode: (value) => {
      const bytes = new Uint8Array(8)
      view(bytes).setBigInt64(0, BigInt(value))
      return Result.succeed(bytes)
    },
    decode: (bytes) => Result.succeed(Number(view(bytes).getBigInt64(0))),
  })
  return registry
}

/** Connects when it is first asked. */
export const layer = (
  url: Redacted.Redacted,
  maxConnections = 10,
): Layer.Layer<PgClient.PgClient | SqlClient.SqlClient, SqlError> =>
  PgClient.layer({
    url,
    applicationName: "voiceclone-server",
    maxConnections,
    connectTimeout: "10 seconds",
    keepAlive: "5 seconds",
    transformQueryNames: Strings.camelToSnake,
    transformResultNames: Strings.snakeToCamel,
    types: types(),
  })

/**
 * Connections for those who hold claims on tasks, and for nobody else: behind a flood of requests a lease would run out
 * before its renewal has its turn.
 */
export class ClaimsClient extends Context.Service<ClaimsClient, SqlClient.SqlClient>()(
  "voiceclone/server/ClaimsClient",
) {}

/** Two of them. */
export const layerClaims = (url: Redacted.Redacted): Layer.Layer<ClaimsClient, SqlError> =>
  Layer.effect(ClaimsClient, SqlClient.SqlClient).pipe(Layer.provide(Layer.fresh(layer(url, 2))))
