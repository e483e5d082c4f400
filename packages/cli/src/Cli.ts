/**
 * How the command runs.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import { ExitCode } from "./ExitCode.ts"
import { presenter, refuse } from "./Help.ts"
import { spelledOut } from "./Instant.ts"
import * as Process from "./Process.ts"
import * as ShortFlags from "./ShortFlags.ts"
import { voiceclone } from "./Tree.ts"
import { version } from "./version.ts"

/** Which global flags there are. */
export const layerConfig = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.LogLevel] })

/** Runs the command line. A usage error ends with {@link ExitCode.usage}. */
export const run = (words: ReadonlyArray<string>): void => {
  const args = withoutVainHelp(spelledOut(words))
  const misread = ShortFlags.misread(args, voiceclone)
  Process.run(
    misread === undefined
      ? parsed(args)
      : Effect.andThen(refuse(args, misread), Effect.fail(new UsageError(misread.message))),
  )
}

/** Help on a command that there is not would be help on the one above it, and success. */
const withoutVainHelp = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  let command: Command.Command.Any = voiceclone
  for (const word of args) {
    if (word.startsWith("-") || command.subcommands.length === 0) return args
    const below = command.subcommands.flatMap(({ commands }) => commands)
    const found = below.find(({ alias, name }) => name === word || alias === word)
    if (found === undefined) return args.filter((word) => word !== "--help" && word !== "-h")
    command = found
  }
  return args
}

const parsed = (args: ReadonlyArray<string>) =>
  Command.runWith(voiceclone, { version })(args).pipe(
    Effect.catchTag("ShowHelp", (error) =>
      error.errors.length === 0 ? Effect.void : Effect.fail(new UsageError(error.message)),
    ),
    Effect.provide(Layer.mergeAll(NodeServices.layer, layerConfig, CliOutput.layerPresenter(presenter(args)))),
  )

class UsageError extends Error {
  override readonly [Runtime.errorExitCode] = ExitCode.usage
  override readonly [Runtime.errorReported] = false
}
