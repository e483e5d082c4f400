/**
 * A duration as a caller gives it, found out to be none before anything is sent.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { InvalidInput } from "../TaskError.ts"

/** The duration of the option `name`, where it is given. */
export const check = <A extends Duration.Input | undefined>(name: string, input: A): Effect.Effect<A, InvalidInput> =>
  input === undefined || Option.exists(Duration.fromInput(input), (duration) => Duration.toMillis(duration) >= 0)
    ? Effect.succeed(input)
    : Effect.fail(
        new InvalidInput({
          input: "options",
          reason: `The ${name} ${JSON.stringify(input)} is not a length of time`,
          nextStep: 'Give a number of milliseconds, or a duration like "10 minutes".',
        }),
      )
