/**
 * The answer to `tasks`: the owner's tasks, page by page, the youngest first. A page begins after the task that its
 * cursor names, so tasks that are created meanwhile shift nothing.
 */
import { type TaskListResponse, UnprocessableContent } from "@voiceclone/core/VoiceCloneApi"
import * as Effect from "effect/Effect"
import type { Progress } from "./Progress.ts"
import * as TaskStatus from "./TaskStatus.ts"
import { type TaskRecord, Tasks } from "./Tasks.ts"

/** What a list request may ask for. */
export interface Query {
  readonly status?: TaskRecord["status"]
  readonly cursor?: string
  readonly limit?: number
}

/** Answers with a page. Places in the queue are left to `task-status`: each would cost a look of its own. */
export const respond = Effect.fnUntraced(function* (
  { cursor, limit = 100, status }: Query,
  owner: string,
): Effect.fn.Return<typeof TaskListResponse.Type, UnprocessableContent, Tasks | Progress> {
  if (cursor !== undefined && !/^\d{1,15}$/u.test(cursor)) {
    return yield* new UnprocessableContent({ detail: "cursor is not the next_cursor of a page before" })
  }
  const tasks = yield* Tasks
  const before = cursor === undefined ? undefined : Number(cursor)
  const found = yield* tasks.list(owner, { status, before, limit: limit + 1 })
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    tasks: yield* Effect.forEach(page, (task) => TaskStatus.describeWith(task, undefined)),
    ...(last !== undefined && found.length > limit ? { next_cursor: String(last.sequence) } : {}),
  }
})
