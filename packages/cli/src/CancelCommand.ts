import { Journal } from "@voiceclone/core/Journal"
import { VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { Display } from "./Display.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"
import { report } from "./TaskReport.ts"

export const cancel = Command.make("cancel", { taskId: Flags.taskId, ...Flags.connection }, ({ taskId, ...flags }) =>
  Session.connected(
    flags,
    Effect.gen(function* () {
      const client = yield* VoiceCloneClient
      const display = yield* Display
      yield* display.live(`Cancelling task ${taskId}`)
      const task = yield* client.cancel(taskId)
      yield* Effect.ignore(Effect.scoped(markCancelled(taskId)))
      if (task.status === "completed") yield* display.step("The task was completed already; its result is deleted")
      yield* display.result(report(task), { _tag: "Cancelled", task })
    }),
  ),
).pipe(
  Command.withDescription("Stop a task, or delete the result of a completed one"),
  Command.withExamples([
    { command: "voiceclone cancel TASK_ID", description: "Where the server offers it; to repeat it is safe" },
  ]),
)

/** So that `resume` leaves it alone. */
const markCancelled = Effect.fnUntraced(function* (taskId: string) {
  const journal = yield* Journal
  const { server } = yield* VoiceCloneClient
  const { entries } = yield* journal.list
  const entry = entries.find((entry) => entry.taskId === taskId && entry.server === server)
  if (entry === undefined || (entry.state !== "submitted" && entry.state !== "completed")) return
  yield* journal.hold(entry.key)
  yield* journal.record(
    entry,
    entry.state === "completed" ? { state: "expired" } : { state: "failed", error: "it was cancelled" },
  )
})
