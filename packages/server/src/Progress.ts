/**
 * How far the tasks in work are. Kept in memory: it is worth nothing after a restart.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** The progress' service. */
export class Progress extends Context.Service<
  Progress,
  {
    readonly report: (taskId: string, share: number) => Effect.Effect<void>
    /** From 0 to 1; `undefined` where nothing is known. */
    readonly of: (taskId: string) => Effect.Effect<number | undefined>
    readonly forget: (taskId: string) => Effect.Effect<void>
  }
>()("voiceclone/server/Progress") {
  static readonly layer = Layer.sync(Progress, () => {
    const shares = new Map<string, number>()
    return Progress.of({
      report: (taskId, share) => Effect.sync(() => void shares.set(taskId, Math.min(1, Math.max(0, share)))),
      of: (taskId) => Effect.sync(() => shares.get(taskId)),
      forget: (taskId) => Effect.sync(() => void shares.delete(taskId)),
    })
  })
}
