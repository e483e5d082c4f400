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
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Runtime from "effect/Runtime"
import { clone } from "./CloneCommand.ts"
import { create } from "./CreateCommand.ts"
import { download } from "./DownloadCommand.ts"
import { ExitCode } from "./ExitCode.ts"
import { resume } from "./ResumeCommand.ts"
import { serve } from "./ServeCommand.ts"
import { status } from "./StatusCommand.ts"
import { version } from "./version.ts"
import { wait } from "./WaitCommand.ts"

const voiceclone = Command.make("voiceclone").pipe(
  Command.withDescription(
    "Clone voices. The server is named by VOICECLONE_BASE_URL and VOICECLONE_API_KEY, or is embedded: --local.",
  ),
  Command.withSubcommands([clone, create, status, wait, download, resume, serve]),
)

/** Help goes where it is asked for; what is wrong with a command line is said in a line, not under a page of help. */
const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Effect.forEach(event.errors, (error) => Console.error(`error: ${error.message.replace(/\s*\n\s*/g, " ")}`), {
          discard: true,
        }).pipe(Effect.andThen(Console.error(`  See ${event.commandPath.join(" ")} --help`)))
      : CliOutput.defaultPresenter.present(event),
}

const services = Layer.mergeAll(
  NodeServices.layer,
  CliOutput.layerPresenter(presenter),
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
export const run = (args: ReadonlyArray<string>): void =>
  Command.runWith(voiceclone, { version })(args).pipe(
    Effect.catchTag("ShowHelp", (error) =>
      error.errors.length === 0 ? Effect.void : Effect.fail(new UsageError(error.message)),
    ),
    Effect.provide(services),
    NodeRuntime.runMain({ teardown }),
  )

class UsageError extends Error {
  override readonly [Runtime.errorExitCode] = ExitCode.usage
  override readonly [Runtime.errorReported] = false
}
