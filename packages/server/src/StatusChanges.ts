/**
 * Tells those who wait for a task that its status has changed, or that its progress has: one signal in this process, or
 * one of the database's, where several servers share it. Nobody asks the database over and over.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"

/** How many requests are held for a change of status. */
export const waiting = Metric.gauge("voiceclone_status_waiting", {
  description: "Requests that are held until the status of their task changes",
})

/** Counts a request as held, to the end of the scope. */
export const held: Effect.Effect<void, never, Scope.Scope> = Effect.acquireRelease(Metric.modify(waiting, 1), () =>
  Metric.modify(waiting, -1),
)

/** The changes' service. */
export class StatusChanges extends Context.Service<
  StatusChanges,
  {
    readonly announce: (taskId: string) => Effect.Effect<void>
    /** Tells those only who subscribed to progress as well. */
    readonly announceProgress: (taskId: string) => Effect.Effect<void>
    /** Lets everybody look once more: changes may have been missed. */
    readonly announceAll: Effect.Effect<void>
    /**
     * From here to the end of the scope, no change of the task is missed: the effect that it gives returns at the first,
     * or when the server stops; or after so long, which takes less memory than a timeout. Subscribe first, then look at the task.
     */
    readonly subscribe: (
      taskId: string,
      options?: { readonly progress?: boolean; readonly within?: Duration.Duration },
    ) => Effect.Effect<Effect.Effect<void>, never, Scope.Scope>
    /** The same for whichever task changes next. */
    readonly subscribeAny: Effect.Effect<Effect.Effect<void>>
    /** Lets all go who wait, and all who come later. */
    readonly end: Effect.Effect<void>
    /** Whether the server stops. */
    readonly ended: Effect.Effect<boolean>
  }
>()("voiceclone/server/StatusChanges") {
  static readonly layer = Layer.sync(StatusChanges, () => {
    /** By task; and whether they are told of progress. */
    const subscribers = new Map<string, Map<Deferred.Deferred<void>, boolean>>()
    let any = Deferred.makeUnsafe<void>()
    let ended = false
    const tell = (those: Iterable<Deferred.Deferred<void>>) => {
      for (const one of those) Deferred.doneUnsafe(one, Effect.void)
    }
    /** Those of now: whoever is told may look, and subscribe again, before the next is told. */
    const everyone = () => [...[...subscribers.values()].flatMap((those) => [...those.keys()]), any]
    return StatusChanges.of({
      announce: (taskId) =>
        Effect.sync(() => {
          tell([...(subscribers.get(taskId)?.keys() ?? []), any])
          any = Deferred.makeUnsafe()
        }),
      announceProgress: (taskId) =>
        Effect.sync(() => {
          const those = [...(subscribers.get(taskId) ?? [])]
          tell(those.flatMap(([one, progress]) => (progress ? [one] : [])))
        }),
      announceAll: Effect.sync(() => {
        tell(everyone())
        any = Deferred.makeUnsafe()
      }),
      subscribeAny: Effect.sync(() => Deferred.await(any)),
      subscribe: (taskId, { progress = false, within } = {}) =>
        Effect.acquireRelease(
          Effect.sync(() => {
            const changed = Deferred.makeUnsafe<void>()
            const others = subscribers.get(taskId) ?? new Map()
            subscribers.set(taskId, others.set(changed, progress))
            if (ended) tell([changed])
            return changed
          }),
          (changed) =>
            Effect.sync(() => {
              const all = subscribers.get(taskId)
              all?.delete(changed)
              if (all?.size === 0) subscribers.delete(taskId)
            }),
        ).pipe(
          Effect.tap((changed) => {
            const end = Effect.sync(() => tell([changed]))
            return within === undefined ? Effect.void : Effect.forkScoped(Effect.delay(end, within))
          }),
          Effect.map(Deferred.await),
        ),
      end: Effect.sync(() => {
        ended = true
        tell(everyone())
      }),
      ended: Effect.sync(() => ended),
    })
  })
}
