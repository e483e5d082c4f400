import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { EngineUnavailable, SampleUnusable, type SynthesisError } from "@voiceclone/engine/SynthesisError"
import { Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { BlobStore, sampleOf } from "../src/BlobStore.ts"
import { DataDirectory } from "../src/DataDirectory.ts"
import * as FileBlobStore from "../src/FileBlobStore.ts"
import { Progress } from "../src/Progress.ts"
import { Server } from "../src/Server.ts"
import { ServerConfig } from "../src/ServerOptions.ts"
import * as SqliteClient from "../src/SqliteClient.ts"
import * as SqlTasks from "../src/SqlTasks.ts"
import { StatusChanges } from "../src/StatusChanges.ts"
import { Tasks } from "../src/Tasks.ts"
import * as Worker from "../src/Worker.ts"
import {
  call,
  create,
  eventually,
  holds,
  Quiet,
  sample,
  serve,
  StubSynthesizer,
  temporary,
  until,
} from "./TestServer.ts"

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

/** Goes away when it is told to, or at such a text, until it is told to come back. */
const leaving = (isPoison: (text: string) => boolean) => {
  let isAway = false
  let attempts = 0
  const refused = new EngineUnavailable({ retryable: false, detail: "The key is refused." })
  const layer = Layer.effect(
    Synthesizer,
    Effect.map(Synthesizer, (stub) =>
      Synthesizer.of({
        ...stub,
        ready: Effect.suspend(() => (isAway ? Effect.fail(refused) : Effect.void)),
        synthesize: (request) =>
          Stream.suspend(() => {
            attempts++
            isAway ||= isPoison(request.text)
            return isAway ? Stream.fail(refused) : stub.synthesize(request)
          }),
      }),
    ),
  ).pipe(Layer.provide(StubSynthesizer))
  return {
    layer,
    attempts: () => attempts,
    leave: () => void (isAway = true),
    comeBack: () => void (isAway = false),
  }
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

  /** Time passes until the tasks have ended. */
  const ended = (baseUrl: string, ids: ReadonlyArray<string>) =>
    Effect.forEach(ids, (id) =>
      eventually(
        "the tasks to end",
        TestClock.adjust("10 seconds").pipe(
          Effect.andThen(call(`${baseUrl}/async-clone/task-status/${id}`)),
          Effect.map(({ json }): any => (json.status === "completed" || json.status === "failed") && json),
        ),
      ),
    )

  it.effect("lets tasks wait for an engine that is away", () =>
    Effect.gen(function* () {
      const engine = leaving(() => false)
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        engine.leave()
        const ids = yield* Effect.forEach(["One.", "Two.", "Three."], (text) => create(baseUrl, text))
        yield* until(baseUrl, ids[0]!, "pending")
        const ready = yield* call(`${baseUrl}/ready`)
        assert.deepStrictEqual([ready.status, ready.json.detail], [503, "The key is refused."])
        // far more outages than a task is spared, if the worker didn't wait
        for (let minute = 0; minute < 20; minute++) {
          yield* TestClock.adjust("1 minute")
          for (const id of ids) yield* until(baseUrl, id, "pending")
        }
        assert.strictEqual(engine.attempts(), 1)
        engine.comeBack()
        assert.deepStrictEqual(
          (yield* ended(baseUrl, ids)).map(({ status }) => status),
          ["completed", "completed", "completed"],
        )
      }).pipe(Effect.provide(serve({ dataDirectory: yield* temporary }, engine.layer)))
    }),
  )

  it.effect("gives up a task that brings the engine down each time", () =>
    Effect.gen(function* () {
      const engine = leaving((text) => text === "poison")
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const ids = yield* Effect.forEach(["poison", "Hello."], (text) => create(baseUrl, text))
        const back = Effect.forever(Effect.andThen(Effect.sleep("5 seconds"), Effect.sync(engine.comeBack)))
        yield* Effect.forkChild(back)
        assert.deepStrictEqual(
          (yield* ended(baseUrl, ids)).map(({ error, status }) => [status, error]),
          [
            ["failed", "The key is refused."],
            ["completed", undefined],
          ],
        )
      }).pipe(Effect.provide(serve({ dataDirectory: yield* temporary }, engine.layer)))
    }),
  )

  it.effect("goes on after an engine that interrupts itself", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const engine = Layer.effect(
        Synthesizer,
        Effect.map(Synthesizer, (stub) =>
          Synthesizer.of({
            ...stub,
            synthesize: (request) =>
              request.text === "poison" ? Stream.fromEffectDrain(Effect.interrupt) : stub.synthesize(request),
          }),
        ),
      ).pipe(Layer.provide(StubSynthesizer))
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const ids = yield* Effect.forEach(["poison", "Hello."], (text) => create(baseUrl, text))
        assert.deepStrictEqual(
          (yield* ended(baseUrl, ids)).map(({ status }) => status),
          ["failed", "completed"],
        )
      }).pipe(Effect.provide(serve({ dataDirectory }, engine)))
    }),
  )

  it.effect.each(["find", "complete", "fail"] as const)(
    "does nothing again, and fails nothing, where the database fails to %s for a while",
    (method) =>
      Effect.gen(function* () {
        const dataDirectory = yield* temporary
        const begun = yield* Deferred.make<void>()
        const goOn = yield* Deferred.make<void>()
        let failures = 0
        const fault = Effect.suspend(() => (failures-- > 0 ? Effect.die(new Error("database is full")) : Effect.void))
        const faulty = Effect.map(Tasks, (tasks) =>
          Tasks.of({
            ...tasks,
            find: (id) => (method === "find" ? Effect.andThen(fault, tasks.find(id)) : tasks.find(id)),
            complete: (claim, result) => Effect.andThen(fault, tasks.complete(claim, result)),
            fail: (claim, error) => Effect.andThen(fault, tasks.fail(claim, error)),
          }),
        )
        const engine = Effect.map(Synthesizer, (stub) =>
          Synthesizer.of({
            ...stub,
            synthesize: (request) =>
              Deferred.succeed(begun, undefined).pipe(
                Effect.andThen(Deferred.await(goOn)),
                Effect.as(stub.synthesize(request)),
                Stream.unwrap,
              ),
          }),
        )
        const tasks = Layer.fresh(SqlTasks.layer).pipe(Layer.provide(SqliteClient.layer(":memory:")))
        const parts = Layer.mergeAll(
          Layer.effect(Tasks, faulty).pipe(Layer.provide(tasks)),
          Layer.effect(Synthesizer, engine).pipe(Layer.provide(StubSynthesizer)),
          FileBlobStore.layer,
          Progress.layer.pipe(Layer.provide(SqliteClient.layer(":memory:"))),
        ).pipe(
          Layer.provideMerge([StatusChanges.layer, DataDirectory.layer, Quiet]),
          Layer.provideMerge(ServerConfig.layer({ dataDirectory })),
          Layer.provide(NodeServices.layer),
        )
        yield* Effect.gen(function* () {
          const tasks = yield* Tasks
          yield* BlobStore.use((blobs) => blobs.put(sampleOf("a"), (writer) => writer.append(sample)))
          yield* tasks.create({ id: "a", owner: "anna", text: method === "fail" ? "script" : "Hello." })
          yield* Layer.build(Worker.layer)
          yield* Deferred.await(begun)
          failures = 3
          yield* StatusChanges.use((changes) => changes.announceAll)
          const passing = TestClock.adjust("1 second")
          if (method === "find") {
            yield* eventually(
              "the failures",
              Effect.map(passing, () => failures <= 0),
            )
          }
          yield* Deferred.succeed(goOn, undefined)
          const task = yield* eventually(
            "the task to end",
            Effect.gen(function* () {
              yield* passing
              const { claims, error, status } = Option.getOrThrow(yield* tasks.find("a"))
              return status !== "processing" && { claims, error, status }
            }),
          )
          assert.deepStrictEqual(
            task,
            method === "fail"
              ? { claims: 1, error: "Only English is spoken.", status: "failed" }
              : { claims: 1, error: null, status: "completed" },
          )
        }).pipe(Effect.provide(parts))
      }),
  )
})
