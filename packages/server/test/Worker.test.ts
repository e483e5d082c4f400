import { assert, describe, it } from "@effect/vitest"
import { EngineUnavailable, SampleUnusable, type SynthesisError } from "@voiceclone/engine/SynthesisError"
import { Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Server } from "../src/Server.ts"
import { call, create, eventually, holds, serve, StubSynthesizer, temporary, until } from "./TestServer.ts"

const crash = new EngineUnavailable({ retryable: true, detail: "The engine crashed." })
const damage = new SampleUnusable({ reason: "damaged", detail: "The sample is damaged." })

/** Fails so many times before it speaks. */
const flaky = (failures: number, error: SynthesisError) => {
  let attempts = 0
  const layer = Layer.effect(
    Synthesizer,
    Effect.map(Synthesizer, (stub) =>
      Synthesizer.of({
        ...stub,
        synthesize: (request) =>
          Stream.suspend(() =>
            ++attempts > failures
              ? stub.synthesize(request)
              : Stream.concat(Stream.take(stub.synthesize(request), 1), Stream.fail(error)),
          ),
      }),
    ),
  ).pipe(Layer.provide(StubSynthesizer))
  return { layer, attempts: () => attempts }
}

describe("Worker", () => {
  it.effect.each<[number, SynthesisError, number, string, string | undefined]>([
    [3, crash, 4, "completed", undefined],
    [4, crash, 4, "failed", "The engine crashed."],
    [1, damage, 1, "failed", "The sample is damaged."],
  ])("has patience with an engine that crashes, and none with a sample", ([failures, cause, attempts, status, error]) =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const engine = flaky(failures, cause)
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const id = yield* create(baseUrl, "Hello.")
        yield* until(baseUrl, id, "processing")
        const task = yield* eventually(
          "the task to end",
          TestClock.adjust("1 second").pipe(
            Effect.andThen(call(`${baseUrl}/async-clone/task-status/${id}`)),
            Effect.map(({ json }): any => json.status !== "processing" && json),
          ),
        )
        assert.deepStrictEqual([task.status, task.error], [status, error])
        assert.strictEqual(engine.attempts(), attempts)
        yield* holds(dataDirectory, "samples")
        yield* holds(dataDirectory, "results", ...(status === "completed" ? [`${id}.1.wav`] : []))
      }).pipe(Effect.provide(serve({ dataDirectory }, engine.layer)))
    }),
  )
})
