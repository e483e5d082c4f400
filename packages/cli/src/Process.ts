/**
 * The command as a process: its streams, its signals, and its exit code.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Runtime from "effect/Runtime"
import { ExitCode } from "./ExitCode.ts"
import * as StandardStreams from "./StandardStreams.ts"

const teardown: Runtime.Teardown = (exit, onExit) =>
  onExit(
    Exit.isSuccess(exit)
      ? 0
      : Cause.hasInterruptsOnly(exit.cause)
        ? Number(process.exitCode ?? ExitCode.interrupted)
        : Runtime.getErrorExitCode(Cause.squash(exit.cause)),
  )

/** Runs a program as the whole of this process. */
export const run = <E>(program: Effect.Effect<void, E>): void => {
  StandardStreams.guard()
  // a terminal that is closed ends the command as Ctrl-C does, though both the kernel and the shell say so
  process.on("SIGHUP", () => process.emit("SIGTERM", "SIGTERM"))
  program.pipe(
    // standard output is for results
    Effect.provide(Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)])),
    NodeRuntime.runMain({ teardown }),
  )
}
