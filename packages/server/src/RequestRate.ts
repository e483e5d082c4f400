/**
 * How often an owner may ask: so many requests in each minute. One process counts in memory; several machines count in
 * their database, so that a limit means the same however many there are.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as SqlClient from "effect/sql/SqlClient"
import { ServerConfig } from "./ServerOptions.ts"

const window = Duration.minutes(1)

/** The rate's service. */
export class RequestRate extends Context.Service<
  RequestRate,
  {
    /** Counts a request of the owner's; where it is one too many, says after what time the next may come. */
    readonly take: (owner: string) => Effect.Effect<Option.Option<Duration.Duration>>
  }
>()("voiceclone/server/RequestRate") {
  /** Counts in memory: for one process. */
  static readonly layerMemory = Layer.effect(
    RequestRate,
    Effect.gen(function* () {
      const { limits } = yield* ServerConfig
      const limiter = yield* RateLimiter.make
      const limit = limits.requestsPerMinute
      return RequestRate.of({
        take: (key) =>
          limit === Infinity
            ? Effect.succeedNone
            : limiter.consume({ key, limit, window }).pipe(
                Effect.as(Option.none<Duration.Duration>()),
                Effect.catch(({ reason }) =>
                  reason._tag === "RateLimitExceeded" ? Effect.succeedSome(reason.retryAfter) : Effect.die(reason),
                ),
              ),
      })
    }),
  ).pipe(Layer.provide(RateLimiter.layerStoreMemory))

  /** Counts in the table `request_rates`: for all processes on one database. */
  static readonly layerSql = Layer.effect(
    RequestRate,
    Effect.gen(function* () {
      const { limits } = yield* ServerConfig
      const sql = yield* SqlClient.SqlClient
      const limit = limits.requestsPerMinute
      const take = Effect.fnUntraced(function* (owner: string) {
        const now = yield* Clock.currentTimeMillis
        const end = now + Duration.toMillis(window)
        const [row] = yield* sql<{ requests: number | bigint; endsAt: number | bigint }>`
            insert into request_rates (owner, requests, ends_at) values (${owner}, 1, ${end})
            on conflict (owner) do update set
              requests = case when request_rates.ends_at <= ${now} then 1 else request_rates.requests + 1 end,
              ends_at = case when request_rates.ends_at <= ${now} then ${end} else request_rates.ends_at end
            returning requests, ends_at`
        return row === undefined || Number(row.requests) <= limit
          ? Option.none<Duration.Duration>()
          : Option.some(Duration.millis(Number(row.endsAt) - now))
      }, Effect.orDie)
      return RequestRate.of({ take: (owner) => (limit === Infinity ? Effect.succeedNone : take(owner)) })
    }),
  )
}
