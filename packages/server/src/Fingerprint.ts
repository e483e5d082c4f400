/**
 * By what a repeated create is known to be the same: its sample, its text, the sample's transcript and the webhook's
 * address. Names and types of files do not count, as a client may make them up anew.
 */
import { createHash } from "node:crypto"

/** What is sent beside the sample. */
export interface Words {
  readonly text: string
  readonly transcript: string | undefined
  readonly webhookUrl: string | undefined
}

/** A fingerprint in the making. */
export interface Fingerprint {
  /** The next bytes of the sample. */
  readonly append: (bytes: Uint8Array) => void
  /** The fingerprint, in base64. To be asked once. */
  readonly of: (words: Words) => string
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest()

/**
 * Begins a fingerprint: SHA-256 over the sample's SHA-256, the text, and the SHA-256 of the transcript and of the
 * webhook's address where there are such.
 */
export const make = (): Fingerprint => {
  const sample = createHash("sha256")
  return {
    append: (bytes) => void sample.update(bytes),
    of: ({ text, transcript, webhookUrl }) => {
      const whole = createHash("sha256").update(sample.digest()).update(text)
      if (transcript !== undefined) whole.update(sha256(transcript))
      // Marked, so that no address can be taken for a transcript.
      if (webhookUrl !== undefined) whole.update("webhook").update(sha256(webhookUrl))
      return whole.digest("base64")
    },
  }
}
