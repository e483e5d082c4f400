/**
 * A task's snapshot as a few aligned lines.
 */
import type { Task } from "@voiceclone/core/Task"
import { percent } from "./Quantity.ts"

export const report = (task: Task): string => {
  const rows: ReadonlyArray<readonly [name: string, value: string | undefined]> = [
    ["task", task.id],
    ["status", task.reportedStatus],
    ["error", task.error],
    ["progress", task.progress === undefined ? undefined : percent(task.progress)],
    ["queue", task.queuePosition === undefined ? undefined : `${task.queuePosition} before it`],
    ["engine", task.engine],
    ["created", task.createdAt?.toISOString()],
    ["started", task.startedAt?.toISOString()],
    ["completed", task.completedAt?.toISOString()],
    ["expires", task.expiresAt?.toISOString()],
  ]
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(10)}${value}`])).join("\n")
}
