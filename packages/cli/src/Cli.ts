/**
 * The command tree, and how it runs.
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
import { clone } from "./CloneCommand.ts"
import { create } from "./CreateCommand.ts"
import { download } from "./DownloadCommand.ts"
import { engine } from "./EngineCommand.ts"
import { ExitCode } from "./ExitCode.ts"
import { presenter } from "./Help.ts"
import { list } from "./ListCommand.ts"
import { resume } from "./ResumeCommand.ts"
import { serve } from "./ServeCommand.ts"
import * as StandardStreams from "./StandardStreams.ts"
import { status } from "./StatusCommand.ts"
import { version } from "./version.ts"
import { wait } from "./WaitCommand.ts"

const voiceclone = Command.make("voiceclone").pipe(
  Command.withDescription(
    [
      "Make a voice say a text. The server is named by VOICECLONE_BASE_URL and",
      "  VOICECLONE_API_KEY, or embedded: --local.",
    ].join("\n"),
  ),
  Command.withSubcommands([clone, create, status, wait, download, list, resume, serve, engine]),
)

const services = Layer.mergeAll(
  NodeServices.layer,
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions, GlobalFlag.LogLevel] }),
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
