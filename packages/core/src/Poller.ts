/**
 * Waits for a task: asks, sleeps, asks again, until the task is done or we have waited long enough.
 *
 * Three budgets are kept apart: the pacing of polls (a `Schedule`), the repeating of one poll that goes wrong
 * (`RetryPolicy`), and the deadline over all. Time is monotonic: a wall clock that jumps moves no deadline, and a
 * machine that wakes from sleep asks once.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as backoff from "./internal/backoff.ts"
import { monotonicMillis } from "./internal/monotonic.ts"
import * as JobEvent from "./JobEvent.ts"
import * as Pause from "./Pause.ts"
import * as RetryAfter from "./RetryAfter.ts"
import * as RetryPolicy from "./RetryPolicy.ts"
import { isTerminal, type Task, type TaskId } from "./Task.ts"
import { type StatusError, TaskFailed, type WaitError, type WaitTally, WaitTimedOut } from "./TaskError.ts"
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
  /**
   * For how long a server may not know a task yet that it has just created, e.g. while its replicas catch up.
   * @default 0
   */
  readonly grace?: Duration.Input | undefined
}

/** The default: a second at first, then half as long again each time, up to 30 s; jittered, so that many don't call as one. */
export const pacing: Schedule.Schedule<unknown> = backoff.make("1 second", 1.5)

/** How long to wait where nothing is said. */
export const defaultTimeout: Duration.Duration = Duration.hours(1)

/** For how long a server may not know a task that it has just created. */
export const afterCreate: Duration.Duration = Duration.seconds(60)

/** Even the last look gets this long to succeed. */
const lastLookMillis = 10_000

/** How long a server may hold one answer, where it can. Proxies end what is silent for a minute. */
const holdSeconds = 25

/** Waits for one task; for many at once see `Pacer`. */
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
          Effect.map(monotonicMillis, (started) => {
            const timeout = Duration.toMillis(options.timeout ?? defaultTimeout)
            const grace = Duration.toMillis(options.grace ?? 0)
            const elapsed = Effect.map(monotonicMillis, (now) => now - started)
            const remaining = Effect.map(elapsed, (millis) => Math.max(0, timeout - millis))
            const seen = tally()
            const timedOut = Effect.flatMap(elapsed, (millis) =>
              Effect.fail(new WaitTimedOut({ taskId, waitedMillis: Math.round(millis), ...seen.report() })),
            )
            const ask = (left: number) =>
              client.status(taskId, hold(left)).pipe(Effect.tapError((error) => Effect.sync(() => seen.failed(error))))
            // for how long it may not know the task yet
            const isNew = Effect.map(elapsed, (millis) => millis < grace)
            const lastLook = ask(0).pipe(
              Effect.catchIf(RetryPolicy.isTransient, () => timedOut),
              Effect.catchIf(
                (error) => error._tag === "TaskNotFound",
                (error) =>
                  Effect.flatMap(isNew, (is): Effect.Effect<never, typeof error | WaitTimedOut> =>
                    is ? timedOut : Effect.fail(error),
                  ),
              ),
              Effect.timeoutOrElse({ duration: lastLookMillis, orElse: () => timedOut }),
            )
            const tellNotFound = Effect.flatMap(elapsed, (millis) =>
              JobEvent.emit({
                _tag: "NotFoundYet",
                taskId,
                leftMillis: Math.round(Math.min(grace, timeout) - millis),
              }),
            )
            const asksAgain = Effect.tap(isNew, (is) => (is ? tellNotFound : Effect.void))
            const look = Effect.flatMap(remaining, (left) =>
              ask(left).pipe(
                Effect.retry({
                  schedule: Schedule.spaced("1 second"),
                  while: (error) => (error._tag === "TaskNotFound" ? asksAgain : Effect.succeed(false)),
                }),
                RetryPolicy.retry("status"),
                // a task that is known to be there is waited for through any outage, as long as there is time
                Effect.retry(
                  outage.pipe(
                    Schedule.while(({ input }) => RetryPolicy.isOutage(input) && (grace > 0 || seen.isKnown())),
                    Pause.between((error) => RetryPolicy.hint(error) !== undefined),
                  ),
                ),
                left > 0
                  ? Effect.timeoutOrElse({ duration: left, orElse: () => lastLook })
                  : Effect.timeoutOrElse({ duration: lastLookMillis, orElse: () => timedOut }),
              ),
            ).pipe(
              Effect.tap((task) => {
                seen.saw(task)
                return JobEvent.emit({ _tag: "Polled", task })
              }),
            )
            const schedule = (options.schedule ?? pacing).pipe(
              Schedule.modifyDelay(({ input, duration }) =>
                Effect.map(remaining, (left) =>
                  Math.min(Duration.toMillis(RetryAfter.obey(input.retryAfterMillis, duration)), left),
                ),
              ),
              Schedule.while(() => Effect.map(remaining, (left) => left > 0)),
              Pause.between(({ retryAfterMillis = 0 }) => retryAfterMillis > 0),
            )
            return Stream.fromEffectSchedule(look, schedule).pipe(
              Stream.takeUntil(isTerminal),
              Stream.concat(Stream.suspend(() => (seen.isOver() ? Stream.empty : Stream.fromEffect(timedOut)))),
            )
          }),
        ).pipe(Stream.withSpan("Poller.watch", { attributes: { taskId } }))

      return of(watch)
    }),
  )
}

/** A poller that waits for completion as it watches. */
export const of = (watch: Poller["Service"]["watch"]): Poller["Service"] =>
  Poller.of({
    watch,
    awaitCompletion: Effect.fn("Poller.awaitCompletion")(function* (taskId, options) {
      let task: Task | undefined
      yield* Stream.runForEach(watch(taskId, options), (seen) => Effect.sync(() => void (task = seen)))
      // a watch that ends has seen the end of its task
      const { status } = (task ??= { id: taskId, status: "failed", reportedStatus: "failed" })
      return status === "completed" ? task : yield* TaskFailed.of(task)
    }),
  })

/** As long as a server is away, it is asked this often. */
const outage = Schedule.spaced("30 seconds").pipe(Schedule.setInputType<StatusError>())

/** The last look asks for an answer at once. */
const hold = (leftMillis: number) => {
  const seconds = Math.min(holdSeconds, Math.floor(leftMillis / 1000))
  return seconds > 0 ? { waitSeconds: seconds } : {}
}

/** Counts what is observed, for whoever asks later why it took so long. */
const tally = () => {
  let lastSeen: Task | undefined
  let polls = 0
  // a server's word may be one that every object has
  const statuses = new Map<string, number>()
  const errors: Record<string, number> = {}
  return {
    saw: (task: Task) => {
      polls++
      lastSeen = task
      statuses.set(task.reportedStatus, (statuses.get(task.reportedStatus) ?? 0) + 1)
    },
    failed: ({ _tag }: StatusError) => {
      polls++
      errors[_tag] = (errors[_tag] ?? 0) + 1
    },
    isKnown: () => lastSeen !== undefined,
    isOver: () => lastSeen !== undefined && isTerminal(lastSeen),
    report: (): { readonly tally: WaitTally; readonly lastSeen?: Task } => ({
      tally: { polls, statuses: Object.fromEntries(statuses), errors },
      ...(lastSeen === undefined ? {} : { lastSeen }),
    }),
  }
}
