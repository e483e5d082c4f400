import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { assert, layer } from "@effect/vitest"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Sample from "../src/Sample.ts"

const voice = WavFile.tone({ seconds: 10 })

const read = (sample: Sample.Sample) =>
  Effect.map(Stream.runCollect(sample.stream), (chunks) => new Uint8Array(chunks.flatMap((chunk) => [...chunk])))

layer(Layer.mergeAll(NodeFileSystem.layer, NodePath.layer))("Sample", (it) => {
  const inFile = Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped()
    yield* fs.writeFile(`${directory}/voice.wav`, voice)
    return { fs, directory, path: `${directory}/voice.wav` }
  })

  it.effect.each(["bytes", "blob", "path"] as const)("%s: can be opened again, from its start", (kind) =>
    Effect.gen(function* () {
      const { path } = yield* inFile
      const sample =
        kind === "bytes"
          ? Sample.fromBytes(voice)
          : kind === "blob"
            ? Sample.fromBlob(new Blob([voice]))
            : yield* Sample.fromPath(path)
      assert.strictEqual(sample.size, voice.byteLength)
      yield* Stream.runDrain(Stream.take(sample.stream, 1))
      for (let i = 0; i < 2; i++) assert.deepStrictEqual(yield* read(sample), new Uint8Array(voice))
    }),
  )

  it.effect.each([
    ["grows", [...voice, 1]],
    ["shrinks", [...voice.subarray(0, -1)]],
  ] as const)("fails where its file %s meanwhile: its length was already told", ([, bytes]) =>
    Effect.gen(function* () {
      const { fs, path } = yield* inFile
      const sample = yield* Sample.fromPath(path)
      yield* fs.writeFile(path, new Uint8Array(bytes))
      let sent = 0
      const counted = Stream.tap(sample.stream, (chunk) => Effect.sync(() => (sent += chunk.byteLength)))
      const error = yield* Effect.flip(Stream.runDrain(counted))
      assert.isAtMost(sent, sample.size)
      assert.strictEqual(error.message, `Cannot read the voice sample ${path}: it changed while it was being uploaded`)
    }),
  )

  it.effect.each([
    ["grew", [...voice, 1]],
    ["shrank", [...voice.subarray(0, -1)]],
  ] as const)("fails where the file of a blob %s since it was chosen, as Firefox reads it then", ([, bytes]) =>
    Effect.gen(function* () {
      const blob = new Blob([voice])
      blob.stream = () => new Blob([new Uint8Array(bytes)]).stream()
      const error = yield* Effect.flip(read(Sample.fromBlob(blob, "voice.wav")))
      assert.strictEqual(error._tag, "SampleUnreadable")
      assert.match(error.message, /voice\.wav: it changed since it was chosen/)
    }),
  )

  it.effect("says why there is none", () =>
    Effect.gen(function* () {
      const { directory, fs, path } = yield* inFile
      const sample = yield* Sample.fromPath(path)
      yield* fs.remove(path)
      assert.match((yield* Effect.flip(read(sample))).message, /no such file/)
      assert.match((yield* Effect.flip(Sample.fromPath(path))).message, /no such file/)
      assert.match((yield* Effect.flip(Sample.fromPath(directory))).message, /is a directory/)
      assert.match((yield* Effect.flip(Sample.fromPath("/dev/null"))).message, /not a regular file/)
    }),
  )
})
