import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import * as AudioDecoderNode from "../src/AudioDecoderNode.ts"
import * as VoiceProcess from "../src/internal/voiceProcess.ts"
import * as Level from "../src/Level.ts"
import * as SherpaEngine from "../src/SherpaEngine.ts"
import { checkModel } from "../src/SherpaModel.ts"
import { type SpeechRequest, Synthesizer } from "../src/Synthesizer.ts"
import { contradictory, pocket, zipvoice } from "./models.ts"
import { tone } from "./samples.ts"

const scratch = mkdtempSync(join(tmpdir(), "voiceclone-"))
const inside = (name: string) => join(scratch, name)
beforeAll(async () => {
  await zipvoice(inside("zipvoice"))
  await contradictory(inside("contradictory"))
  await pocket(inside("pocket"))
})
afterAll(() => rmSync(scratch, { recursive: true }))

/** There are no binaries for every platform. */
const isNative = (() => {
  const platform = process.platform === "win32" ? "win" : process.platform
  try {
    const addon = createRequire(import.meta.url).resolve("sherpa-onnx-node")
    return createRequire(addon).resolve(`sherpa-onnx-${platform}-${process.arch}`) !== ""
  } catch {
    return false
  }
})()

const withEngine = <A, E>(
  options: SherpaEngine.Options,
  use: (synthesizer: Synthesizer["Service"]) => Effect.Effect<A, E>,
) =>
  Effect.flatMap(Synthesizer, use).pipe(
    Effect.provide(SherpaEngine.layer(options).pipe(Layer.provide(AudioDecoderNode.layerInProcess))),
  )

const speak = (synthesizer: Synthesizer["Service"], request: Partial<SpeechRequest> = {}) =>
  Stream.runCollect(synthesizer.synthesize({ sample: tone, text: "hello there. ", transcript: "hello", ...request }))

/** A process that is no sherpa-onnx, and does this with a message. */
const program = (name: string, action: string) => {
  const path = inside(`${name}.mjs`)
  writeFileSync(path, `process.on("message", (message) => { ${action} })`)
  return pathToFileURL(path)
}
const loads = `if (message.load) return process.send({ loaded: { sampleRate: 24000 } });`

const noise = (level: number) => {
  let state = 1
  const next = () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
  return { sampleRate: 24_000, samples: Float32Array.from({ length: 24_000 }, () => level * (2 * next() - 1)) }
}

describe.skipIf(!isNative)("SherpaEngine with the native addon", () => {
  it.live.each(["zipvoice", "pocket"] as const)("hands %s the text and the reference", (kind) =>
    Effect.gen(function* () {
      const model = yield* checkModel(inside(kind))
      const config = { model: { [kind]: model.files, numThreads: 1, provider: "cpu" } }
      const voice = yield* VoiceProcess.make({ config, patience: "1 minute" })
      const say = (text: string, level: number) =>
        voice.say({ text, reference: noise(level), transcript: "hello", steps: undefined })
      const quiet = yield* say("hello.", 0.4)
      const loud = yield* say("hello.", 0.8)
      const long = yield* say("hello there.", 0.4)
      assert.strictEqual(quiet.sampleRate, 24_000)
      assert.closeTo(Level.rms(loud.samples) - Level.rms(quiet.samples), 20 * Math.log10(2), 0.1)
      assert.isAbove(long.samples.length, quiet.samples.length * 1.4)
    }).pipe(Effect.scoped),
  )

  it.live.each([
    ["zipvoice", 468.75],
    ["pocket", 500],
  ] as const)("speaks with %s in our form", ([kind, frequency]) =>
    withEngine({ directory: inside(kind), threads: 1 }, (synthesizer) =>
      Effect.gen(function* () {
        yield* synthesizer.ready
        const text = "hello there. ".repeat(30)
        const chunks = yield* speak(synthesizer, { text })
        assert.isAbove(chunks.length, 1)
        assert.strictEqual(chunks.at(-1)?.progress, 1)
        const speech = Float32Array.from(chunks.at(-1)!.pcm, (value) => value / 32_768)
        assert.closeTo(Level.rms(speech), -20, 0.5)
        const middle = speech.subarray(2_000, 2_000 + 5_512)
        const crossings = middle.reduce(
          (count, value, i) => count + (i > 0 && middle[i - 1]! < 0 && value >= 0 ? 1 : 0),
          0,
        )
        assert.closeTo(crossings * 4, frequency, 8)
        assert.strictEqual(synthesizer.description.name, kind)
      }),
    ),
  )

  it.live("survives a model that contradicts itself, and says so", () =>
    withEngine({ directory: inside("contradictory"), threads: 1, patience: "5 seconds" }, (synthesizer) =>
      Effect.gen(function* () {
        yield* synthesizer.ready
        const error = yield* Effect.flip(speak(synthesizer))
        assert.strictEqual(error._tag, "EngineUnavailable")
        // The next one gets a process of its own.
        yield* synthesizer.ready
      }),
    ),
  )
})

describe("SherpaEngine", () => {
  it.live("refuses a sample without a transcript where the model needs one", () =>
    withEngine({ directory: inside("zipvoice"), program: program("unused", "process.exit()") }, (synthesizer) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(speak(synthesizer, { transcript: " " }))
        assert.isTrue(error._tag === "SampleUnusable" && error.reason === "no transcript")
      }),
    ),
  )

  it.live("fails at once where the directory lacks a file", () =>
    Effect.gen(function* () {
      const directory = yield* Effect.promise(() => pocket(inside("partial")))
      rmSync(join(directory, "vocab.json"))
      const error = yield* Effect.flip(withEngine({ directory }, () => Effect.void))
      assert.match(error.message, /lacks vocab\.json\.$/)
      assert.isFalse(error.retryable)
    }),
  )

  it.live.each([
    ["dies", "process.exit(3)", /while it spoke \(code 3\)/],
    ["is killed", "process.kill(process.pid, 'SIGABRT')", /while it spoke \(SIGABRT\)/],
    ["complains", "process.send({ error: 'lost' })", /while it spoke/],
  ] as const)("replaces a process that %s", ([name, action, message]) =>
    withEngine(
      { directory: inside("pocket"), program: program(name, `console.error("last words"); ${loads} ${action}`) },
      (synthesizer) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(speak(synthesizer))
          assert.isTrue(error._tag === "EngineUnavailable" && error.retryable)
          assert.match(error.message, message)
          assert.match(String(error._tag === "EngineUnavailable" && error.cause), /last words/)
          yield* synthesizer.ready
        }),
    ),
  )

  it.live.each([
    ["dies over its model", "process.exit(1)", /cannot be loaded: the process ended \(code 1\)/],
    ["has no addon", "process.send({ missing: Object.keys(process.env).join() })", /not installed: npm install/],
  ] as const)("needs someone's help when the process %s", ([name, action, message]) =>
    withEngine({ directory: inside("pocket"), program: program(name, action) }, (synthesizer) =>
      Effect.gen(function* () {
        process.env["VOICECLONE_ENGINE_TEST"] = "secret"
        const error = yield* Effect.flip(synthesizer.ready)
        delete process.env["VOICECLONE_ENGINE_TEST"]
        assert.isFalse(error.retryable)
        assert.match(error.message, message)
        assert.notInclude(String(error.cause), "VOICECLONE")
      }),
    ),
  )

  it.effect("waits as long as there is progress, and no longer", () => {
    const log = inside("progress")
    const action = `${loads} (await import("node:fs")).appendFileSync(${JSON.stringify(log)}, "x"); process.send({ progress: 0.5 })`
    return withEngine(
      { directory: inside("pocket"), program: program("hangs", `(async () => { ${action} })()`), patience: "1 minute" },
      (synthesizer) =>
        Effect.gen(function* () {
          yield* synthesizer.ready
          const fiber = yield* Effect.forkChild(Effect.exit(speak(synthesizer)))
          while (!existsSync(log)) yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 10)))
          for (let i = 0; fiber.pollUnsafe() === undefined; i++) {
            assert.isBelow(i, 100)
            yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)))
            yield* TestClock.adjust("40 seconds")
          }
          const exit = yield* Fiber.join(fiber)
          assert.isTrue(Exit.isFailure(exit))
          assert.match(String(Exit.isFailure(exit) && exit.cause), /no progress/)
        }),
    )
  })

  it.live("ends the process when its work is cancelled", () => {
    const log = inside("pid")
    const action = `${loads} import("node:fs").then((fs) => fs.writeFileSync(${JSON.stringify(log)}, String(process.pid)))`
    return withEngine({ directory: inside("pocket"), program: program("works", action) }, (synthesizer) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(speak(synthesizer))
        while (!existsSync(log) || readFileSync(log, "utf8") === "") yield* Effect.sleep(10)
        const pid = Number(readFileSync(log, "utf8"))
        assert.isTrue(process.kill(pid, 0))
        yield* Fiber.interrupt(fiber)
        assert.throws(() => process.kill(pid, 0))
      }),
    )
  })
})
