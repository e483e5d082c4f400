import { Poller } from "@voiceclone/core/Poller"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { commandLine } from "./CommandLine.ts"
import { Display } from "./Display.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"
import { report } from "./TaskReport.ts"

export const wait = Command.make(
  "wait",
  { taskId: Flags.taskId, timeout: Flags.timeout, ...Flags.connection },
  ({ taskId, timeout, ...flags }) =>
    Session.connected(
      { ...flags, again: commandLine(["wait", taskId], flags) },
      Effect.gen(function* () {
        const poller = yield* Poller
        const display = yield* Display
        yield* display.live(`Asking for task ${taskId}`)
        const task = yield* poller.awaitCompletion(taskId, { timeout: Option.getOrUndefined(timeout) })
        yield* display.result(report(task), { _tag: "Completed", task })
      }),
    ),
).pipe(
  Command.withDescription("Wait until a task is completed"),
  Command.withExamples([
    { command: "voiceclone wait TASK_ID" },
    { command: "voiceclone wait TASK_ID --timeout 10m && echo ready", description: "For ten minutes at most" },
  ]),
)
