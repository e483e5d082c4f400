/**
 * What the Promise door runs to wait: a part of it that a page loads when it first does so.
 */
import * as Effect from "effect/Effect"
import { type Options, Poller } from "../Poller.ts"
import { toTaskId } from "./taskId.ts"
import * as timeout from "./timeout.ts"

export type Waiting = Pick<Options, "timeout">

/** What waiting takes, looked over. */
export const checked = (taskId: string, options: Waiting) =>
  Effect.gen(function* () {
    const id = yield* toTaskId(taskId)
    const limit = yield* timeout.check("timeout", options.timeout)
    return [id, limit, yield* Poller] as const
  })

export const wait = (taskId: string, options: Waiting) =>
  Effect.flatMap(checked(taskId, options), ([id, timeout, poller]) => poller.awaitCompletion(id, { timeout }))
