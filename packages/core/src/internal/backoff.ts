/**
 * Pauses that grow: each longer than the one before by a factor, up to 30 s; jittered, so that many don't call as one.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

const maximum = Duration.seconds(30)

export const make = (first: Duration.Input, factor: number) =>
  Schedule.exponential(first, factor).pipe(
    Schedule.modifyDelay(({ duration }) => Effect.succeed(Duration.min(duration, maximum))),
    Schedule.jittered,
  )
