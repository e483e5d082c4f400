import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { downloadCommandLine } from "./CommandLine.ts"
import * as Connection from "./Connection.ts"
import * as Delivery from "./Delivery.ts"
import { Display } from "./Display.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"

export const download = Command.make(
  "download",
  {
    taskId: Flags.taskId,
    output: Flags.output,
    wait: Flag.Boolean("wait").pipe(
      Flag.withDescription("Wait for the task first, where it isn't completed"),
      Flag.withDefault(false),
    ),
    timeout: Flags.timeout,
    ...Flags.connection,
  },
  ({ taskId, output, wait: waits, timeout, ...flags }) =>
    Session.alone(
      { ...flags, again: downloadCommandLine(output, flags)(taskId) },
      Effect.gen(function* () {
        const display = yield* Display
        yield* Delivery.check(output, flags.json)
        const wait = waits ? { timeout: Option.getOrUndefined(timeout) } : undefined
        yield* display.live(`Asking for task ${taskId}`)
        const file = yield* Delivery.fileIn(output, Effect.succeed(Delivery.nameOfTask(taskId)))
        yield* Effect.provide(Delivery.deliver(taskId, file, wait), Connection.layer(flags))
      }),
    ),
).pipe(
  Command.withDescription("Save the speech of a completed task"),
  Command.withExamples([
    { command: "voiceclone download TASK_ID -o speech.wav", description: "Any number of times, for 7 days" },
    { command: "voiceclone download TASK_ID -o speech.wav --wait", description: "Go on with a job that was left" },
    { command: "voiceclone download TASK_ID -o - | aplay", description: "Into another program" },
  ]),
)
