/**
 * What is worth repeating, how often, and when. Trouble on the way is never the job's failure, so it is repeated; what
 * a server has decided is not.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as backoff from "./internal/backoff.ts"
import * as JobEvent from "./JobEvent.ts"
import * as Pause from "./Pause.ts"
import * as RetryAfter from "./RetryAfter.ts"
import type { TaskError } from "./TaskError.ts"

/**
 * Whether the same call may go better in a while. A create whose outcome is unknown isn't transient: repeating it might
 * pay twice.
 */
export const isTransient = (error: TaskError): boolean => {
  switch (error._tag) {
    case "ConnectionFailed":
    case "ServerUnavailable":
    case "TooManyRequests":
    case "UnexpectedResponse":
      return true
    case "ResultCorrupt":
      return error.cutShort
    default:
      return false
  }
}

/** Whether the server is away or busy: it will be back, and nothing that it keeps is lost meanwhile. */
export const isOutage = ({ _tag }: TaskError): boolean =>
  _tag === "ConnectionFailed" || _tag === "ServerUnavailable" || _tag === "TooManyRequests"

/** When to try again: the delays of one call that goes wrong. */
export interface Options {
  /**
   * The delays between tries, where the server doesn't ask for one (`Retry-After`).
   * @default 0.5 s, doubling up to 30 s, jittered, 8 times: about 90 s in all
   */
  readonly schedule: Schedule.Schedule<unknown, TaskError>
}

const schedule: Options["schedule"] = backoff.make("500 millis", 2).pipe(Schedule.upTo({ times: 8 }))

/** When the server wants to be asked again, in milliseconds, where it says so. */
export const hint = (error: TaskError): number | undefined =>
  "retryAfterMillis" in error ? error.retryAfterMillis : undefined

/** The policy in force. Provide your own to change it for a part of a program. */
export const RetryPolicy = Context.Reference<Options>("voiceclone/RetryPolicy", {
  defaultValue: () => ({ schedule }),
})

/**
 * Repeats an effect as long as its errors are transient and the policy lasts, and at most `times` where that is given;
 * says so as `Retrying` events.
 */
export const retry =
  (step: JobEvent.Retrying["step"], times = Number.POSITIVE_INFINITY) =>
  <A, E extends TaskError, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(RetryPolicy, ({ schedule }) =>
      Effect.retry(
        self,
        schedule.pipe(
          Schedule.setInputType<E>(),
          Schedule.modifyDelay(({ input, duration }) => Effect.succeed(RetryAfter.obey(hint(input), duration))),
          Schedule.while(
            ({ input, attempt }) =>
              attempt <= times &&
              isTransient(input) &&
              // a create that was answered as no one foresaw may have made its task
              (step !== "create" || input._tag !== "UnexpectedResponse"),
          ),
          Schedule.tap(({ input, duration, attempt }) => announce(step, attempt, Duration.toMillis(duration), input)),
          Pause.between((error) => hint(error) !== undefined),
        ),
      ),
    )

/**
 * Repeats a create call whose outcome is unknown, at a server that makes one task of one `Idempotency-Key` however often
 * it comes; as patiently as the policy is.
 */
export const retryUnknownCreate = <A, E extends TaskError, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(RetryPolicy, ({ schedule }) =>
    Effect.retry(
      self,
      schedule.pipe(
        Schedule.setInputType<E>(),
        Schedule.modifyDelay(({ input, duration }) => Effect.succeed(RetryAfter.obey(hint(input), duration))),
        Schedule.while(
          ({ input }) =>
            input._tag === "CreateOutcomeUnknown" ||
            // how the draft of Idempotency-Key says that the first call is still being worked on
            (input._tag === "RequestRejected" && input.status === 409) ||
            isTransient(input),
        ),
        Schedule.tap(({ input, duration, attempt }) => announce("create", attempt, Duration.toMillis(duration), input)),
      ),
    ),
  )

/** Says that something goes wrong in a way that passes. */
export const announce = (
  step: JobEvent.Retrying["step"],
  attempt: number,
  delayMillis: number,
  error: TaskError,
): Effect.Effect<void> =>
  JobEvent.emit({
    _tag: "Retrying",
    step,
    attempt,
    delayMillis: Math.round(delayMillis),
    error: error._tag,
    reason: error.message,
  })
