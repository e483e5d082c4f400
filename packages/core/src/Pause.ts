/**
 * The pauses between calls, and what may end one before its time: a page that is looked at again, a network that is back.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

/** Ends when there is a reason to call at once. A runtime that knows of such reasons provides it; by default there is none. */
export const Wake = Context.Reference<Effect.Effect<void>>("voiceclone/Pause/Wake", {
  defaultValue: () => Effect.never,
})

/**
 * Lets a schedule's delays be pauses, which {@link Wake} ends. One that the server has asked for (`Retry-After`) lasts.
 * The last step of a schedule: what comes after it sees no delay.
 */
export const between =
  <Input>(isAskedFor: (input: Input) => boolean) =>
  <Output, Error, Env>(
    self: Schedule.Schedule<Output, Input, Error, Env>,
  ): Schedule.Schedule<Output, Input, Error, Env> =>
    Schedule.modifyDelay(self, ({ input, duration }) =>
      Effect.flatMap(Wake, (wake) =>
        Effect.as(
          isAskedFor(input)
            ? Effect.sleep(duration)
            : Effect.timeoutOrElse(wake, { duration, orElse: () => Effect.void }),
          Duration.zero,
        ),
      ),
    )
