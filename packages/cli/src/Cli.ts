/**
 * How the command runs.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Runtime from "effect/Runtime"
import { ExitCode } from "./ExitCode.ts"
import { presenter } from "./Help.ts"
import * as StandardStreams from "./StandardStreams.ts"
import { voiceclone } from "./Tree.ts"
import { version } from "./version.ts"

/** Which global flags there are. */
export const layerConfig = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.LogLevel] })

const services = Layer.mergeAll(
  NodeServices.layer,
  layerConfig,
  // standard output is for results
  Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)]),
)

const teardown: Runtime.Teardown = (exit, onExit) =>
  onExit(
    Exit.isSuccess(exit)
      ? 0
      : Cause.hasInterruptsOnly(exit.cause)
        ? Number(process.exitCode ?? ExitCode.interrupted)
        : Runtime.getErrorExitCode(Cause.squash(exit.cause)),
  )

/** Runs the command line. A usage error ends with {@link ExitCode.usage}. */
export const run = (args: ReadonlyArray<string>): void => {
  StandardStreams.guard()
  // a terminal that is closed ends the command as Ctrl-C does
  process.once("SIGHUP", () => process.emit("SIGTERM", "SIGTERM"))
  Command.runWith(voiceclone, { version })(args).pipe(
    Effect.catchTag("ShowHelp", (error) =>
      error.errors.length === 0 ? Effect.void : Effect.fail(new UsageError(error.message)),
    ),
    Effect.provide(Layer.merge(services, CliOutput.layerPresenter(presenter(args)))),
    NodeRuntime.runMain({ teardown }),
  )
}

class UsageError extends Error {
  override readonly [Runtime.errorExitCode] = ExitCode.usage
  override readonly [Runtime.errorReported] = false
}
