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
import { presenter } from "./Help.ts"
import * as Process from "./Process.ts"
import { voiceclone } from "./Tree.ts"
import { version } from "./version.ts"

/** Which global flags there are. */
export const layerConfig = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.LogLevel] })

/** Runs the command line. A usage error ends with {@link ExitCode.usage}. */
export const run = (args: ReadonlyArray<string>): void =>
  Command.runWith(voiceclone, { version })(args).pipe(
    Effect.catchTag("ShowHelp", (error) =>
      error.errors.length === 0 ? Effect.void : Effect.fail(new UsageError(error.message)),
    ),
    Effect.provide(Layer.mergeAll(NodeServices.layer, layerConfig, CliOutput.layerPresenter(presenter(args)))),
    Process.run,
  )

class UsageError extends Error {
  override readonly [Runtime.errorExitCode] = ExitCode.usage
  override readonly [Runtime.errorReported] = false
}
