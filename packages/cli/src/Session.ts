/**
 * One run of one command: connected, told on the display, and ended with the exit code that its outcome calls for.
 */
import type { JobEvent } from "@voiceclone/core/JobEvent"
import { Listener } from "@voiceclone/core/JobEvent"
import type * as VoiceCloneNode from "@voiceclone/node/VoiceCloneNode"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import * as Connection from "./Connection.ts"
import { Display, layer as layerDisplay } from "./Display.ts"
import { type CommandError, of as exitCodeOf } from "./ExitCode.ts"
import * as Narrator from "./Narrator.ts"

/** The command is over and has said why. */
export class Ended extends Data.TaggedError("Ended")<{ readonly code: number }> {
  override readonly [Runtime.errorExitCode] = this.code
  override readonly [Runtime.errorReported] = false
}

/** How to go on with a task that exists, as a command line. */
export type GoOn = (taskId: string) => string

interface Options {
  readonly json: boolean
  /** The command that goes on with a task which this run created, or was given, but did not finish. */
  readonly goOn?: GoOn
  /** The task that the command was given. */
  readonly taskId?: string
  /** Being told to stop is how this command ends well. */
  readonly runsUntilStopped?: boolean
}

/** Runs a program that talks to no server, or brings its own. */
export const alone = <E extends CommandError, R>(
  { json, goOn, taskId, runsUntilStopped = false }: Options,
  program: Effect.Effect<void, E | Ended, R>,
): Effect.Effect<void, Ended, Exclude<R, Display>> =>
  Effect.gen(function* () {
    const display = yield* Display
    const narrator = Narrator.make(display)
    const advise = (error?: CommandError) => {
      const created = narrator.createdTask()
      // a task that was given is known to whoever gave it, but not how to go on when we are stopped
      const task = created ?? (error === undefined ? taskId : undefined)
      if (task !== undefined && goOn !== undefined && error?._tag !== "TaskFailed" && error?._tag !== "ResultExpired") {
        return display.advice(`Task ${task} exists and is paid for. Go on with: ${goOn(task)}`)
      }
      return error === undefined ? Effect.void : display.advice(nextStep(error))
    }
    yield* program.pipe(
      Effect.provideService(Listener, (event: JobEvent) => narrator.listen(event)),
      Effect.onInterrupt(() => {
        if (runsUntilStopped) {
          process.exitCode = 0
          return display.step("Stopped")
        }
        const interrupted = display.problem("Interrupted", {
          _tag: "Interrupted",
          ...(narrator.createdTask() === undefined ? {} : { taskId: narrator.createdTask() }),
        })
        return Effect.andThen(
          interrupted,
          narrator.isOutcomeUnknown()
            ? display.advice(
                "The task had been sent, and may exist: run the same command again, and it says what can be done.",
              )
            : advise(),
        )
      }),
      Effect.catch((error: E | Ended) =>
        error._tag === "Ended"
          ? Effect.fail(error)
          : display
              .problem(error.message, {
                _tag: "Failed",
                error: error._tag,
                message: error.message,
                nextStep: nextStep(error),
                ...(narrator.createdTask() === undefined ? {} : { taskId: narrator.createdTask() }),
              })
              .pipe(Effect.andThen(advise(error)), Effect.andThen(Effect.fail(new Ended({ code: exitCodeOf(error) })))),
      ),
    )
  }).pipe(Effect.provide(layerDisplay(json)))

/** What to do, in this command's own words where it has some. */
const nextStep = (error: CommandError): string =>
  error._tag === "InvalidApiKey" || (error._tag === "InvalidInput" && error.input === "apiKey")
    ? "Set VOICECLONE_API_KEY to a key of this server, and VOICECLONE_BASE_URL to the server; or use --local."
    : error._tag === "CreateOutcomeUnknown" || error._tag === "JournalUnreadable"
      ? `${error.nextStep} (Here that is --force.)`
      : error._tag === "InvalidInput" && error.nextStep.includes("allowInsecure")
        ? "Use https, or set VOICECLONE_ALLOW_INSECURE=1 for a network that you trust."
        : error.nextStep

/** Runs a program with the client that the flags ask for. */
export const connected = <E extends CommandError>(
  options: Options & Connection.Options,
  program: Effect.Effect<void, E | Ended, VoiceCloneNode.Services | Display>,
): Effect.Effect<void, Ended> => alone(options, Effect.provide(program, Connection.layer(options)))
