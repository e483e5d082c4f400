/**
 * The calls about one task that exists, which is the part of the client that a page loads first: `VoiceCloneClient` has
 * them, and all others.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import { make as makeConnection } from "./internal/connection.ts"
import * as taskCall from "./internal/taskCall.ts"
import type { Task, TaskId } from "./Task.ts"
import type { CancelError, InvalidInput, StatusError } from "./TaskError.ts"
import type { Options } from "./VoiceCloneClient.ts"

/** How to ask for a status. */
export interface StatusOptions {
  /** Lets the server hold its answer until the status changes, for so many seconds at most (RFC 7240, `Prefer: wait`). */
  readonly waitSeconds?: number | undefined
}

/** One HTTP call per method, about one task. Like {@link file://./VoiceCloneClient.ts | VoiceCloneClient} they repeat nothing. */
export class TaskCalls extends Context.Service<
  TaskCalls,
  {
    /** Asks where a task stands. */
    readonly status: (taskId: TaskId, options?: StatusOptions) => Effect.Effect<Task, StatusError>
    /**
     * Cancels a task that has not ended, or deletes the result of one that has. Not part of the documented API: fails
     * with `CallNotOffered` elsewhere. To repeat it is safe.
     */
    readonly cancel: (taskId: TaskId) => Effect.Effect<Task, CancelError>
  }
>()("voiceclone/TaskCalls") {}

/** The calls to one server, on whatever `HttpClient` the runtime has. Fails with `InvalidInput` for options that cannot work. */
export const make = (options: Options): Effect.Effect<TaskCalls["Service"], InvalidInput, HttpClient.HttpClient> =>
  Effect.map(makeConnection(options), taskCall.make)
