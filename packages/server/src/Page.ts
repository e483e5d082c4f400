/**
 * A page that the server has for whoever started it.
 *
 * The address that is shown at the start bears a code in its fragment, which browsers keep from servers, logs and
 * referrers. The page gives the code back, once and within some minutes, and gets a token: a key like others, until the
 * server stops. So nothing that stands in a list of processes or a history opens anything afterwards.
 */
import * as Redacted from "effect/Redacted"
import { randomBytes } from "node:crypto"

/** A page and its secrets, which last as long as the server. */
export interface Page {
  /** Where its files are. */
  readonly directory: string
  /** What the page is let in by, once. */
  readonly code: Redacted.Redacted<string>
  /** What it calls the API with. */
  readonly token: Redacted.Redacted<string>
}

const secret = () => Redacted.make(randomBytes(32).toString("base64url"))

export const make = (directory: string): Page => ({ directory, code: secret(), token: secret() })

/** Hosts that only this machine reaches. */
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/iu

/** Whether a server that listens there is reached from this machine alone. */
export const isLoopback = (host: string): boolean => loopback.test(host)
