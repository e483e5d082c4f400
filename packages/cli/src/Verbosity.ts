/**
 * How much is told, for every command: `--quiet` and `--verbose`.
 */
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

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

/** Both flags; a command line that cannot be understood has neither. */
export const verbosity = Effect.all({
  quiet: Effect.map(
    Effect.serviceOption(Quiet),
    Option.getOrElse(() => false),
  ),
  verbose: Effect.map(
    Effect.serviceOption(Verbose),
    Option.getOrElse(() => false),
  ),
})
