/**
 * Fibers of one process that would hold the same key wait for each other, in the order of their coming.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"

/** Makes `hold` wait for its turn; the turn lasts as long as the scope. */
export const before = <E>(
  hold: (key: string) => Effect.Effect<void, E, Scope.Scope>,
): ((key: string) => Effect.Effect<void, E, Scope.Scope>) => {
  const turns = new Map<string, { readonly one: Semaphore.Semaphore; takers: number }>()
  const join = (key: string) =>
    Effect.sync(() => {
      const turn = turns.get(key) ?? { one: Semaphore.makeUnsafe(1), takers: 0 }
      turns.set(key, turn)
      turn.takers++
      return turn
    })
  return Effect.fnUntraced(function* (key) {
    const { one } = yield* Effect.acquireRelease(join(key), (turn) =>
      Effect.sync(() => void (--turn.takers === 0 && turns.delete(key))),
    )
    yield* Effect.acquireRelease(one.take(1), () => one.release(1), { interruptible: true })
    yield* hold(key)
  })
}
