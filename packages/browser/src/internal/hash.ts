/**
 * SHA-256 in script: a browser's own digests only take the whole of the data at once, and pages without https have none.
 */
import { sha256 } from "@noble/hashes/sha2.js"
import type { Hasher } from "@voiceclone/core/Digest"

/** A hasher of nothing yet. */
export const hasher = (): Hasher => {
  const hash = sha256.create()
  return { update: (chunk) => void hash.update(chunk), digest: () => hash.clone().digest() }
}
