/**
 * Waits for a task: asks, sleeps, asks again, until the task is done or we have waited long enough.
 *
 * Three budgets are kept apart: the pacing of polls (a `Schedule`), the repeating of one poll that goes wrong
 * (`RetryPolicy`), and the deadline over all.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as JobEvent from "./JobEvent.ts"
import * as RetryAfter from "./RetryAfter.ts"
import * as RetryPolicy from "./RetryPolicy.ts"
import { isTerminal, type Task, type TaskId } from "./Task.ts"
import { type StatusError, TaskFailed, type WaitError, WaitTimedOut } from "./TaskError.ts"
import { VoiceCloneClient } from "./VoiceCloneClient.ts"

/** How to wait. */
export interface Options {
  /**
   * The sleeps between polls, where the server doesn't ask for one (`Retry-After`).
   * @default {@link pacing}
   */
  readonly schedule?: Schedule.Schedule<unknown, Task> | undefined
  /**
   * How long to wait in all. Just before it is over, one last look is taken.
   * @default "1 hour"
   */
  readonly timeout?: Duration.Input | undefined
}

/** The default: a second at first, then half as long again each time, up to 30 s; jittered, so that many don't call as one. */
export const pacing: Schedule.Schedule<unknown> = Schedule.min([
  Schedule.exponential("1 second", 1.5),
  Schedule.spaced("30 seconds"),
]).pipe(Schedule.jittered)

/** Even the last look gets this long to succeed. */
const lastLook = Duration.seconds(10)

export class Poller extends Context.Service<
  Poller,
  {
    /**
     * Snapshots of the task, from now until it is completed or failed. Fails with `WaitTimedOut` when the time is over
     * first; a failed task is a snapshot, not an error.
     */
    readonly watch: (taskId: TaskId, options?: Options) => Stream.Stream<Task, StatusError | WaitTimedOut>
    /** Waits until the task is completed. A failed task is `TaskFailed`. */
    readonly awaitCompletion: (taskId: TaskId, options?: Options) => Effect.Effect<Task, WaitError>
  }
>()("voiceclone/Poller") {
  static readonly layer = Layer.effect(
    Poller,
    Effect.gen(function* () {
      const client = yield* VoiceCloneClient

      const watch = (taskId: TaskId, options: Options = {}) =>
        Stream.unwrap(
          Effect.map(Clock.currentTimeMillis, (started) => {
            const timeout = Duration.toMillis(Duration.fromInputUnsafe(options.timeout ?? Duration.hours(1)))
            let lastSeen: Task | undefined
            const remaining = Effect.map(Clock.currentTimeMillis, (now) =>
              Duration.millis(Math.max(0, started + timeout - now)),
            )
            const timedOut = Effect.flatMap(Clock.currentTimeMillis, (now) =>
              Effect.fail(
                new WaitTimedOut({
                  taskId,
                  waitedMillis: now - started,
                  ...(lastSeen === undefined ? {} : { lastSeen }),
                }),
              ),
            )
            const look = Effect.flatMap(remaining, (left) =>
              client
                .status(taskId)
                .pipe(
                  RetryPolicy.retry("status"),
                  Effect.timeoutOrElse({ duration: Duration.max(left, lastLook), orElse: () => timedOut }),
                ),
            ).pipe(
              Effect.tap((task) => {
                lastSeen = task
                return JobEvent.emit({ _tag: "Polled", task })
              }),
            )
            const schedule = (options.schedule ?? pacing).pipe(
              Schedule.modifyDelay(({ input, duration }) =>
                Effect.map(remaining, (left) =>
                  Duration.min(RetryAfter.obey(input.retryAfterMillis, duration), left),
                ),
              ),
              Schedule.while(() => Effect.map(remaining, Duration.isPositive)),
            )
            return Stream.fromEffectSchedule(look, schedule).pipe(
              Stream.takeUntil(isTerminal),
              Stream.concat(
                Stream.suspend(() =>
                  lastSeen !== undefined && isTerminal(lastSeen) ? Stream.empty : Stream.fromEffect(timedOut),
                ),
              ),
            )
          }),
        ).pipe(Stream.withSpan("Poller.watch", { attributes: { taskId } }))

      const awaitCompletion = Effect.fn("Poller.awaitCompletion")(function* (taskId: TaskId, options?: Options) {
        let task: Task | undefined
        yield* Stream.runForEach(watch(taskId, options), (seen) => Effect.sync(() => void (task = seen)))
        if (task?.status === "completed") return task
        return yield* new TaskFailed({ taskId, reason: task?.error ?? "the server gives no reason" })
      })

      return Poller.of({ watch, awaitCompletion })
    }),
  )
}
