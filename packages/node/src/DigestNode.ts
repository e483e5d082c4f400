/**
 * SHA-256 by OpenSSL, as Node.js has it built in.
 */
import { Digest } from "@voiceclone/core/Digest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { createHash } from "node:crypto"

/** `Digest` by `node:crypto`. */
export const layer: Layer.Layer<Digest> = Layer.succeed(Digest, {
  sha256: Effect.sync(() => {
    const hash = createHash("sha256")
    return { update: (chunk: Uint8Array) => void hash.update(chunk), digest: () => hash.copy().digest() }
  }),
  sha256Of: (data) => Effect.sync(() => createHash("sha256").update(data).digest()),
})
