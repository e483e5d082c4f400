/**
 * Web Locks (W3C): one holder at a time among all tabs and workers of an origin. The browser frees the lock of a page that
 * is gone.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

interface Held {
  /** Resolves when the lock is free again. */
  readonly release: () => Promise<void>
}

const request = (name: string, options: LockOptions) =>
  Effect.callback<Held | undefined, unknown>((resume, signal) => {
    let resolve = () => {}
    const released = new Promise<void>((settle) => void (resolve = settle))
    const requested = navigator.locks.request(name, "ifAvailable" in options ? options : { signal }, async (lock) => {
      const release = async () => {
        resolve()
        await requested
      }
      resume(Effect.succeed(lock === null ? undefined : { release }))
      if (lock !== null) await released
    })
    // given up before it was granted, or not to be had at all
    requested.catch((error: unknown) => resume(Effect.fail(error)))
    return Effect.sync(() => resolve())
  })

const release = (held: Held | undefined) => Effect.promise(async () => held?.release())

/**
 * Waits for the lock, and holds it until the scope closes. A page that may keep nothing, or is not served over https, may
 * have no locks either: it goes on without, as it shares nothing with other tabs.
 */
export const hold = (name: string): Effect.Effect<void, never, Scope.Scope> =>
  navigator.locks === undefined
    ? Effect.void
    : Effect.ignore(Effect.acquireRelease(request(name, {}), release, { interruptible: true }))

/** Holds the lock until the scope closes; `false` where someone else holds it. */
export const holdIfFree = (name: string): Effect.Effect<boolean, never, Scope.Scope> =>
  Effect.acquireRelease(request(name, { ifAvailable: true }), release).pipe(
    Effect.orDie,
    Effect.map((held) => held !== undefined),
  )

/** A tab that is going away lets go of its locks one after the other. */
const goingMillis = 1000

/** Whether some tab holds the lock, and keeps it for a moment, as far as the page may know. */
export const isHeld = (name: string): Effect.Effect<boolean> =>
  Effect.promise(async () => {
    try {
      const { held = [] } = await navigator.locks.query()
      if (!held.some((lock) => lock.name === name)) return false
      await navigator.locks.request(name, { signal: AbortSignal.timeout(goingMillis) }, () => {})
      return false
    } catch {
      return true
    }
  })
