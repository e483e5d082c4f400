/**
 * The tasks in an SQL table: in SQLite for one server, in PostgreSQL for as many as there are.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Cache from "effect/Cache"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"
import type * as Statement from "effect/sql/Statement"
import * as Migrations from "./Migrations.ts"
import * as DatabaseTime from "./internal/databaseTime.ts"
import * as Patience from "./internal/patience.ts"
import * as Remembered from "./internal/remembered.ts"
import { ClaimsClient } from "./PostgresClient.ts"
import { StatusChanges } from "./StatusChanges.ts"
import {
  type Claim,
  type ClaimedTask,
  InFlightExceeded,
  Leases,
  maxAttempts,
  TaskNotCreated,
  type TaskRecord,
  Tasks,
} from "./Tasks.ts"

const { isTransient, persist, sure } = Patience

const columns = {
  id: Schema.String,
  sequence: Schema.Int,
  owner: Schema.String,
  status: Schema.Literals(["pending", "processing", "completed", "failed"]),
  attempts: Schema.Int,
  claims: Schema.Int,
  engine: Schema.NullOr(Schema.String),
  error: Schema.NullOr(Schema.String),
  resultDigest: Schema.NullOr(Schema.String),
  fingerprint: Schema.NullOr(Schema.String),
  traceparent: Schema.NullOr(Schema.String),
  createdAt: Schema.DateTimeUtcFromMillis,
  startedAt: Schema.NullOr(Schema.DateTimeUtcFromMillis),
  completedAt: Schema.NullOr(Schema.DateTimeUtcFromMillis),
  expiresAt: Schema.NullOr(Schema.DateTimeUtcFromMillis),
}
const Row: Schema.Codec<TaskRecord, unknown> = Schema.Struct(columns)
const ClaimedRow: Schema.Codec<ClaimedTask, unknown> = Schema.Struct({
  ...columns,
  text: Schema.String,
  transcript: Schema.NullOr(Schema.String),
})

const NewRow = Schema.Struct({
  id: Schema.String,
  owner: Schema.String,
  status: Schema.Literal("pending"),
  text: Schema.String,
  transcript: Schema.NullOr(Schema.String),
  createdAt: Schema.Int,
  idempotencyKey: Schema.NullOr(Schema.String),
  fingerprint: Schema.NullOr(Schema.String),
  traceparent: Schema.NullOr(Schema.String),
  webhookUrl: Schema.NullOr(Schema.String),
  webhookDueAt: Schema.Int,
})

/** Brings the table up to date, then serves. */
export const layer = Layer.effect(
  Tasks,
  Effect.gen(function* () {
    yield* Migrations.run
    const sql = yield* SqlClient.SqlClient
    /** For what a worker does, so that no request delays it. */
    const claimSql = Option.getOrElse(yield* Effect.serviceOption(ClaimsClient), () => sql)
    const postgres = yield* Effect.serviceOption(PgClient.PgClient)
    const changes = yield* StatusChanges
    const leases = yield* Leases
    const arrivals = yield* Queue.sliding<void>(1)
    const arrive = Queue.offer(arrivals, undefined)
    const clock = yield* Clock.Clock
    const now = Clock.currentTimeMillis

    const databaseNow = DatabaseTime.ofPostgres(sql)
    /** What results expire by: a machine whose clock is ahead would else delete those of all. */
    const timeAt = DatabaseTime.at(sql)
    const time = Effect.map(now, timeAt)
    const leaseEnd =
      leases === undefined ? sql.literal("null") : sql`${databaseNow} + ${Duration.toMillis(leases.duration)}`
    const isDead = leases === undefined ? sql`1 = 1` : sql`lease_ends_at <= ${databaseNow}`
    const unlocked = sql.onDialectOrElse({
      pg: () => sql.literal("for update skip locked"),
      orElse: () => sql.literal(""),
    })
    /** Whoever looks at a thousand tasks has no use for a thousand texts. */
    const record = sql.csv(Object.keys(columns).map((name) => sql`${sql(name)}`))
    const held = ({ claims, id }: Claim) => sql`id = ${id} and status = 'processing' and claims = ${claims}`

    const one = SqlSchema.findOneOption({
      Request: Schema.String,
      Result: Row,
      execute: (id) => sql`select ${record} from tasks where id = ${id}`,
    })
    const find = (id: string) => sure(one(id))
    /** What is asked for over and over. Only for the one process that writes the table; not many, as each takes memory. */
    const known = yield* Cache.makeWith(find, {
      capacity: 1000,
      timeToLive: (exit) => (Exit.isSuccess(exit) && Option.isSome(exit.value) ? Duration.infinity : Duration.zero),
    })
    const changed = (id: string) => Effect.andThen(Cache.invalidate(known, id), changes.announce(id))
    const insert = SqlSchema.findOneOption({
      Request: NewRow,
      Result: Row,
      execute: (row) => sql`insert into tasks ${sql.insert(row)} on conflict do nothing returning ${record}`,
    })
    const byKey = SqlSchema.findOneOption({
      Request: Schema.Struct({ owner: Schema.String, key: Schema.String }),
      Result: Row,
      execute: ({ key, owner }) => sql`select ${record} from tasks where owner = ${owner} and idempotency_key = ${key}`,
    })
    const list = SqlSchema.findAll({
      Request: Schema.Struct({
        owner: Schema.String,
        status: Schema.optional(Schema.String),
        before: Schema.optional(Schema.Int),
        limit: Schema.Int,
      }),
      Result: Row,
      execute: ({ before, limit, owner, status }) =>
        sql`select ${record} from tasks where ${sql.and([
          sql`owner = ${owner}`,
          ...(status === undefined ? [] : [sql`status = ${status}`]),
          ...(before === undefined ? [] : [sql`sequence < ${before}`]),
        ])} order by sequence desc limit ${limit}`,
    })
    const claim = SqlSchema.findOneOption({
      Request: Schema.Struct({ at: Schema.Int, engine: Schema.String }),
      Result: ClaimedRow,
      execute: ({ at, engine }) =>
        claimSql`update tasks set status = 'processing', started_at = ${at}, engine = ${engine}, attempts = attempts + 1,
            claims = claims + 1, lease_ends_at = ${leaseEnd}
          where sequence = (
            select sequence from tasks where status = 'pending' order by sequence limit 1 ${unlocked}) returning *`,
    })
    const giveUp = SqlSchema.findAll({
      Request: Schema.Int,
      Result: Row,
      execute: (at) =>
        claimSql`update tasks set status = 'failed', text = '', transcript = null, completed_at = ${at},
          webhook_due_at = ${timeAt(at)}, error = 'The server stopped each time that it worked on this task'
          where status = 'processing' and attempts >= ${maxAttempts} and ${isDead} returning ${record}`,
    })
    const giveBack = SqlSchema.findAll({
      Request: Schema.Void,
      Result: Row,
      execute: () =>
        claimSql`update tasks set status = 'pending', started_at = null, engine = null
          where status = 'processing' and ${isDead} returning ${record}`,
    })
    const number = (name: string) => (rows: ReadonlyArray<object>) =>
      Option.fromNullishOr((rows[0] as Record<string, number | null> | undefined)?.[name])
    const unendedOf = (owner: string) =>
      sql`select count(*) as unended from tasks where status in ('pending', 'processing') and owner = ${owner}`.pipe(
        Effect.map((rows) => Option.getOrElse(number("unended")(rows), () => 0)),
      )
    const end = (client: SqlClient.SqlClient, which: Statement.Fragment, id: string, error: string) =>
      Effect.flatMap(
        now,
        (at) =>
          client`update tasks set status = 'failed', text = '', transcript = null, error = ${error},
          completed_at = ${at}, webhook_due_at = ${timeAt(at)} where ${which} returning id`,
      ).pipe(
        Effect.map((rows) => rows.length > 0),
        sure,
        Effect.ensuring(changed(id)),
      )

    const recover = Effect.flatMap(now, giveUp).pipe(
      Effect.zipWith(giveBack(), (failed, pending) => [...failed, ...pending]),
      claimSql.withTransaction,
      sure,
      Effect.ensuring(Cache.invalidateAll(known)),
      Effect.ensuring(arrive),
    )

    /** Hears what all servers on this database do. */
    const listen = (client: PgClient.PgClient) =>
      Effect.gen(function* () {
        const notices = yield* client.listen(Migrations.channel)
        // what was said while nobody listened
        yield* changes.announceAll
        while (true) {
          const { payload } = yield* Queue.take(notices)
          yield* Effect.andThen(changes.announce(payload), arrive)
        }
      }).pipe(
        Effect.scoped,
        Effect.catchCause((cause) => Effect.logWarning("Notices of the database are not heard", cause)),
        Effect.repeat(Schedule.spaced("1 second")),
      )

    if (Option.isSome(postgres)) yield* Effect.forkScoped(listen(postgres.value))

    return Tasks.of({
      create: ({
        id,
        idempotency,
        inFlightLimit: limit = Number.POSITIVE_INFINITY,
        owner,
        text,
        traceparent = null,
        transcript = null,
        webhookUrl = null,
      }) =>
        Effect.gen(function* () {
          const createdAt = yield* now
          const idempotencyKey = idempotency?.key ?? null
          const fingerprint = idempotency?.fingerprint ?? null
          // one after the other, as far as one owner's are concerned
          yield* sql.onDialectOrElse({
            pg: () => sql`select pg_advisory_xact_lock(hashtextextended(${owner}, 0))`,
            orElse: () => Effect.void,
          })
          // made before, where the answer to it was lost
          const before = yield* one(id)
          if (Option.isSome(before)) return before.value
          const known = idempotencyKey === null ? Option.none() : yield* byKey({ owner, key: idempotencyKey })
          if (Option.isSome(known)) return known.value
          if (limit !== Number.POSITIVE_INFINITY && (yield* unendedOf(owner)) >= limit) {
            return yield* new InFlightExceeded({ limit })
          }
          return Option.getOrThrow(
            yield* insert({
              id,
              owner,
              status: "pending",
              text,
              transcript,
              createdAt,
              idempotencyKey,
              fingerprint,
              traceparent,
              webhookUrl,
              webhookDueAt: createdAt,
            }),
          )
        }).pipe(
          sql.withTransaction,
          persist,
          Effect.catchIf(
            (error) => error._tag !== "InFlightExceeded",
            // What was asked without an answer may have been done.
            (cause) => (isTransient(cause) ? Effect.die(cause) : new TaskNotCreated({ cause })),
          ),
          Effect.tap(arrive),
        ),
      find: leases === undefined ? Remembered.get(known, clock) : find,
      findByKey: (owner, key) => sure(byKey({ owner, key })),
      list: (owner, page) => sure(list({ owner, ...page })),
      inFlight: (owner) => sure(unendedOf(owner)),
      ahead: ({ sequence }) =>
        sql`select count(*) as ahead from tasks where status in ('pending', 'processing') and sequence < ${sequence}`.pipe(
          Effect.map((rows) => Option.getOrElse(number("ahead")(rows), () => 0)),
          sure,
        ),

      claim: (engine) =>
        Effect.flatMap(now, (at) => claim({ at, engine })).pipe(
          Effect.tap(Option.match({ onNone: () => Effect.void, onSome: ({ id }) => changed(id) })),
          Effect.uninterruptible,
          // not repeated: what was claimed without our hearing of it comes back when its lease is over
          Effect.orDie,
        ),
      arrival: Queue.take(arrivals),
      renew: (claim) =>
        leases === undefined
          ? Effect.succeed(true)
          : claimSql`update tasks set lease_ends_at = ${leaseEnd} where ${held(claim)} returning id`.pipe(
              Effect.map((rows) => rows.length > 0),
              Effect.orDie,
            ),
      complete: (claim, { digest, retention }) =>
        Effect.gen(function* () {
          const at = yield* now
          const done = yield* claimSql`update tasks set status = 'completed', text = '', transcript = null,
            result_digest = ${digest}, completed_at = ${at}, webhook_due_at = ${timeAt(at)},
            expires_at = ${timeAt(at)} + ${Duration.toMillis(retention)}
            where ${held(claim)} returning id`
          if (done.length > 0) return true
          // done before, where the answer to it was lost
          const before = yield* claimSql`select id from tasks
            where id = ${claim.id} and status = 'completed' and claims = ${claim.claims}`
          return before.length > 0
        }).pipe(sure, Effect.ensuring(changed(claim.id))),
      fail: (claim, error) => end(claimSql, held(claim), claim.id, error),
      cancel: (id, reason) => end(sql, sql`id = ${id} and status in ('pending', 'processing')`, id, reason),
      expire: (id) =>
        Effect.flatMap(
          time,
          (at) => sql`update tasks set expires_at = ${at} where id = ${id} and expires_at > ${at}`,
        ).pipe(Effect.asVoid, sure, Effect.ensuring(changed(id))),
      release: (claim) =>
        claimSql`update tasks set status = 'pending', started_at = null, engine = null, attempts = attempts - 1
          where ${held(claim)}`.pipe(Effect.asVoid, sure, Effect.ensuring(changed(claim.id))),
      survived: ({ claims, id }) =>
        claimSql`update tasks set attempts = attempts - 1
          where id = ${id} and status in ('pending', 'processing') and claims >= ${claims} and attempts > 0`.pipe(
          Effect.asVoid,
          sure,
          Effect.ensuring(changed(id)),
        ),
      recover,

      unended: sql<{ id: string }>`select id from tasks where status in ('pending', 'processing')`.pipe(
        Effect.map((rows) => new Set(rows.map(({ id }) => id))),
        sure,
      ),
      expired: Effect.flatMap(
        time,
        (at) =>
          sql<{ id: string; claims: number }>`
            select id, claims from tasks where result_deleted_at is null and expires_at <= ${at}`,
      ).pipe(sure),
      resultDeleted: (id) =>
        Effect.flatMap(now, (at) => sql`update tasks set result_deleted_at = ${at} where id = ${id}`).pipe(
          Effect.asVoid,
          sure,
        ),
      forget: (age) =>
        Effect.flatMap(time, (at) => {
          const before = sql`${at} - ${Duration.toMillis(age)}`
          return sql`delete from tasks where webhook_url is null and (
            (status = 'failed' and completed_at <= ${before}) or
            (result_deleted_at is not null and expires_at <= ${before})) returning id`
        }).pipe(
          Effect.map((rows) => rows.length),
          sure,
          Effect.ensuring(Cache.invalidateAll(known)),
        ),
      untilExpiry: Effect.flatMap(
        time,
        (at) => sql`select min(expires_at) - ${at} as time_left from tasks where result_deleted_at is null`,
      ).pipe(
        Effect.map((rows) => Option.map(number("timeLeft")(rows), (left) => Duration.millis(Math.max(0, left)))),
        sure,
      ),
    })
  }),
)
