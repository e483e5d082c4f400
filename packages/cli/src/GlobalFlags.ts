/**
 * The flags that every command has.
 */
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"

export const Quiet = GlobalFlag.Setting("quiet")({
  flag: Flag.Boolean("quiet").pipe(
    Flag.withAlias("q"),
    Flag.withDescription("Tell only results and errors"),
    Flag.withDefault(false),
  ),
})

export const Verbose = GlobalFlag.Setting("verbose")({
  flag: Flag.Boolean("verbose").pipe(
    Flag.withDescription("Tell each error with the chain of its causes"),
    Flag.withDefault(false),
  ),
})

/** What both say, as {@link file://./Verbosity.ts} has it. */
export const verbosity = Effect.all({ quiet: Quiet, verbose: Verbose })
