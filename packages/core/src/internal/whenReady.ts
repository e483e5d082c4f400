/**
 * Waits for a task, then delivers its result.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Poller from "../Poller.ts"
import type { Task, TaskId } from "../Task.ts"
import { monotonicMillis } from "./monotonic.ts"

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
  const started = yield* monotonicMillis
  const limit = Duration.toMillis(wait.timeout ?? Poller.defaultTimeout)
  const left = Effect.map(monotonicMillis, (now) => Math.max(0, limit - (now - started)))
  return yield* Effect.gen(function* () {
    const task = yield* poller.awaitCompletion(taskId, { ...wait, timeout: yield* left })
    return yield* deliver(task)
  }).pipe(
    Effect.retry({
      schedule: Schedule.modifyDelay(Poller.pacing, ({ duration }) =>
        Effect.map(left, (millis) => Math.min(Duration.toMillis(duration), millis)),
      ),
      while: (error) =>
        error._tag === "TaskNotReady" ? Effect.map(left, (millis) => millis > 0) : Effect.succeed(false),
    }),
  )
})
