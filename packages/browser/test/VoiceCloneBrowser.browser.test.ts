import { CloneJob } from "@voiceclone/core/CloneJob"
import * as InMemory from "@voiceclone/core/InMemory"
import * as Sample from "@voiceclone/core/Sample"
import { TaskId } from "@voiceclone/core/Task"
import { VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { inject } from "vitest"
import * as VoiceCloneBrowser from "../src/VoiceCloneBrowser.ts"

const { open, twisted, hiding } = inject("servers")

const voice = Effect.promise(async () => new Uint8Array(await (await fetch("/examples/voice.wav")).arrayBuffer()))

layer(VoiceCloneBrowser.layer({ ...open, allowApiKeyInBrowser: true }), { excludeTestServices: true })(
  "VoiceCloneBrowser, with a real server",
  (it) => {
    it.effect("runs a whole job, also for a sample that only streams", () =>
      Effect.gen(function* () {
        const sample = Sample.fromBytes(yield* voice)
        const job = yield* CloneJob
        const result = yield* job.run({ sample, text: "Hello from Effect.", output: "effect.wav" })
        const fs = yield* FileSystem.FileSystem
        assert.strictEqual((yield* fs.readFile("/effect.wav")).byteLength, result.bytes)
        assert.deepStrictEqual(yield* job.run({ sample, text: "Hello from Effect.", output: "effect.wav" }), result)
      }),
    )
  },
)

layer(VoiceCloneBrowser.layer({ ...twisted, allowApiKeyInBrowser: true }))(
  "VoiceCloneBrowser, with a server behind a twisted proxy",
  (it) => {
    it.effect("follows no redirect", () =>
      Effect.gen(function* () {
        const client = yield* VoiceCloneClient
        const error = yield* Effect.flip(client.status(TaskId("task")))
        assert.strictEqual(error._tag, "UnexpectedResponse")
        assert.include(error.message, "a redirect to another address")
      }),
    )

    it.effect("takes a result that was compressed on the way", () =>
      Effect.gen(function* () {
        const result = yield* InMemory.receive(TaskId("task"))
        assert.deepStrictEqual(result.data, yield* voice)
      }),
    )
  },
)

layer(VoiceCloneBrowser.layer({ ...hiding, allowApiKeyInBrowser: true }))(
  "VoiceCloneBrowser, with a server that does not let a page see its compression",
  (it) => {
    it.effect("takes all of a result, though fewer bytes were announced", () =>
      Effect.gen(function* () {
        const result = yield* InMemory.receive(TaskId("task"))
        assert.deepStrictEqual(result.data, yield* voice)
      }),
    )
  },
)
