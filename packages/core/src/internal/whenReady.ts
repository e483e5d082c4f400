/**
 * Waits for a task, then delivers its result.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Poller from "../Poller.ts"
import type { Task, TaskId } from "../Task.ts"

/** How often a server may say "completed" and yet have no result. */
const changesOfMind = 20

/**
 * A server may say "completed" and yet answer "not ready": that is a state, and we go back to waiting, for as long as is
 * left.
 */
export const whenReady = Effect.fnUntraced(function* <A, E extends { readonly _tag: string }, R>(
  poller: Poller.Poller["Service"],
  taskId: TaskId,
  deliver: (task: Task) => Effect.Effect<A, E, R>,
  wait: Poller.Options = {},
) {
  const started = yield* Poller.monotonicMillis
  const limit = Duration.toMillis(Duration.fromInputUnsafe(wait.timeout ?? Poller.defaultTimeout))
  return yield* Effect.gen(function* () {
    const elapsed = (yield* Poller.monotonicMillis) - started
    const task = yield* poller.awaitCompletion(taskId, { ...wait, timeout: Math.max(0, limit - elapsed) })
    return yield* deliver(task)
  }).pipe(
    Effect.retry({
      while: (error) => error._tag === "TaskNotReady",
      schedule: Schedule.upTo(Poller.pacing, { times: changesOfMind }),
    }),
  )
})
