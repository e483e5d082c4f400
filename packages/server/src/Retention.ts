/**
 * Deletes results when their time is over. The tasks stay known, so that a late comer learns what became of them.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { BlobStore, resultOf } from "./BlobStore.ts"
import { ServerConfig } from "./ServerOptions.ts"
import { Tasks } from "./Tasks.ts"

/** Whether a result may still be had is decided by the clock, not by its deletion, so that may come a little late. */
const sleeps = { minimum: Duration.seconds(1), maximum: Duration.hours(1) }

/** Sweeps until the scope closes. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const tasks = yield* Tasks
    const blobs = yield* BlobStore
    const { retention } = yield* ServerConfig

    const sweep = Effect.gen(function* () {
      for (const id of yield* tasks.expired) {
        yield* blobs.remove(resultOf(id))
        yield* tasks.resultDeleted(id)
        yield* Effect.logInfo("Result expired").pipe(Effect.annotateLogs("task", id))
      }
    })

    // A result that is made while we sleep expires after its retention at the earliest.
    const rest = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const untilNext = Option.match(yield* tasks.nextExpiry, {
        onNone: () => Duration.infinity,
        onSome: (next) => Duration.millis(DateTime.toEpochMillis(next) - now),
      })
      yield* Effect.sleep(Duration.clamp(Duration.min(untilNext, retention), sleeps))
    })
    const stumbled = (cause: unknown) =>
      Effect.andThen(Effect.logError("The deletion of expired results failed", cause), Effect.sleep("1 minute"))

    yield* sweep.pipe(
      Effect.catch(stumbled),
      Effect.catchDefect(stumbled),
      Effect.andThen(rest),
      Effect.forever,
      Effect.forkScoped,
    )
  }),
)
