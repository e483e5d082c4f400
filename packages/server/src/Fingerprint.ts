/**
 * By what a repeated create is known to be the same: its sample, its text, and the sample's transcript. Names and types
 * of files do not count, as a client may make them up anew.
 */
import { createHash } from "node:crypto"

/** A fingerprint in the making. */
export interface Fingerprint {
  /** The next bytes of the sample. */
  readonly append: (bytes: Uint8Array) => void
  /** The fingerprint, in base64. To be asked once. */
  readonly of: (text: string, transcript: string | undefined) => string
}

/** Begins a fingerprint: SHA-256 over the sample's SHA-256, the text, and the transcript's SHA-256 where there is one. */
export const make = (): Fingerprint => {
  const sample = createHash("sha256")
  return {
    append: (bytes) => void sample.update(bytes),
    of: (text, transcript) => {
      const whole = createHash("sha256").update(sample.digest()).update(text)
      if (transcript !== undefined) whole.update(createHash("sha256").update(transcript).digest())
      return whole.digest("base64")
    },
  }
}
