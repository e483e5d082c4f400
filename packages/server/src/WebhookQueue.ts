/**
 * The webhooks that are still to be delivered. They stand in the tasks' rows, so one is accepted with its task, comes due
 * as the task ends, and is gone as it is delivered or given up; a restart changes nothing about it.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SqlClient from "effect/sql/SqlClient"
import * as DatabaseTime from "./internal/databaseTime.ts"
import * as Webhook from "./Webhook.ts"

/** An attempt to be made. */
export interface Delivery {
  readonly taskId: string
  readonly owner: string
  readonly url: string
  /** This one included. */
  readonly attempts: number
}

/** The queue's service. */
export class WebhookQueue extends Context.Service<
  WebhookQueue,
  {
    /** Takes the next delivery that is due and none of these owners'. No other server gets it before the lease is over. */
    readonly take: (lease: Duration.Duration, spared: ReadonlySet<string>) => Effect.Effect<Option.Option<Delivery>>
    /** In what time the next one that is none of these owners' is due. */
    readonly untilDue: (spared: ReadonlySet<string>) => Effect.Effect<Option.Option<Duration.Duration>>
    /** Puts a delivery off. */
    readonly postpone: (taskId: string, delay: Duration.Duration) => Effect.Effect<void>
    /** Ends a delivery: it has succeeded, or never will. */
    readonly end: (taskId: string) => Effect.Effect<void>
    /** The key that the owner's webhooks are signed with; made when it is first asked for. */
    readonly secretOf: (owner: string) => Effect.Effect<string>
  }
>()("voiceclone/server/WebhookQueue") {
  /** In a database whose migrations have run. */
  static readonly layer = Layer.effect(
    WebhookQueue,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const time = Effect.map(Clock.currentTimeMillis, DatabaseTime.at(sql))
      const open = (spared: ReadonlySet<string>) =>
        sql`webhook_url is not null and status in ('completed', 'failed') and not (${sql.in("owner", [...spared])})`
      return WebhookQueue.of({
        take: Effect.fnUntraced(function* (lease, spared) {
          const now = yield* time
          // Due is asked twice: a server that waited for another to take the row must see that it is taken.
          const [row] = yield* sql<{ id: string; owner: string; webhookUrl: string; webhookAttempts: number | bigint }>`
            update tasks set webhook_due_at = ${now} + ${Duration.toMillis(lease)}, webhook_attempts = webhook_attempts + 1
            where webhook_due_at <= ${now} and id = (
              select id from tasks
              where webhook_due_at <= ${now} and ${open(spared)}
              order by webhook_due_at limit 1)
            returning id, owner, webhook_url, webhook_attempts`
          return Option.map(Option.fromNullishOr(row), ({ id, owner, webhookAttempts, webhookUrl }) => ({
            taskId: id,
            owner,
            url: webhookUrl,
            attempts: Number(webhookAttempts),
          }))
        }, Effect.orDie),
        untilDue: Effect.fnUntraced(function* (spared) {
          const now = yield* time
          const [row] = yield* sql<{ rest: number | bigint | null }>`
            select min(webhook_due_at) - ${now} as rest from tasks where ${open(spared)}`
          return Option.map(Option.fromNullishOr(row?.rest), (rest) => Duration.millis(Math.max(0, Number(rest))))
        }, Effect.orDie),
        postpone: Effect.fnUntraced(function* (taskId, delay) {
          const now = yield* time
          yield* sql`update tasks set webhook_due_at = ${now} + ${Duration.toMillis(delay)} where id = ${taskId}`
        }, Effect.orDie),
        // An address may hold a token, so it is not kept longer than it is needed.
        end: (taskId) =>
          sql`update tasks set webhook_url = null where id = ${taskId}`.pipe(Effect.asVoid, Effect.orDie),
        secretOf: Effect.fnUntraced(function* (owner) {
          const made = { owner, secret: Webhook.randomSecret() }
          yield* sql`insert into webhook_secrets ${sql.insert(made)} on conflict (owner) do nothing`
          const [row] = yield* sql<{ secret: string }>`select secret from webhook_secrets where owner = ${owner}`
          return row?.secret ?? made.secret
        }, Effect.orDie),
      })
    }),
  )
}
