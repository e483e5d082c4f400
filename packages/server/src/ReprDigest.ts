/**
 * The digest of a whole result, by which a client knows that what it has is what was made.
 *
 * @see RFC 9530
 */
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"

/** The SHA-256, in base64, of the bytes that are handed on piece by piece; see `BlobStore.copy`. */
export const sha256 = <E, R>(
  bytes: (to: (piece: Uint8Array) => Effect.Effect<void>) => Effect.Effect<void, E, R>,
): Effect.Effect<string, E, R> =>
  Effect.suspend(() => {
    const hash = createHash("sha256")
    return Effect.map(
      bytes((piece) => Effect.sync(() => void hash.update(piece))),
      () => hash.digest("base64"),
    )
  })

/** The value of a `Repr-Digest` header. */
export const field = (sha256: string): string => `sha-256=:${sha256}:`
