/**
 * The answer to `task-status`.
 */
import type { TaskStatusResponse } from "@voiceclone/core/VoiceCloneApi"
import * as Effect from "effect/Effect"
import { Progress } from "./Progress.ts"
import { type TaskRecord, Tasks } from "./Tasks.ts"

/** Leaves out what is not known. */
const known = <A extends object>(fields: A): { [K in keyof A]?: NonNullable<A[K]> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined)) as never

/** What the owner may know of a task. */
export const describe = Effect.fnUntraced(function* (
  task: TaskRecord,
): Effect.fn.Return<typeof TaskStatusResponse.Type, never, Tasks | Progress> {
  const tasks = yield* Tasks
  const progress = yield* Progress
  return {
    task_id: task.id,
    status: task.status,
    ...known({
      error: task.error,
      progress:
        task.status === "completed"
          ? 1
          : task.status === "processing"
            ? ((yield* progress.of(task.id)) ?? 0)
            : undefined,
      queue_position: task.status === "pending" ? yield* tasks.ahead(task) : undefined,
      created_at: task.createdAt,
      started_at: task.startedAt,
      completed_at: task.completedAt,
      expires_at: task.expiresAt,
      engine: task.engine,
    }),
  }
})
