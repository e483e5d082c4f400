/**
 * How much is told.
 */
import * as Context from "effect/Context"

/** What `--quiet` and `--verbose` ask for; a command line that cannot be understood has neither. */
export const Verbosity = Context.Reference<{ readonly quiet: boolean; readonly verbose: boolean }>(
  "voiceclone/cli/Verbosity",
  { defaultValue: () => ({ quiet: false, verbose: false }) },
)
