import { VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { Display } from "./Display.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"
import { report } from "./TaskReport.ts"

export const status = Command.make("status", { taskId: Flags.taskId, ...Flags.connection }, ({ taskId, ...flags }) =>
  Session.connected(
    flags,
    Effect.gen(function* () {
      const client = yield* VoiceCloneClient
      const display = yield* Display
      yield* display.live(`Asking for task ${taskId}`)
      const task = yield* client.status(taskId)
      yield* display.result(report(task), { _tag: "Status", task })
    }),
  ),
).pipe(
  Command.withDescription("Ask once where a task stands"),
  Command.withExamples([
    { command: "voiceclone status TASK_ID" },
    { command: "voiceclone status TASK_ID --json | jq -r .task.status", description: "For a script" },
  ]),
)
