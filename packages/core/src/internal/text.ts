/**
 * A text, as a program without types may give it too.
 */
import * as Effect from "effect/Effect"
import { InvalidInput } from "../TaskError.ts"

/** Finds out before anything is paid for. */
export const checkText = (text: unknown): Effect.Effect<void, InvalidInput> =>
  typeof text === "string" && text.trim() !== ""
    ? Effect.void
    : Effect.fail(
        new InvalidInput({
          input: "text",
          reason: "The text is empty",
          nextStep: "Give the text that the voice shall say.",
        }),
      )
