/**
 * One run of one command: connected, told on the display, and ended with the exit code that its outcome calls for.
 */
import type { JobEvent } from "@voiceclone/core/JobEvent"
import { Listener } from "@voiceclone/core/JobEvent"
import type * as VoiceCloneNode from "@voiceclone/node/VoiceCloneNode"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import * as Causes from "./Causes.ts"
import * as Connection from "./Connection.ts"
import { Display, layer as layerDisplay } from "./Display.ts"
import { type CommandError, of as exitCodeOf } from "./ExitCode.ts"
import * as Narrator from "./Narrator.ts"
import * as NextStep from "./NextStep.ts"
import { Usage } from "./Usage.ts"

/** The command is over and has said why. */
export class Ended extends Data.TaggedError("Ended")<{ readonly code: number }> {
  override readonly [Runtime.errorExitCode] = this.code
  override readonly [Runtime.errorReported] = false
}

/** Whether a relative path was asked for in a working directory that was removed under the shell. */
const isHomeless = (defect: unknown): boolean => (defect as NodeJS.ErrnoException | undefined)?.syscall === "uv_cwd"

const removedDirectory = (): Usage =>
  new Usage({
    reason: "The working directory was removed",
    nextStep: "Go to another one (cd ~), then run the same command again.",
  })

interface Options extends Omit<NextStep.Situation, "task"> {
  readonly json: boolean
  /** Being told to stop is how this command ends well. */
  readonly runsUntilStopped?: boolean
}

/** Runs a program that talks to no server, or brings its own. */
export const alone = <E extends CommandError, R>(
  { json, runsUntilStopped = false, ...options }: Options,
  program: Effect.Effect<void, E | Ended, R>,
): Effect.Effect<void, Ended, Exclude<R, Display>> =>
  Effect.gen(function* () {
    const display = yield* Display
    const narrator = Narrator.make(display)
    const situation = (): NextStep.Situation => ({ ...options, task: narrator.createdTask() })
    const taskId = () => (narrator.createdTask() === undefined ? {} : { taskId: narrator.createdTask() })
    const interrupted = Effect.suspend(() => {
      const nextStep = NextStep.afterInterrupt(situation(), narrator.isOutcomeUnknown())
      return Effect.andThen(
        display.problem("Interrupted", {
          _tag: "Interrupted",
          ...(nextStep === undefined ? {} : { nextStep }),
          ...taskId(),
        }),
        nextStep === undefined ? Effect.void : display.advice(nextStep),
      )
    })
    const failed = Effect.fnUntraced(function* (error: CommandError) {
      const { _tag, message } = error
      const nextStep = NextStep.of(error, situation())
      yield* display.problem(message, { _tag: "Failed", error: _tag, message, nextStep, ...taskId() })
      yield* display.causes(Causes.below(error))
      yield* display.advice(nextStep)
      return yield* new Ended({ code: exitCodeOf(error) })
    })
    yield* program.pipe(
      Effect.provideService(Listener, (event: JobEvent) => narrator.listen(event)),
      Effect.onInterrupt(() => {
        if (!runsUntilStopped) return interrupted
        process.exitCode = 0
        return display.step("Stopped")
      }),
      Effect.catchDefect((defect) => (isHomeless(defect) ? Effect.fail(removedDirectory()) : Effect.die(defect))),
      Effect.catchIf((error: E | Usage | Ended): error is E | Usage => error._tag !== "Ended", failed),
    )
  }).pipe(Effect.provide(layerDisplay(json)))

/** Runs a program with the client that the flags ask for. */
export const connected = <E extends CommandError, R>(
  options: Options & Connection.Options,
  program: Effect.Effect<void, E | Ended, R>,
): Effect.Effect<void, Ended, Exclude<Exclude<R, VoiceCloneNode.Services>, Display>> =>
  alone(options, Effect.provide(program, Connection.layer(options)))
