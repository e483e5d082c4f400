/**
 * The steps from an empty database to this version's. Times are milliseconds since 1970.
 */
import * as Effect from "effect/Effect"
import * as Migrator from "effect/sql/Migrator"
import * as SqlClient from "effect/sql/SqlClient"
import { DatabaseNewer } from "./ServerError.ts"

/** Where PostgreSQL tells every server the ids of tasks that are new or have changed. */
export const channel = "voiceclone_tasks"

const steps = {
  "0001_tasks": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const sequence = sql.onDialectOrElse({
      pg: () => sql.literal("bigint generated always as identity primary key"),
      orElse: () => sql.literal("integer primary key autoincrement"),
    })
    yield* sql`
      create table tasks (
        sequence ${sequence},
        id text not null unique,
        owner text not null,
        status text not null,
        text text not null,
        attempts integer not null default 0,
        engine text,
        error text,
        created_at bigint not null,
        started_at bigint,
        completed_at bigint,
        expires_at bigint,
        result_deleted_at bigint
      )`
    yield* sql`create index tasks_unended on tasks (status, sequence) where status in ('pending', 'processing')`
    yield* sql`create index tasks_expiry on tasks (expires_at) where result_deleted_at is null`
  }),
  "0002_idempotency": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`alter table tasks add column idempotency_key text`
    yield* sql`alter table tasks add column fingerprint text`
    yield* sql`alter table tasks add column result_digest text`
    yield* sql`create unique index tasks_idempotency on tasks (owner, idempotency_key) where idempotency_key is not null`
  }),
  "0003_transcript": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`alter table tasks add column transcript text`
  }),
  "0004_api_keys": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`
      create table api_keys (
        id text primary key,
        owner text not null,
        digest text not null unique,
        created_at bigint not null,
        revoked_at bigint
      )`
  }),
  "0005_request_rates": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`create table request_rates (owner text primary key, requests bigint not null, ends_at bigint not null)`
  }),
  "0006_webhooks": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`alter table tasks add column webhook_url text`
    yield* sql`alter table tasks add column webhook_due_at bigint`
    yield* sql`alter table tasks add column webhook_attempts integer not null default 0`
    yield* sql`create index tasks_webhooks on tasks (webhook_due_at) where webhook_url is not null`
    yield* sql`create table webhook_secrets (owner text primary key, secret text not null)`
  }),
  "0007_traceparent": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`alter table tasks add column traceparent text`
  }),
  "0008_leases": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`alter table tasks add column claims integer not null default 0`
    yield* sql`alter table tasks add column lease_ends_at bigint`
    yield* sql`create index tasks_completion on tasks (completed_at) where completed_at is not null`
    yield* sql.onDialectOrElse({
      pg: () =>
        Effect.andThen(
          sql`
            create function tasks_changed() returns trigger language plpgsql as $$
              begin perform pg_notify('${sql.literal(channel)}', new.id); return null; end
            $$`,
          sql`
            create trigger tasks_changed after insert or update of status, expires_at on tasks
              for each row execute function tasks_changed()`,
        ),
      orElse: () => Effect.void,
    })
  }),
  "0009_store_identity": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`create table store_identity (id text primary key)`
    yield* sql`insert into store_identity ${sql.insert({ id: crypto.randomUUID() })}`
  }),
  "0010_store_in_use": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`alter table store_identity add column used_at bigint`
    // Those of tasks that wait are not to be gone through each time that one ends.
    yield* sql`drop index tasks_webhooks`
    yield* sql`create index tasks_webhooks on tasks (webhook_due_at)
      where webhook_url is not null and status in ('completed', 'failed')`
  }),
}

const known = Object.keys(steps).length
const table = "migrations"

/** Brings the database up to date; fails with `DatabaseNewer` where it is beyond that. */
export const run = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Migrator.make({})({ loader: Migrator.fromRecord(steps), table })
  const [last] = yield* sql<{ step: number }>`select max(migration_id) as step from ${sql(table)}`
  const step = last?.step ?? known
  if (step > known) return yield* new DatabaseNewer({ step, known })
})
