/**
 * The digests of a browser (Web Cryptography API), which not every page has.
 */
import type { Digest, Hasher } from "@voiceclone/core/Digest"
import * as Effect from "effect/Effect"

/** Whether this page has them: one without https has not. */
export const isBuiltIn = (): boolean => globalThis.crypto?.subtle !== undefined

/** `sha256` hashes what passes by, and stands in where the browser doesn't hash. */
export const make = (sha256: Effect.Effect<Hasher>): Digest["Service"] => ({
  sha256,
  sha256Of: (data) =>
    isBuiltIn()
      ? Effect.promise(async () => new Uint8Array(await crypto.subtle.digest("SHA-256", data)))
      : Effect.map(sha256, (hasher) => {
          hasher.update(data)
          return hasher.digest()
        }),
})
