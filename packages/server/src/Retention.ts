/**
 * Deletes results when their time is over. The tasks stay known for a while, so that a late comer learns what became of
 * them. A clock that is set while the server runs deletes nothing until it has stood for an hour; servers on one PostgreSQL
 * go by its time.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { BlobStore, type BlobStoreFailed, resultOf } from "./BlobStore.ts"
import { ServerConfig } from "./ServerOptions.ts"
import { type Claim, Tasks } from "./Tasks.ts"

/** Whether a result may still be had is decided by the clock, not by its deletion, so that may come a little late. */
const sleeps = { minimum: Duration.seconds(1), maximum: Duration.hours(1) }

/** By how much a clock may be set without being doubted, and how long it is, in milliseconds. */
const tolerance = 60_000
const settling = 3_600_000

/** Sweeps until the scope closes. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const tasks = yield* Tasks
    const blobs = yield* BlobStore
    const { memory, retention } = yield* ServerConfig
    const clock = yield* Clock.Clock
    const monotonic = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
    const ahead = () => clock.currentTimeMillisUnsafe() - monotonic()

    let trusted = ahead()
    // at once at the start: a server that never runs for an hour, as for one command, would delete nothing
    let trustedFrom = monotonic()

    /** Whether the clock may be believed that so much time has gone by. */
    const isTrusted = Effect.gen(function* () {
      const jump = ahead() - trusted
      if (Math.abs(jump) > tolerance) {
        trusted += jump
        trustedFrom = monotonic() + settling
        yield* Effect.logWarning("The clock was set, or the machine slept: nothing is deleted for an hour").pipe(
          Effect.annotateLogs("seconds", Math.round(jump / 1000)),
        )
      }
      return monotonic() >= trustedFrom
    })

    const drop = Effect.fnUntraced(function* (result: Claim) {
      yield* blobs.remove(resultOf(result))
      yield* tasks.resultDeleted(result.id)
      yield* Effect.logInfo("Result expired").pipe(Effect.annotateLogs("task", result.id))
    })

    const sweep = Effect.gen(function* () {
      if (!(yield* isTrusted)) return
      // One that cannot be deleted keeps no other.
      const failures: Array<BlobStoreFailed> = []
      for (const result of yield* tasks.expired) {
        yield* Effect.catch(drop(result), (error) => Effect.sync(() => void failures.push(error)))
      }
      const forgotten = yield* tasks.forget(memory)
      if (forgotten > 0) yield* Effect.logInfo("Tasks forgotten").pipe(Effect.annotateLogs("tasks", forgotten))
      if (failures.length > 0) return yield* Effect.fail(failures[0])
    })

    // A result that is made while we sleep expires after its retention at the earliest.
    const rest = Effect.gen(function* () {
      const untilNext = Option.match(yield* tasks.untilExpiry, {
        onNone: () => Duration.infinity,
        onSome: (left) => Duration.max(left, Duration.millis(trustedFrom - monotonic())),
      })
      yield* Effect.sleep(Duration.clamp(Duration.min(untilNext, retention), sleeps))
    })
    const stumbled = (cause: unknown) =>
      Effect.andThen(Effect.logError("The deletion of expired results failed", cause), Effect.sleep("1 minute"))

    yield* Effect.andThen(sweep, rest).pipe(Effect.catchCause(stumbled), Effect.forever, Effect.forkScoped)
  }),
)
