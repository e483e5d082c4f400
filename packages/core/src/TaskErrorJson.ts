/**
 * Errors that cross a process: to JSON and back, with their class, their fields, and nothing else.
 */
import * as Predicate from "effect/Predicate"
import * as TaskError from "./TaskError.ts"

/** An error as JSON has it: its `_tag`, its fields, and for people its `message` and `nextStep`. */
export interface TaskErrorJson {
  readonly _tag: TaskError.TaskError["_tag"]
  readonly message: string
  readonly nextStep: string
  readonly [field: string]: unknown
}

const unsaid: ReadonlySet<string> = new Set(["cause", "name", "stack"])

/** Everything but the cause, which may hold anything. */
export const toJson = (error: TaskError.TaskError): TaskErrorJson => {
  const fields = Object.fromEntries(Object.entries(error).filter(([name]) => !unsaid.has(name)))
  return { ...fields, _tag: error._tag, message: error.message, nextStep: error.nextStep }
}

const classes: Record<string, unknown> = TaskError

/**
 * The error that {@link toJson} was given. `undefined` for whatever isn't one, and for errors of a newer version.
 */
export const fromJson = (json: unknown): TaskError.TaskError | undefined => {
  if (!Predicate.hasProperty(json, "_tag") || !Predicate.isString(json._tag)) return undefined
  const Class = Object.hasOwn(classes, json._tag) ? classes[json._tag] : undefined
  if (!Predicate.isFunction(Class)) return undefined
  const { _tag, message: _message, ...fields } = json as unknown as TaskErrorJson
  // `nextStep` is a field of one class, and reckoned by the others
  const { nextStep, ...rest } = fields
  const given = {
    ...rest,
    ...(_tag === "InvalidInput" ? { nextStep } : {}),
    ...(Predicate.isObject(rest["lastSeen"]) ? { lastSeen: reviveDates(rest["lastSeen"]) } : {}),
  }
  return new (Class as unknown as new (fields: object) => TaskError.TaskError)(given)
}

const dateNames: ReadonlySet<string> = new Set(["createdAt", "startedAt", "completedAt", "expiresAt"])

/** A task's snapshot, with its dates as dates again. */
const reviveDates = (task: object): object =>
  Object.fromEntries(
    Object.entries(task).map(([name, value]) => [name, dateNames.has(name) ? new Date(String(value)) : value]),
  )
