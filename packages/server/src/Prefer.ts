/**
 * What a client would like, if the server will: the `Prefer` header.
 *
 * @see RFC 7240
 */

/** The longest wait that is granted, in seconds: proxies tend to give up on what is silent for longer. */
export const longestWait = 60

/**
 * For how many seconds the client is willing to wait, or `undefined` where it does not say so in a form that counts.
 *
 * @example
 * ```ts
 * Prefer.wait("respond-async, wait=10") // 10
 * Prefer.wait("wait=100") // 60
 * ```
 */
export const wait = (header: string | undefined): number | undefined => {
  for (const preference of (header ?? "").split(",")) {
    const match = /^\s*wait\s*=\s*([^;]*?)\s*(?:;.*)?$/iu.exec(preference)
    if (match === null) continue
    // Of a preference given twice, the first counts.
    const [, seconds] = /^"?(\d+)"?$/u.exec(match[1] ?? "") ?? []
    return seconds === undefined ? undefined : Math.min(Number(seconds), longestWait)
  }
  return undefined
}
