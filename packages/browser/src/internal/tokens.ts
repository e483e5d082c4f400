/**
 * The tokens that say who the visitor is: asked for when one is needed, and remembered, as a server may quote one.
 */

/** How many are remembered, the last ones. */
const maximum = 1000

export interface Tokens {
  /** A new one, that can stand in a header field. */
  readonly ask: () => Promise<string>
  /** Those that were given so far. */
  readonly given: () => Iterable<string>
}

export const make = (callback: () => string | Promise<string>): Tokens => {
  const given = new Set<string>()
  return {
    ask: async () => {
      const token: unknown = await callback()
      // a browser's error for it would show it
      if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
        throw new Error("the token callback gave nothing that can be sent as a token")
      }
      given.delete(token)
      given.add(token)
      if (given.size > maximum) given.delete(given.values().next().value!)
      return token
    },
    given: () => given,
  }
}
