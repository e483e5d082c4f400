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
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import { sure } from "./internal/patience.ts"
import { ServerConfig } from "./ServerOptions.ts"

const window = Duration.minutes(1)

/** What a process may still grant an owner without asking the database. */
interface Share {
  left: number
  /** Whether the database had no more than that. */
  isLast: boolean
  /** When the minute is over, in milliseconds since 1970. */
  endsAt: number
  /** One asks for all. */
  readonly asking: Semaphore.Semaphore
}

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

  /**
   * Counts in the table `request_rates`, for all processes on one database: together they never grant more than the limit.
   * Each process takes a hundredth of the limit at a time, and asks the database again once that is spent; so an owner is
   * refused before the limit by as much as other processes have not spent, less than a hundredth each.
   */
  static readonly layerSql = Layer.effect(
    RequestRate,
    Effect.gen(function* () {
      const { limits } = yield* ServerConfig
      const sql = yield* SqlClient.SqlClient
      const limit = limits.requestsPerMinute
      const portion = Math.ceil(limit / 100)
      const shares = new Map<string, Share>()
      const shareOf = (owner: string): Share => {
        const known = shares.get(owner)
        if (known !== undefined) return known
        const made = { left: 0, isLast: false, endsAt: 0, asking: Semaphore.makeUnsafe(1) }
        shares.set(owner, made)
        return made
      }

      const ask = Effect.fnUntraced(function* (owner: string, share: Share) {
        const now = yield* Clock.currentTimeMillis
        // somebody has asked while we waited
        if (now < share.endsAt && (share.left > 0 || share.isLast)) return
        const end = now + Duration.toMillis(window)
        // Asked again where the answer was lost, it has counted a portion too many.
        const [row] = yield* sure(sql<{ requests: number | bigint; endsAt: number | bigint }>`
            insert into request_rates (owner, requests, ends_at) values (${owner}, ${portion}, ${end})
            on conflict (owner) do update set
              requests = ${portion} + case when request_rates.ends_at <= ${now} then 0 else request_rates.requests end,
              ends_at = case when request_rates.ends_at <= ${now} then ${end} else request_rates.ends_at end
            returning requests, ends_at`)
        const excess = Math.max(0, Number(row?.requests ?? 0) - limit)
        share.left = Math.max(0, portion - excess)
        share.isLast = excess > 0
        share.endsAt = Number(row?.endsAt ?? end)
      })

      const take = Effect.fnUntraced(function* (owner: string) {
        const share = shareOf(owner)
        while (true) {
          const now = yield* Clock.currentTimeMillis
          if (now < share.endsAt && share.left > 0) {
            share.left--
            return Option.none<Duration.Duration>()
          }
          if (now < share.endsAt && share.isLast) return Option.some(Duration.millis(share.endsAt - now))
          yield* share.asking.withPermit(ask(owner, share))
        }
      })
      return RequestRate.of({ take: (owner) => (limit === Infinity ? Effect.succeedNone : take(owner)) })
    }),
  )
}
