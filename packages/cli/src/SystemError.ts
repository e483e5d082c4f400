/**
 * Why a file or a stream failed, in the system's own words.
 */
import * as Predicate from "effect/Predicate"
import { getSystemErrorMap } from "node:util"

/** The reason as part of a sentence, e.g. `no such file or directory`. Looks for the system's error in the causes. */
export const reasonOf = (error: unknown): string => {
  for (let cause = error; Predicate.isObject(cause);) {
    if (Predicate.hasProperty(cause, "errno") && Predicate.isNumber(cause.errno)) {
      const [code, words] = getSystemErrorMap().get(cause.errno) ?? []
      if (words !== undefined) return code === "EISDIR" ? "it is a directory" : words
    }
    cause = Predicate.hasProperty(cause, "reason") && Predicate.isObject(cause.reason) ? cause.reason : causeOf(cause)
  }
  return error instanceof Error ? error.message : String(error)
}

const causeOf = (error: object): unknown => (Predicate.hasProperty(error, "cause") ? error.cause : undefined)
