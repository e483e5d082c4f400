import * as Command from "effect/cli/Command"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"
import * as Status from "./Status.ts"

export const status = Command.make("status", { taskId: Flags.taskId, ...Flags.connection }, ({ taskId, ...flags }) =>
  Session.connected(flags, Status.ask(taskId)),
).pipe(
  Command.withDescription("Ask once where a task stands"),
  Command.withExamples([
    { command: "voiceclone status TASK_ID" },
    { command: "voiceclone status TASK_ID --json | jq -r .task.status", description: "For a script" },
  ]),
)
