/**
 * Why a file or a stream failed, in the system's own words. The command bundles this module, so it imports nothing but
 * Node.js.
 */
import { getSystemErrorMap } from "node:util"

/**
 * The reason as part of a sentence, e.g. `no such file or directory`. Looks for the system's error in the causes; an error
 * without one says its own message.
 *
 * @example
 * ```ts
 * import { reasonOf } from "@voiceclone/server/SystemError"
 * import { readFileSync } from "node:fs"
 *
 * try {
 *   readFileSync("missing.wav")
 * } catch (error) {
 *   console.log(`Cannot read missing.wav: ${reasonOf(error)}`)
 * }
 * ```
 */
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
