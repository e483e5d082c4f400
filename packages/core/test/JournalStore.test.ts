import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { assert, describe, it } from "@effect/vitest"
import * as JournalStoreConformance from "@voiceclone/testing/JournalStoreConformance"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as JournalStore from "../src/JournalStore.ts"
import * as Lock from "../src/Lock.ts"

const platform = Layer.mergeAll(NodeFileSystem.layer, NodePath.layer)

const open = <E, R>(layer: Layer.Layer<JournalStore.JournalStore, E, R>) =>
  Effect.map(Layer.build(Layer.fresh(layer)), Context.get(JournalStore.JournalStore))

const directory = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "voiceclone-" }))

describe("JournalStore.layerMemory", () => {
  const place = Effect.succeed(open(JournalStore.layerMemory))
  for (const { name, check } of JournalStoreConformance.cases(place, { durable: false })) it.live(name, () => check)
})

describe("JournalStore.layerFileSystem", () => {
  // the directory is made at the first write
  const place = Effect.map(directory, (path) => open(JournalStore.layerFileSystem(`${path}/of/jobs`)))
  for (const { name, check } of JournalStoreConformance.cases(place, { durable: true })) {
    it.live(name, () => Effect.provide(check, platform))
  }

  it.live("leaves nothing beside its entries, and lets nobody else in", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = `${yield* directory}/jobs`
      const store = yield* open(JournalStore.layerFileSystem(path))
      yield* Effect.scoped(Effect.andThen(store.lock("a"), store.write("a", "one")))
      yield* store.write("a", "two")
      assert.deepStrictEqual(yield* fs.readDirectory(path), ["a.json"])
      assert.strictEqual((yield* fs.stat(path)).mode & 0o777, 0o700)
      assert.strictEqual((yield* fs.stat(`${path}/a.json`)).mode & 0o777, 0o600)
    }).pipe(Effect.provide(platform), Effect.scoped),
  )

  it.live("keeps the old text when the new one cannot be written", () =>
    Effect.gen(function* () {
      const path = yield* directory
      const full = Layer.effect(
        FileSystem.FileSystem,
        Effect.map(FileSystem.FileSystem, (fs) => ({
          ...fs,
          rename: (from: string) => Effect.flatMap(fs.stat(`${from}/not a directory`), () => Effect.void),
        })),
      ).pipe(Layer.provideMerge(platform))
      const store = yield* open(JournalStore.layerFileSystem(path))
      yield* store.write("a", "one")
      const failing = yield* Effect.provide(open(JournalStore.layerFileSystem(path)), full)
      assert.strictEqual((yield* Effect.flip(failing.write("a", "two")))._tag, "JournalFailed")
      assert.deepInclude(yield* store.read("a"), { _tag: "Some", value: "one" })
      const fs = yield* FileSystem.FileSystem
      assert.deepStrictEqual(yield* fs.readDirectory(path), ["a.json"])
    }).pipe(Effect.provide(platform), Effect.scoped),
  )
})

describe("Lock.acquire", () => {
  const identity = (name: string, ...gone: ReadonlyArray<string>): Lock.Identity => ({
    name,
    isGone: (name) => Effect.succeed(gone.includes(name)),
  })
  const acquire = Effect.fnUntraced(function* (path: string, as: Lock.Identity) {
    const fs = yield* FileSystem.FileSystem
    return yield* Effect.provideService(Lock.acquire(fs, path), Lock.ProcessIdentity, as)
  })

  it.live("takes over from a process that is gone, and from no other", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = `${yield* directory}/lock`
      yield* fs.writeFileString(path, "dead\nnonce\n")
      assert.isFalse(yield* acquire(path, identity("b")), "nobody knows whether it lives")
      assert.isFalse(yield* acquire(path, identity("b", "another")))
      assert.isTrue(yield* Effect.scoped(acquire(path, identity("b", "dead"))))
      assert.isFalse(yield* fs.exists(path))
    }).pipe(Effect.provide(platform), Effect.scoped),
  )

  it.live("has one heir among many, and nothing is left", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const place = yield* directory
      for (let round = 0; round < 20; round++) {
        const path = `${place}/lock`
        yield* fs.writeFileString(path, "dead\nnonce\n")
        const won = yield* Effect.scoped(
          Effect.forEach(
            Array.from({ length: 10 }, (_, i) => i),
            (i) => acquire(path, identity(`process-${i}`, "dead")),
            { concurrency: "unbounded" },
          ),
        )
        assert.isAtMost(won.filter((one) => one).length, 1)
        yield* Effect.ignore(fs.remove(path))
        assert.deepStrictEqual(yield* fs.readDirectory(place), [])
      }
    }).pipe(Effect.provide(platform), Effect.scoped),
  )
})
