/**
 * What `status` does. Apart from the definition of the command, which takes longer to load than this takes to ask.
 */
import type { TaskId } from "@voiceclone/core/Task"
import { VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import * as Effect from "effect/Effect"
import { Display } from "./Display.ts"
import { report } from "./TaskReport.ts"

/** Asks once where a task stands, and tells it. */
export const ask = Effect.fnUntraced(function* (taskId: TaskId) {
  const client = yield* VoiceCloneClient
  const display = yield* Display
  yield* display.live(`Asking for task ${taskId}`)
  const task = yield* client.status(taskId)
  yield* display.result(report(task), { _tag: "Status", task })
})
