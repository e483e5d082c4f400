import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Wav from "@voiceclone/core/Wav"
import * as BlobStoreConformance from "@voiceclone/testing/BlobStoreConformance"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { readFileSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { BlobStore, resultOf } from "../src/BlobStore.ts"
import { DataDirectory } from "../src/DataDirectory.ts"
import * as FileBlobStore from "../src/FileBlobStore.ts"
import { ServerConfig } from "../src/ServerOptions.ts"
import * as SpeechFile from "../src/SpeechFile.ts"
import { eventually, files, temporary } from "./TestServer.ts"

const open = (dataDirectory: string, databaseUrl?: Redacted.Redacted<string>) =>
  FileBlobStore.layer.pipe(
    Layer.provide(DataDirectory.layer),
    Layer.provide(ServerConfig.layer({ dataDirectory, databaseUrl })),
    Layer.provide(NodeServices.layer),
  )

const test = (name: string, body: (dataDirectory: string) => Effect.Effect<void, unknown, BlobStore>) =>
  it.effect(name, () =>
    Effect.flatMap(temporary, (dataDirectory) => Effect.provide(body(dataDirectory), open(dataDirectory))),
  )

describe("FileBlobStore", () => {
  const place = Effect.map(temporary, (dataDirectory) =>
    Effect.map(Layer.build(Layer.fresh(open(dataDirectory))), Context.get(BlobStore)),
  )
  for (const { name, check } of BlobStoreConformance.cases(place)) it.live(name, () => check)

  test("leaves nothing of what failed or was interrupted, and keeps what was there before", (dataDirectory) =>
    Effect.gen(function* () {
      const blobs = yield* BlobStore
      const name = resultOf({ id: "a", claims: 1 })
      yield* blobs.put(name, (writer) => writer.append(Buffer.from("first")))
      const failure = yield* Effect.flip(
        blobs.put(name, (writer) => Effect.andThen(writer.append(Buffer.from("second")), Effect.fail("no"))),
      )
      assert.strictEqual(failure, "no")
      const begun = yield* Deferred.make<void>()
      const writing = yield* Effect.forkChild(
        blobs.put(name, (writer) =>
          writer
            .append(Buffer.from("third"))
            .pipe(Effect.andThen(Deferred.succeed(begun, undefined)), Effect.andThen(Effect.never)),
        ),
      )
      yield* Deferred.await(begun)
      assert.deepStrictEqual(files(dataDirectory, "results"), ["a.1.wav", "a.1.wav.part"])
      yield* Fiber.interrupt(writing)
      assert.deepStrictEqual(files(dataDirectory, "results"), ["a.1.wav"])
      assert.strictEqual(readFileSync(join(dataDirectory, "results/a.1.wav"), "utf8"), "first")
    }))

  it.effect("sweeps what a crash left", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      yield* Effect.provide(Effect.void, open(dataDirectory))
      writeFileSync(join(dataDirectory, "results/a.1.wav.part"), "half")
      yield* Effect.provide(Effect.void, open(dataDirectory))
      assert.deepStrictEqual(files(dataDirectory, "results"), [])
    }),
  )

  it.effect("sweeps, while it serves a directory that others share, what one of them left", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      yield* TestClock.setTime(Date.now())
      const leave = (name: string, age: number) => {
        const path = join(dataDirectory, "samples", name)
        writeFileSync(path, "half")
        utimesSync(path, (Date.now() - age) / 1000, (Date.now() - age) / 1000)
      }
      yield* Effect.gen(function* () {
        yield* BlobStore
        leave("abandoned.part", 23.5 * 3_600_000)
        leave("whole", 23.5 * 3_600_000)
        leave("growing.part", 0)
        yield* TestClock.adjust("1 hour")
        const left = Effect.sync(() => files(dataDirectory, "samples"))
        yield* eventually(
          "the abandoned to be gone",
          Effect.map(left, (names) => !names.includes("abandoned.part")),
        )
        assert.sameMembers([...(yield* left)], ["growing.part", "whole"])
      }).pipe(Effect.provide(open(dataDirectory, Redacted.make("postgres://127.0.0.1/none"))))
    }),
  )

  test("holds speech as a WAV file that the client finds valid, and frees what is written", (dataDirectory) =>
    Effect.gen(function* () {
      const blobs = yield* BlobStore
      const chunks = [
        { pcm: Int16Array.from([1, -2, 3]), progress: 0.5 },
        { pcm: new Int16Array(22_047), progress: 1 },
      ]
      const speech = Stream.fromIterable(chunks)
      const size = yield* blobs.put(resultOf({ id: "a", claims: 1 }), (writer) => SpeechFile.write(writer, speech))
      const file = readFileSync(join(dataDirectory, "results/a.1.wav"))
      assert.deepStrictEqual([size, file.length], [44 + 44_100, 44 + 44_100])
      assert.deepStrictEqual(Result.getOrThrow(Wav.verify(file, file.length, false)), {
        format: Wav.resultFormat,
        seconds: 1,
      })
      assert.deepStrictEqual(
        [0, 2, 4].map((at) => file.readInt16LE(44 + at)),
        [1, -2, 3],
      )
      for (const { pcm } of chunks) assert.lengthOf(pcm, 0)
    }))
})
