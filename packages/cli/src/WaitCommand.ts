import { Poller } from "@voiceclone/core/Poller"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Connection from "./Connection.ts"
import { Display } from "./Display.ts"
import * as Flags from "./Flags.ts"
import { commandLine } from "./DownloadCommand.ts"
import * as Session from "./Session.ts"
import { report } from "./TaskReport.ts"

export const wait = Command.make(
  "wait",
  { taskId: Flags.taskId, timeout: Flags.timeout, ...Flags.connection },
  ({ taskId, timeout, ...flags }) =>
    Session.connected(
      { ...flags, taskId, goOn: waitCommandLine(flags) },
      Effect.gen(function* () {
        const poller = yield* Poller
        const display = yield* Display
        const task = yield* poller.awaitCompletion(taskId, { timeout: Option.getOrUndefined(timeout) })
        yield* display.result(report(task), { _tag: "Completed", task })
      }),
    ),
).pipe(Command.withDescription("Wait until a task is completed"))

const waitCommandLine =
  (flags: Connection.Options): Session.GoOn =>
  (taskId) =>
    commandLine(["wait", taskId], flags)
