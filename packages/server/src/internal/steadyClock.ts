/**
 * Time that nobody sets. What is to be believed for a second would be believed for an hour, where the time of day is set back
 * by one.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** The clock with its milliseconds counted from some moment on, instead of since 1970. */
export const of = (clock: Clock.Clock): Clock.Clock => {
  const currentTimeMillisUnsafe = () => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
  const counted = { currentTimeMillisUnsafe, currentTimeMillis: Effect.sync(currentTimeMillisUnsafe) }
  return Object.assign(Object.create(clock) as Clock.Clock, counted)
}
