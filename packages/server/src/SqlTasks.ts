/**
 * The tasks in an SQL table, for one server process.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"
import * as Migrations from "./Migrations.ts"
import { StatusChanges } from "./StatusChanges.ts"
import { maxAttempts, type TaskRecord, Tasks } from "./Tasks.ts"

const Row: Schema.Codec<TaskRecord, unknown> = Schema.Struct({
  id: Schema.String,
  sequence: Schema.Int,
  owner: Schema.String,
  status: Schema.Literals(["pending", "processing", "completed", "failed"]),
  text: Schema.String,
  transcript: Schema.NullOr(Schema.String),
  attempts: Schema.Int,
  engine: Schema.NullOr(Schema.String),
  error: Schema.NullOr(Schema.String),
  resultDigest: Schema.NullOr(Schema.String),
  fingerprint: Schema.NullOr(Schema.String),
  traceparent: Schema.NullOr(Schema.String),
  createdAt: Schema.DateTimeUtcFromMillis,
  startedAt: Schema.NullOr(Schema.DateTimeUtcFromMillis),
  completedAt: Schema.NullOr(Schema.DateTimeUtcFromMillis),
  expiresAt: Schema.NullOr(Schema.DateTimeUtcFromMillis),
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
    const changes = yield* StatusChanges
    const arrivals = yield* Queue.sliding<void>(1)
    const now = Clock.currentTimeMillis

    const one = SqlSchema.findOneOption({
      Request: Schema.String,
      Result: Row,
      execute: (id) => sql`select * from tasks where id = ${id}`,
    })
    const insert = SqlSchema.findOneOption({
      Request: NewRow,
      Result: Row,
      execute: (row) =>
        sql`insert into tasks ${sql.insert(row)}
          on conflict (owner, idempotency_key) where idempotency_key is not null do nothing returning *`,
    })
    const byKey = SqlSchema.findOneOption({
      Request: Schema.Struct({ owner: Schema.String, key: Schema.String }),
      Result: Row,
      execute: ({ key, owner }) => sql`select * from tasks where owner = ${owner} and idempotency_key = ${key}`,
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
        sql`select * from tasks where ${sql.and([
          sql`owner = ${owner}`,
          ...(status === undefined ? [] : [sql`status = ${status}`]),
          ...(before === undefined ? [] : [sql`sequence < ${before}`]),
        ])} order by sequence desc limit ${limit}`,
    })
    const claim = SqlSchema.findOneOption({
      Request: Schema.Struct({ at: Schema.Int, engine: Schema.String }),
      Result: Row,
      execute: ({ at, engine }) =>
        sql`update tasks set status = 'processing', started_at = ${at}, engine = ${engine}, attempts = attempts + 1
          where sequence = (select min(sequence) from tasks where status = 'pending') returning *`,
    })
    const giveUp = SqlSchema.findAll({
      Request: Schema.Int,
      Result: Row,
      execute: (at) =>
        sql`update tasks set status = 'failed', text = '', transcript = null, completed_at = ${at},
          error = 'The server stopped each time that it worked on this task'
          where status = 'processing' and attempts >= ${maxAttempts} returning *`,
    })
    const giveBack = SqlSchema.findAll({
      Request: Schema.Void,
      Result: Row,
      execute: () =>
        sql`update tasks set status = 'pending', started_at = null, engine = null
          where status = 'processing' returning *`,
    })
    const number = (name: string) => (rows: ReadonlyArray<object>) =>
      Option.fromNullishOr((rows[0] as Record<string, number | null> | undefined)?.[name])

    return Tasks.of({
      create: ({ id, idempotency, owner, text, traceparent = null, transcript = null, webhookUrl = null }) =>
        Effect.gen(function* () {
          const createdAt = yield* now
          const idempotencyKey = idempotency?.key ?? null
          const fingerprint = idempotency?.fingerprint ?? null
          const created = yield* insert({
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
          })
          if (Option.isNone(created)) {
            // Rows are never deleted, so what stood in the way still stands.
            return Option.getOrThrow(yield* byKey({ owner, key: idempotencyKey ?? "" }))
          }
          yield* Queue.offer(arrivals, undefined)
          return created.value
        }).pipe(Effect.orDie),
      find: (id) => Effect.orDie(one(id)),
      findByKey: (owner, key) => Effect.orDie(byKey({ owner, key })),
      list: (owner, page) => Effect.orDie(list({ owner, ...page })),
      inFlight: (owner) =>
        sql`select count(*) as unended from tasks where status in ('pending', 'processing') and owner = ${owner}`.pipe(
          Effect.map((rows) => Option.getOrElse(number("unended")(rows), () => 0)),
          Effect.orDie,
        ),
      ahead: ({ sequence }) =>
        sql`select count(*) as ahead from tasks where status in ('pending', 'processing') and sequence < ${sequence}`.pipe(
          Effect.map((rows) => Option.getOrElse(number("ahead")(rows), () => 0)),
          Effect.orDie,
        ),

      claim: (engine) =>
        Effect.flatMap(now, (at) => claim({ at, engine })).pipe(
          Effect.tap(Option.match({ onNone: () => Effect.void, onSome: ({ id }) => changes.announce(id) })),
          Effect.orDie,
        ),
      arrival: Queue.take(arrivals),
      complete: (id, { digest, retention }) =>
        Effect.flatMap(
          now,
          (at) =>
            sql`update tasks set status = 'completed', text = '', transcript = null, result_digest = ${digest},
            completed_at = ${at}, expires_at = ${at + Duration.toMillis(retention)}
            where id = ${id} and status = 'processing' returning id`,
        ).pipe(
          Effect.map((rows) => rows.length > 0),
          Effect.tap(changes.announce(id)),
          Effect.orDie,
        ),
      fail: (id, error) =>
        Effect.flatMap(
          now,
          (at) =>
            sql`update tasks set status = 'failed', text = '', transcript = null, error = ${error},
            completed_at = ${at} where id = ${id} and status in ('pending', 'processing')`,
        ).pipe(Effect.andThen(changes.announce(id)), Effect.orDie),
      expire: (id) =>
        Effect.flatMap(
          now,
          (at) => sql`update tasks set expires_at = ${at} where id = ${id} and expires_at > ${at}`,
        ).pipe(Effect.andThen(changes.announce(id)), Effect.orDie),
      release: (id) =>
        sql`update tasks set status = 'pending', started_at = null, engine = null, attempts = attempts - 1
          where id = ${id} and status = 'processing'`.pipe(Effect.andThen(changes.announce(id)), Effect.orDie),
      recover: Effect.flatMap(now, giveUp).pipe(
        Effect.zipWith(giveBack(), (failed, pending) => [...failed, ...pending]),
        sql.withTransaction,
        Effect.orDie,
      ),

      unended: sql<{ id: string }>`select id from tasks where status in ('pending', 'processing')`.pipe(
        Effect.map((rows) => new Set(rows.map(({ id }) => id))),
        Effect.orDie,
      ),
      expired: Effect.flatMap(
        now,
        (at) => sql<{ id: string }>`select id from tasks where result_deleted_at is null and expires_at <= ${at}`,
      ).pipe(
        Effect.map((rows) => rows.map(({ id }) => id)),
        Effect.orDie,
      ),
      resultDeleted: (id) =>
        Effect.flatMap(now, (at) => sql`update tasks set result_deleted_at = ${at} where id = ${id}`).pipe(
          Effect.asVoid,
          Effect.orDie,
        ),
      nextExpiry: sql`select min(expires_at) as next from tasks where result_deleted_at is null`.pipe(
        Effect.map((rows) => Option.map(number("next")(rows), DateTime.makeUnsafe)),
        Effect.orDie,
      ),
    })
  }),
)
