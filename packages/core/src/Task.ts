/**
 * A voice-cloning task, as the API describes it at one moment.
 *
 * @see {@link file://./VoiceCloneApi.ts} for the same thing on the wire
 */
import * as Brand from "effect/Brand"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"

/** The server's name for a task. Treat it as opaque: it is whatever `create` answered. */
export type TaskId = string & Brand.Brand<"voiceclone/TaskId">

/** Brands a string as a {@link TaskId}. */
export const TaskId = Brand.nominal<TaskId>()

/**
 * Where a task stands. `unknown` is a status this client has no word for; it means "not finished yet", and
 * {@link Task.reportedStatus} has the server's own word.
 */
export type TaskStatus = "pending" | "processing" | "completed" | "failed" | "unknown"

/** The snapshot that one status call gives. Only `id` and `status` are promised by every server. */
export interface Task {
  readonly id: TaskId
  readonly status: TaskStatus
  /** The status in the server's own word. */
  readonly reportedStatus: string
  /** Why the task failed, where it did and the server says so. */
  readonly error?: string
  /** How much is done, from 0 to 1. */
  readonly progress?: number
  /** How many tasks are served before this one. */
  readonly queuePosition?: number
  readonly createdAt?: Date
  readonly startedAt?: Date
  readonly completedAt?: Date
  /** When the result is deleted. */
  readonly expiresAt?: Date
  /** The engine that makes, or made, the speech. */
  readonly engine?: string
  /** When the server wants to be asked again (its `Retry-After`), in milliseconds from now. */
  readonly retryAfterMillis?: number
}

/** Whether the task's status will never change again. */
export const isTerminal = (task: Task): boolean => task.status === "completed" || task.status === "failed"

const statuses: ReadonlySet<string> = new Set(["pending", "processing", "completed", "failed"])

const isTaskStatus = (status: string): status is Exclude<TaskStatus, "unknown"> => statuses.has(status)

const number = (value: unknown): number | undefined => (Predicate.isNumber(value) && value >= 0 ? value : undefined)

const date = (value: unknown): Date | undefined => {
  const time = Predicate.isString(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? undefined : new Date(time)
}

const present = <A extends object>(fields: A): { [K in keyof A]?: Exclude<A[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never

/**
 * Reads the body of a status answer. Only a missing `status` is an error; every other field that is absent, or is not
 * what it should be, is left out, because a stranger's extra field must not lose us a paid task. `redact` goes over the
 * server's own words, which may quote what was sent.
 *
 * Written by hand rather than decoded with the contract's `Schema`, which would cost every browser that loads the
 * client some 14 kB; a property test holds the two to the same answers.
 */
export const fromWire = (
  id: TaskId,
  body: unknown,
  redact: (words: string) => string = (words) => words,
): Result.Result<Task, string> => {
  if (!Predicate.isObject(body)) return Result.fail("the body is not a JSON object")
  const wire = body as Record<string, unknown>
  const words = (value: unknown) => (Predicate.isString(value) && value !== "" ? redact(value) : undefined)
  const reportedStatus = words(wire["status"])
  if (reportedStatus === undefined) return Result.fail("the body has no status")
  const progress = number(wire["progress"])
  return Result.succeed({
    id,
    status: isTaskStatus(reportedStatus) ? reportedStatus : "unknown",
    reportedStatus,
    ...present({
      error: words(wire["error"]),
      progress: progress === undefined ? undefined : Math.min(1, progress),
      queuePosition: number(wire["queue_position"]),
      createdAt: date(wire["created_at"]),
      startedAt: date(wire["started_at"]),
      completedAt: date(wire["completed_at"]),
      expiresAt: date(wire["expires_at"]),
      engine: words(wire["engine"]),
    }),
  })
}
