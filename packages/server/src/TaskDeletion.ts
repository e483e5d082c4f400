/**
 * The answer to `DELETE task`: what has not ended is cancelled, and what was made is deleted before its time.
 */
import { cancelled, type Forbidden, type NotFound, type TaskStatusResponse } from "@voiceclone/core/VoiceCloneApi"
import * as Effect from "effect/Effect"
import { BlobStore, type BlobStoreFailed, resultOf, sampleOf } from "./BlobStore.ts"
import type { Progress } from "./Progress.ts"
import { owned } from "./TaskResult.ts"
import * as TaskStatus from "./TaskStatus.ts"
import { Tasks } from "./Tasks.ts"

/**
 * Cancels or deletes, and answers with the task as it is then. What the task row says is decided first: where the rest
 * fails, the sweeps of `Worker` and `Retention` see to it.
 */
export const respond = Effect.fn("TaskDeletion.respond")(function* (
  taskId: string,
  owner: string,
): Effect.fn.Return<
  typeof TaskStatusResponse.Type,
  NotFound | Forbidden | BlobStoreFailed,
  Tasks | BlobStore | Progress
> {
  const tasks = yield* Tasks
  const blobs = yield* BlobStore
  const { id } = yield* owned(taskId, owner)
  // A worker that holds the task hears of it and stops; a pending one is never claimed.
  yield* tasks.cancel(id, cancelled)
  yield* tasks.expire(id)
  const task = yield* owned(taskId, owner)
  if (task.status === "completed") {
    yield* blobs.remove(resultOf(task))
    yield* tasks.resultDeleted(id)
  } else {
    // At once, whatever becomes of the worker: it is a person's voice.
    yield* blobs.remove(sampleOf(id))
  }
  yield* Effect.logInfo("Task deleted").pipe(Effect.annotateLogs({ task: id, status: task.status }))
  return yield* TaskStatus.describe(task)
})
