/**
 * The time of what several servers go by. Of several machines none has the right time, but all have the same database.
 */
import type * as SqlClient from "effect/sql/SqlClient"
import type * as Statement from "effect/sql/Statement"

/** Milliseconds since 1970 by PostgreSQL's own clock. */
export const ofPostgres = (sql: SqlClient.SqlClient): Statement.Fragment =>
  sql.literal("floor(extract(epoch from clock_timestamp()) * 1000)::bigint")

/** What statements take for now: the database's time where several servers share it, else this process's. */
export const at = (sql: SqlClient.SqlClient): ((now: number) => Statement.Fragment) =>
  sql.onDialectOrElse({
    pg: () => () => ofPostgres(sql),
    orElse: () => (now: number) => sql`${now}`,
  })
