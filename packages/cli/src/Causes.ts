/**
 * The chain of an error's causes, for whoever asks for it with `--verbose`.
 */
import * as Predicate from "effect/Predicate"

/** So deep a chain is one that bites its tail. */
const maximumDepth = 10

const describe = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  const code = "code" in cause && Predicate.isString(cause.code) ? ` [${cause.code}]` : ""
  return `${cause.name}: ${cause.message || "(no message)"}${code}`
}

/** What lies below an error, from the nearest to the first; an error's `reason` may be an error too. */
export const below = (error: unknown): ReadonlyArray<string> => {
  const chain: Array<string> = []
  let next = inner(error)
  while (next !== undefined && next !== null && chain.length < maximumDepth) {
    chain.push(describe(next))
    next = inner(next)
  }
  return chain
}

const inner = (error: unknown): unknown => {
  if (!Predicate.isObject(error)) return undefined
  const { cause, reason } = error as { readonly cause?: unknown; readonly reason?: unknown }
  return cause ?? (reason instanceof Error ? reason : undefined)
}
