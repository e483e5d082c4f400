/**
 * Time that no one sets back, in milliseconds since some moment.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

export const monotonicMillis: Effect.Effect<number> = Effect.map(
  Clock.monotonicTimeNanos,
  (nanos) => Number(nanos) / 1e6,
)
