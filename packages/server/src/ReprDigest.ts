/**
 * The digest of a whole result, by which a client knows that what it has is what was made.
 *
 * @see RFC 9530
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"

/** The SHA-256 of the bytes, in base64. */
export const sha256 = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Effect.Effect<string, E, R> =>
  Effect.suspend(() => {
    const hash = createHash("sha256")
    return Effect.map(
      Stream.runForEach(bytes, (chunk) => Effect.sync(() => void hash.update(chunk))),
      () => hash.digest("base64"),
    )
  })

/** The value of a `Repr-Digest` header. */
export const field = (sha256: string): string => `sha-256=:${sha256}:`
