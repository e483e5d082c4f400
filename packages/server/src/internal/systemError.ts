/**
 * Why a file could not be used, in the system's words, as part of a sentence.
 */
import { getSystemErrorMap } from "node:util"

/** Looks for the system's error in the causes; what has none says its own message. */
export const reasonOf = (error: unknown): string => {
  for (let cause = error as Chained | undefined; typeof cause === "object" && cause !== null;) {
    if (typeof cause.errno === "number") {
      const [code, words] = getSystemErrorMap().get(cause.errno) ?? []
      if (words !== undefined) return code === "EISDIR" ? "it is a directory" : words
    }
    cause = typeof cause.reason === "object" ? cause.reason : cause.cause
  }
  return error instanceof Error ? error.message : String(error)
}

interface Chained {
  readonly errno?: number
  readonly cause?: Chained
  readonly reason?: Chained
}
