/**
 * How often an owner may ask: so many requests in each minute. One process counts in memory; several machines count in
 * their database, so that a limit means the same however many there are.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import * as DatabaseTime from "./internal/databaseTime.ts"
import { sure } from "./internal/patience.ts"
import * as SteadyClock from "./internal/steadyClock.ts"
import { ServerConfig } from "./ServerOptions.ts"

const window = Duration.minutes(1)

/** What a process may still grant an owner without asking anybody. */
interface Share {
  left: number
  /** Whether there is no more than that. */
  isLast: boolean
  /** When the minute is over, by this process's steady clock. */
  endsAt: number
  /** One asks for all. */
  readonly asking: Semaphore.Semaphore
}

const isOver = ({ endsAt, isLast, left }: Share, now: number): boolean => now >= endsAt || (left === 0 && !isLast)

/** Grants what shares have, and renews one that is spent or over. */
const granting = Effect.fnUntraced(function* <R>(
  renewing: (
    limit: number,
  ) => Effect.Effect<(owner: string, share: Share, now: number) => Effect.Effect<void>, never, R>,
): Effect.fn.Return<RequestRate["Service"], never, R | ServerConfig> {
  const { limits } = yield* ServerConfig
  const limit = limits.requestsPerMinute
  const clock = SteadyClock.of(yield* Clock.Clock)
  const renew = yield* renewing(limit)
  const shares = new Map<string, Share>()
  const shareOf = (owner: string): Share => {
    const known = shares.get(owner)
    if (known !== undefined) return known
    const made = { left: 0, isLast: false, endsAt: 0, asking: Semaphore.makeUnsafe(1) }
    shares.set(owner, made)
    return made
  }
  const take = (owner: string): Effect.Effect<Option.Option<Duration.Duration>> => {
    const share = shareOf(owner)
    const now = clock.currentTimeMillisUnsafe()
    if (isOver(share, now)) {
      const ask = Effect.suspend(() => {
        // somebody may have asked while we waited
        const now = clock.currentTimeMillisUnsafe()
        return isOver(share, now) ? renew(owner, share, now) : Effect.void
      })
      return Effect.flatMap(share.asking.withPermit(ask), () => take(owner))
    }
    if (share.left === 0) return Effect.succeedSome(Duration.millis(share.endsAt - now))
    share.left--
    return Effect.succeedNone
  }
  return { take: limit === Infinity ? () => Effect.succeedNone : take }
})

/** The rate's service. */
export class RequestRate extends Context.Service<
  RequestRate,
  {
    /**
     * Counts a request of the owner's; where it is one too many, says after what time the next may come. To be called for
     * each request: where nobody needs to be asked, it has counted by the time that it returns, and what it returns is an
     * `Exit`.
     */
    readonly take: (owner: string) => Effect.Effect<Option.Option<Duration.Duration>>
  }
>()("voiceclone/server/RequestRate") {
  /** Counts in memory: for one process. */
  static readonly layerMemory = Layer.effect(
    RequestRate,
    granting((limit) =>
      Effect.succeed((_owner, share, now) =>
        Effect.sync(() => Object.assign(share, { left: limit, isLast: true, endsAt: now + Duration.toMillis(window) })),
      ),
    ),
  )

  /**
   * Counts in the table `request_rates`, for all processes on one database: together they never grant more than the limit.
   * Each process takes a hundredth of the limit at a time, and asks the database again once that is spent; so an owner is
   * refused before the limit by as much as other processes have not spent, less than a hundredth each.
   */
  static readonly layerSql = Layer.effect(
    RequestRate,
    granting(
      Effect.fnUntraced(function* (limit) {
        const sql = yield* SqlClient.SqlClient
        const timeAt = DatabaseTime.at(sql)
        const portion = Math.ceil(limit / 100)
        return Effect.fnUntraced(function* (owner: string, share: Share, now: number) {
          const time = timeAt(yield* Clock.currentTimeMillis)
          const length = Duration.toMillis(window)
          // or the database's clock was set back
          const isOver = sql`request_rates.ends_at not between ${time} + 1 and ${time} + ${length}`
          // Asked again where the answer was lost, it has counted a portion too many.
          const [row] = yield* sure(sql<{ requests: number | bigint; remaining: number | bigint }>`
            insert into request_rates (owner, requests, ends_at) values (${owner}, ${portion}, ${time} + ${length})
            on conflict (owner) do update set
              requests = ${portion} + case when ${isOver} then 0 else request_rates.requests end,
              ends_at = case when ${isOver} then ${time} + ${length} else request_rates.ends_at end
            returning requests, ends_at - ${time} as remaining`)
          const excess = Math.max(0, Number(row?.requests ?? 0) - limit)
          share.left = Math.max(0, portion - excess)
          share.isLast = excess > 0
          share.endsAt = now + Number(row?.remaining ?? length)
        })
      }),
    ),
  )
}
