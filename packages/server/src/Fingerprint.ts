/**
 * By what a repeated create is known to be the same: its sample and its text. Names and types of files do not count, as
 * a client may make them up anew.
 */
import { createHash } from "node:crypto"

/** A fingerprint in the making. */
export interface Fingerprint {
  /** The next bytes of the sample. */
  readonly append: (bytes: Uint8Array) => void
  /** The fingerprint, in base64. To be asked once. */
  readonly of: (text: string) => string
}

/** Begins a fingerprint: SHA-256 over the sample's SHA-256 and the text. */
export const make = (): Fingerprint => {
  const sample = createHash("sha256")
  return {
    append: (bytes) => void sample.update(bytes),
    of: (text) => createHash("sha256").update(sample.digest()).update(text).digest("base64"),
  }
}
