import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { BlobStore } from "../src/BlobStore.ts"
import * as Health from "../src/Health.ts"
import { StatusChanges } from "../src/StatusChanges.ts"
import { Tasks } from "../src/Tasks.ts"
import { Quiet, settableClock, StubSynthesizer } from "./TestServer.ts"

describe("Health", () => {
  it.effect("looks once a second, however many ask, and says at once that the server stops", () => {
    let looks = 0
    let isBroken = false
    const database = Layer.mock(Tasks, {
      find: () => Effect.suspend(() => (looks++, isBroken ? Effect.die("broken") : Effect.succeedNone)),
    })
    const blobs = Layer.mock(BlobStore, { size: () => Effect.succeedNone })
    return Effect.gen(function* () {
      const { ready } = yield* Health.make
      const answer = Effect.map(Effect.result(ready()), ({ _tag }) => _tag)
      yield* Effect.forEach(Array.from({ length: 100 }), () => answer, { concurrency: "unbounded" })
      isBroken = true
      assert.deepStrictEqual([yield* answer, looks], ["Success", 1])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([yield* answer, yield* answer, looks], ["Failure", "Failure", 2])
      isBroken = false
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* answer, "Success")
      yield* StatusChanges.use(({ end }) => end)
      assert.strictEqual(yield* answer, "Failure")
    }).pipe(Effect.provide([database, blobs, StatusChanges.layer, StubSynthesizer, Quiet]))
  })

  it.effect("looks again a second later, though the clock was set back", () => {
    let looks = 0
    const database = Layer.mock(Tasks, { find: () => Effect.suspend(() => (looks++, Effect.succeedNone)) })
    const blobs = Layer.mock(BlobStore, { size: () => Effect.succeedNone })
    return Effect.gen(function* () {
      const clock = yield* settableClock
      yield* Effect.gen(function* () {
        const { ready } = yield* Health.make
        yield* ready()
        clock.ahead = -3_600_000
        yield* TestClock.adjust("1 second")
        yield* ready()
        assert.strictEqual(looks, 2)
      }).pipe(Effect.provideService(Clock.Clock, clock.time))
    }).pipe(Effect.provide([database, blobs, StatusChanges.layer, StubSynthesizer, Quiet]))
  })
})
