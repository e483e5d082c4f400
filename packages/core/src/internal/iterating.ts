/**
 * What the Promise door runs to watch, to list and to iterate: a part of it that a page loads when it first does so.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as JobEvent from "../JobEvent.ts"
import { type ListOptions, tasks, VoiceCloneClient } from "../VoiceCloneClient.ts"
import { listener } from "./calls.ts"
import { checked, type Waiting } from "./waiting.ts"

export const watch = (taskId: string, options: Waiting) =>
  Stream.unwrap(Effect.map(checked(taskId, options), ([id, timeout, poller]) => poller.watch(id, { timeout })))

export const list = (options: Pick<ListOptions, "status">) =>
  Stream.unwrap(VoiceCloneClient.useSync((client) => tasks(client, options)))

/** A stream as an `AsyncIterable`, which ends with the signal's reason when that is aborted. */
export const iterate = <A, E, R>(
  stream: Stream.Stream<A, E, R>,
  context: Context.Context<R>,
  signal: AbortSignal,
  onEvent: ((event: JobEvent.JobEvent) => void) | undefined,
): AsyncIterable<A> => {
  const aborted = Effect.callback<never, unknown>((resume) => {
    const abort = () => resume(Effect.fail(signal.reason))
    if (signal.aborted) return abort()
    signal.addEventListener("abort", abort, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", abort))
  })
  return Stream.toAsyncIterable(
    stream.pipe(
      Stream.interruptWhen(aborted),
      Stream.provideService(JobEvent.Listener, listener(onEvent)),
      Stream.provideContext(context),
    ),
  )
}
