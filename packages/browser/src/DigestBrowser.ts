/**
 * SHA-256 in script: a browser's own digests only take the whole of the data at once.
 */
import { sha256 } from "@noble/hashes/sha2.js"
import { Digest } from "@voiceclone/core/Digest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

export const layer: Layer.Layer<Digest> = Layer.succeed(Digest, {
  sha256: Effect.sync(() => {
    const hash = sha256.create()
    return { update: (chunk: Uint8Array) => void hash.update(chunk), digest: () => hash.clone().digest() }
  }),
})
