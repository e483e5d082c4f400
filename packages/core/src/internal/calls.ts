/**
 * What the Promise door runs for single calls, and how it runs anything: a part of it that a page loads with its first
 * call.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import * as JobEvent from "../JobEvent.ts"
import { TaskCalls } from "../TaskCalls.ts"
import type { InvalidInput } from "../TaskError.ts"
import { toTaskId } from "./taskId.ts"

export const status = (taskId: string) =>
  Effect.flatMap(toTaskId(taskId), (id) => TaskCalls.use((client) => client.status(id)))

export const cancel = (taskId: string) =>
  Effect.flatMap(toTaskId(taskId), (id) => TaskCalls.use((client) => client.cancel(id)))

type OnEvent = ((event: JobEvent.JobEvent) => void) | undefined

/** What the caller hears by. */
export const listener =
  (onEvent: OnEvent) =>
  (event: JobEvent.JobEvent): Effect.Effect<void> =>
    onEvent === undefined
      ? Effect.void
      : Effect.catchDefect(
          Effect.sync(() => onEvent(event)),
          (defect) => Effect.logError("onEvent threw", defect),
        )

/** Runs a program as a Promise, which rejects with its error, or with the signal's reason. */
export const run = async <A, E, R>(
  runtime: ManagedRuntime.ManagedRuntime<R, InvalidInput>,
  program: Effect.Effect<A, E, R>,
  signal: AbortSignal,
  onEvent: OnEvent,
): Promise<A> => {
  signal.throwIfAborted()
  const exit = await runtime.runPromiseExit(Effect.provideService(program, JobEvent.Listener, listener(onEvent)), {
    signal,
  })
  if (Exit.isSuccess(exit)) return exit.value
  if (signal.aborted && Cause.hasInterruptsOnly(exit.cause)) throw signal.reason
  throw Cause.squash(exit.cause)
}
