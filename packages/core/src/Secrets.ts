/**
 * What no error may show besides the API key: the tokens that a runtime puts into its requests by itself. A server, or a
 * proxy before it, may quote what it was sent, and what it says goes to screens, logs and the journal.
 */
import * as Context from "effect/Context"

/** Asked each time that a server's words are told. A runtime that sends tokens provides it; by default there are none. */
export const Secrets = Context.Reference<() => Iterable<string>>("voiceclone/Secrets", {
  defaultValue: () => () => [],
})
