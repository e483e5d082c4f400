/**
 * The answer to a list call.
 */
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Task from "../Task.ts"
import type { TaskPage } from "../VoiceCloneClient.ts"
import type { Redaction } from "./redaction.ts"

/** A page of a thousand tasks has some 400 kB. */
export const maximumBytes = 4 * 1024 * 1024

/** What cannot be understood of one task costs that one, and not the list. */
export const fromWire = (body: unknown, redact: Redaction): TaskPage | undefined => {
  const tasks = Predicate.hasProperty(body, "tasks") ? body.tasks : undefined
  if (!Array.isArray(tasks)) return undefined
  const cursor = Predicate.hasProperty(body, "next_cursor") ? body.next_cursor : undefined
  return {
    tasks: tasks.flatMap((wire: unknown) => {
      const id = Predicate.hasProperty(wire, "task_id") ? wire.task_id : undefined
      if (!Predicate.isString(id) || id === "") return []
      const task = Task.fromWire(Task.TaskId(id), wire, redact)
      return Result.isSuccess(task) ? [task.success] : []
    }),
    ...(Predicate.isString(cursor) && cursor !== "" ? { nextCursor: cursor } : {}),
  }
}
