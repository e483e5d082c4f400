import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/testing/TestClock"
import * as Pause from "../src/Pause.ts"

/** Calls again and again, with half a minute between, until it was called twice. */
const calling = (isAskedFor: boolean, wake: Effect.Effect<void>) => {
  let calls = 0
  return Effect.as(
    Effect.repeat(
      Effect.sync(() => ++calls),
      Schedule.spaced("30 seconds").pipe(
        Schedule.setInputType<number>(),
        Schedule.while(({ input }) => input < 2),
        Pause.between(() => isAskedFor),
      ),
    ),
    () => calls,
  ).pipe(Effect.provideService(Pause.Wake, wake))
}

describe("Pause", () => {
  it.effect("lasts as long as the schedule says, where nothing ends it", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(calling(false, Effect.never))
      yield* TestClock.adjust("29 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(fiber))(), 2)
    }),
  )

  it.effect("ends at once when there is a reason to call", () =>
    Effect.gen(function* () {
      const woken = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(calling(false, Deferred.await(woken)))
      yield* TestClock.adjust("1 second")
      yield* Deferred.succeed(woken, undefined)
      assert.strictEqual((yield* Fiber.join(fiber))(), 2)
    }),
  )

  it.effect("lasts where the server has asked for it, whatever the reason", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(calling(true, Effect.void))
      yield* TestClock.adjust("29 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(fiber))(), 2)
    }),
  )
})
