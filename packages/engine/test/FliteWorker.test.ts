import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import * as Flite from "../src/Flite.ts"
import * as FliteNode from "../src/FliteNode.ts"
import * as FliteWorker from "../src/FliteWorker.ts"
import { Speaker } from "../src/Speaker.ts"
import { recordingOf } from "./voices.ts"

const flite = Effect.runSync(Effect.cached(FliteNode.loadModule()))
const hello = { text: "Hello there.", voice: { name: "slt" } } as const
const resourceLimits = { maxOldGenerationSizeMb: 16 }
/** Several seconds of work. */
const speech = { text: "She told the government that we would open three offices. ".repeat(150), voice: hello.voice }

/** A speaker whose threads are real ones, except that scripts replace the first few; and all threads it started. */
const withSpeaker = <A, E>(
  scripts: ReadonlyArray<string>,
  use: (speaker: Speaker["Service"], threads: ReadonlyArray<Worker>) => Effect.Effect<A, E, Scope.Scope>,
) => {
  const threads: Array<Worker> = []
  const spawn = (module: WebAssembly.Module) => {
    const script = scripts[threads.length]
    const thread = script === undefined ? FliteWorker.spawn(module) : new Worker(script, { eval: true, resourceLimits })
    threads.push(thread)
    return thread
  }
  return Speaker.use((speaker) => use(speaker, threads)).pipe(
    Effect.provide(FliteWorker.layerSpeaker(flite, { spawn })),
    Effect.scoped,
  )
}

const onMessage = (action: string) => `require("worker_threads").parentPort.on("message", () => { ${action} })`

// A voice takes seconds to fit, and many times that on a machine that is busy.
describe("FliteWorker", { timeout: 90_000 }, () => {
  it.live("says what the calling thread would say, and leaves that thread free", () =>
    withSpeaker(
      [],
      Effect.fnUntraced(function* (speaker, threads) {
        yield* speaker.say(hello)
        let turns = 0
        const timer = setInterval(() => turns++, 5)
        const spoken = yield* speaker.say({ ...hello, text: speech.text.slice(0, 900) })
        clearInterval(timer)
        assert.isAbove(turns, 10)
        assert.isAbove(spoken.length, 22_050 * 10)
        const same = yield* Speaker.use((here) => here.say(hello)).pipe(Effect.provide(Flite.layerSpeaker(flite)))
        assert.deepStrictEqual(yield* speaker.say(hello), same)
        assert.strictEqual(threads.length, 1)
      }),
    ),
  )

  it.live("ends within a sentence when interrupted, and goes on with the next", () =>
    withSpeaker(
      [],
      Effect.fnUntraced(function* (speaker, threads) {
        const fiber = yield* Effect.forkChild(speaker.say(speech))
        while (threads.length === 0) yield* Effect.sleep(5)
        yield* Effect.promise(() => once(threads[0]!, "online"))
        yield* Effect.sleep(100)
        const ended = once(threads[0]!, "exit")
        const start = performance.now()
        yield* Fiber.interrupt(fiber)
        yield* Effect.promise(() => ended)
        assert.isBelow(performance.now() - start, 1_000)
        assert.isAbove((yield* speaker.say(hello)).length, 5_000)
        assert.strictEqual(threads.length, 2)
      }),
    ),
  )

  it.live("ends while it fits a voice when interrupted, and goes on with the next", () =>
    withSpeaker(
      [],
      Effect.fnUntraced(function* (speaker, threads) {
        const recording = yield* Effect.promise(() => recordingOf({ name: "rms" }))
        yield* speaker.say(hello)
        const fiber = yield* Effect.forkChild(speaker.fit(recording))
        yield* Effect.sleep(50)
        const ended = once(threads[0]!, "exit")
        yield* Fiber.interrupt(fiber)
        yield* Effect.promise(() => ended)
        assert.strictEqual((yield* speaker.fit(recording)).voice.name, "kal16")
        assert.strictEqual(threads.length, 2)
      }),
    ),
  )

  it.live("leaves the thread alone when a waiting sentence is cancelled", () =>
    withSpeaker(
      [],
      Effect.fnUntraced(function* (speaker, threads) {
        const first = yield* Effect.forkChild(speaker.say(hello))
        const second = yield* Effect.forkChild(speaker.say(hello))
        yield* Effect.sleep(1)
        yield* Fiber.interrupt(second)
        assert.isAbove((yield* Fiber.join(first)).length, 5_000)
        assert.strictEqual(threads.length, 1)
      }),
    ),
  )

  it.live.each<readonly [string, string, RegExp]>([
    ["exits", "process.exit(3)", /code 3/],
    ["throws", "throw new Error('lost')", /crashed/],
    ["runs out of memory", "const hoard = []; for (;;) hoard.push(new Array(1e4).fill({}))", /crashed/],
  ])("fails with a type when the thread %s, and starts another", ([, action, message]) =>
    withSpeaker(
      [onMessage(action)],
      Effect.fnUntraced(function* (speaker, threads) {
        const error = yield* Effect.flip(speaker.say(hello))
        assert.strictEqual(error._tag, "EngineUnavailable")
        assert.isTrue(error.retryable)
        assert.match(error.message, message)
        assert.isAbove((yield* speaker.say(hello)).length, 5_000)
        assert.strictEqual(threads.length, 2)
      }),
    ),
  )

  it.effect("stops a thread that does not answer", () =>
    withSpeaker(
      [onMessage("for (;;) {}")],
      Effect.fnUntraced(function* (speaker) {
        yield* flite
        const fiber = yield* Effect.forkChild(Effect.flip(speaker.say(hello)))
        yield* TestClock.adjust("61 seconds")
        const error = yield* Fiber.join(fiber)
        assert.match(error.message, /did not answer/)
        assert.isAbove((yield* speaker.say(hello)).length, 5_000)
      }),
    ),
  )

  it.live("reports a module that cannot be had", () =>
    Effect.gen(function* () {
      const missing = FliteNode.loadModule(new URL("./nowhere.wasm", import.meta.url))
      const error = yield* Speaker.use((speaker) => Effect.flip(speaker.say(hello))).pipe(
        Effect.provide(FliteWorker.layerSpeaker(missing)),
      )
      assert.isFalse(error.retryable)
    }),
  )
})
