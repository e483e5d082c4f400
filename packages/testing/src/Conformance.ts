/**
 * What a conformance suite is: cases with names, to be run by whatever runs the tests of an adapter.
 */
import * as Effect from "effect/Effect"

export interface Case {
  readonly name: string
  /** Dies with an `Error` that says what is wrong. */
  readonly check: Effect.Effect<void, unknown>
}

/** Dies where it isn't so. */
export const ensure = (isSo: boolean, otherwise: string): Effect.Effect<void> =>
  isSo ? Effect.void : Effect.die(new Error(otherwise))
