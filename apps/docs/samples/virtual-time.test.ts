import * as Poller from "@voiceclone/core/Poller"
import { TaskId } from "@voiceclone/core/Task"
import * as VoiceCloneClient from "@voiceclone/core/VoiceCloneClient"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeHttpClient from "@voiceclone/testing/FakeHttpClient"
import * as Fault from "@voiceclone/testing/Fault"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import assert from "node:assert/strict"
import { test } from "node:test"

test("a wait of minutes takes none", () => {
  const api = FakeApi.make({
    lifecycle: ["pending", "processing", "completed"],
    faults: [Fault.on("status", 2, Fault.answer(503))],
  })
  const services = Poller.Poller.layer.pipe(
    Layer.provide(VoiceCloneClient.layer({ apiKey: "any" })),
    Layer.provide(FakeHttpClient.layer(api)),
  )
  return Effect.gen(function* () {
    const poller = yield* Poller.Poller
    const waiting = yield* Effect.forkChild(poller.awaitCompletion(TaskId(api.addTask())))
    yield* TestClock.adjust("10 minutes")
    const task = yield* Fiber.join(waiting)
    assert.equal(task.status, "completed")
    assert.equal(api.requestsOf("status").length, 4) // one of them was answered 503, and repeated
  }).pipe(Effect.provide(services), Effect.provide(TestClock.layer()), Effect.runPromise)
})
