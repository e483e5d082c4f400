/**
 * The answer to `task-status`: at once, or when there is something to say.
 */
import type { Forbidden, NotFound, TaskStatusResponse } from "@voiceclone/core/VoiceCloneApi"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as Option from "effect/Option"
import * as Prefer from "./Prefer.ts"
import { Progress } from "./Progress.ts"
import { held, StatusChanges } from "./StatusChanges.ts"
import { owned } from "./TaskResult.ts"
import { type TaskRecord, Tasks } from "./Tasks.ts"

/** Leaves out what is not known. */
const known = <A extends object>(fields: A): { [K in keyof A]?: NonNullable<A[K]> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined)) as never

/** What the owner may know of a task, given its place in the queue where that is known. */
export const describeWith = Effect.fnUntraced(function* (
  task: TaskRecord,
  queuePosition: number | undefined,
): Effect.fn.Return<typeof TaskStatusResponse.Type, never, Progress> {
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
      queue_position: queuePosition,
      created_at: task.createdAt,
      started_at: task.startedAt,
      completed_at: task.completedAt,
      expires_at: task.expiresAt,
      engine: task.engine,
    }),
  }
})

/** What the owner may know of a task. */
export const describe = Effect.fnUntraced(function* (task: TaskRecord) {
  const tasks = yield* Tasks
  return yield* describeWith(task, task.status === "pending" ? yield* tasks.ahead(task) : undefined)
})

/** Whether the task's status will never change again. */
export const ended = ({ status }: { readonly status: TaskRecord["status"] }): boolean =>
  status === "completed" || status === "failed"

/** The task, once its status is another than now, or after so many seconds. */
const changed = (taskId: string, owner: string, seconds: number) =>
  Effect.gen(function* () {
    yield* held
    const changes = yield* StatusChanges
    const { status } = yield* owned(taskId, owner)
    const look = Effect.gen(function* () {
      const change = yield* changes.subscribe(taskId)
      const task = yield* owned(taskId, owner)
      if (ended(task) || task.status !== status || (yield* changes.ended)) return Option.some(task)
      yield* change
      return Option.none<TaskRecord>()
    }).pipe(Effect.scoped)
    // a signal may be late, or be for whoever has missed one
    const another = Effect.repeat(look, { until: Option.isSome })
    const seen = yield* Effect.timeoutOption(another, Duration.seconds(seconds))
    return Option.isSome(seen) ? Option.getOrThrow(seen.value) : yield* owned(taskId, owner)
  }).pipe(Effect.scoped)

/** In how many seconds another look is worth the while: the longer the queue, the later. */
const hint = (queuePosition: number | undefined): number => Math.min(1 + (queuePosition ?? 0), 30)

/** What is said at once of where a task stands. */
export const tell = Effect.fnUntraced(function* (task: TaskRecord) {
  const body = yield* describe(task)
  return { body, headers: ended(task) ? {} : { "retry-after": String(hint(body.queue_position)) } }
})

/** Answers where the owner's task stands, as the `Prefer` header would have it. */
export const respond = Effect.fnUntraced(function* (
  prefer: string | undefined,
  taskId: string,
  owner: string,
): Effect.fn.Return<
  HttpApiSchema.withHeaders<
    typeof TaskStatusResponse.Type,
    { readonly "preference-applied"?: string; readonly "retry-after"?: string }
  >,
  NotFound | Forbidden,
  Tasks | Progress | StatusChanges
> {
  const wait = Prefer.wait(prefer)
  if (wait === undefined) return HttpApiSchema.withHeaders(yield* tell(yield* owned(taskId, owner)))
  const body = yield* describe(yield* changed(taskId, owner, wait))
  return HttpApiSchema.withHeaders({ body, headers: { "preference-applied": `wait=${wait}` } })
})
