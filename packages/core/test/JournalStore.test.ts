import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { assert, describe, it } from "@effect/vitest"
import * as JournalStoreConformance from "@voiceclone/testing/JournalStoreConformance"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as PlatformError from "effect/PlatformError"
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

  it.live("brings every directory that it makes to the disk, by the one that it is in", () =>
    Effect.gen(function* () {
      const path = yield* directory
      const opened: Array<string> = []
      const watched = Layer.effect(
        FileSystem.FileSystem,
        Effect.map(FileSystem.FileSystem, (fs) => ({
          ...fs,
          open: (...[file, options]: Parameters<FileSystem.FileSystem["open"]>) =>
            Effect.andThen(
              Effect.sync(() => void opened.push(file)),
              fs.open(file, options),
            ),
        })),
      ).pipe(Layer.provideMerge(platform))
      const store = yield* Effect.provide(open(JournalStore.layerFileSystem(`${path}/a/b`)), watched)
      yield* store.write("key", "text")
      assert.includeMembers(opened, [path, `${path}/a`, `${path}/a/b`])
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
  const acquire = Effect.fnUntraced(function* (file: string, as: Lock.Identity) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    return yield* Effect.provideService(Lock.acquire(fs, path, file), Lock.ProcessIdentity, as)
  })

  it.live("takes over from a process that is gone, and from no other", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const place = yield* directory
      const file = `${place}/lock`
      yield* fs.writeFileString(file, "dead\nnonce\n")
      assert.isFalse(yield* acquire(file, identity("b")), "nobody knows whether it lives")
      assert.isFalse(yield* acquire(file, identity("b", "another")))
      yield* fs.writeFileString(`${file}.deadheir`, "dead\ndeadheir\n")
      assert.isTrue(yield* Effect.scoped(acquire(file, identity("b", "dead"))))
      assert.deepStrictEqual(yield* fs.readDirectory(place), [])
    }).pipe(Effect.provide(platform), Effect.scoped),
  )

  it.live("is had where the answer to a link that was made says that there was one", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* directory}/lock`
      const network = {
        ...fs,
        link: (from: string, to: string) => Effect.andThen(fs.link(from, to), fs.link(from, to)),
      }
      assert.isTrue(yield* Lock.acquire(network, yield* Path.Path, file))
    }).pipe(Effect.provide(platform), Effect.scoped),
  )

  const unsupported = PlatformError.systemError({ _tag: "Unknown", module: "FileSystem", method: "link" })

  it.live.each([{ links: true }, { links: false }])(
    "has one heir among many, and nothing is left (links: $links)",
    ({ links }) =>
      Effect.gen(function* () {
        const plain = yield* FileSystem.FileSystem
        const place = yield* directory
        const file = `${place}/lock`
        // whatever order the calls of many processes may come in
        const jitter = Effect.suspend(() => Effect.sleep(Math.random() * 3))
        const fs: FileSystem.FileSystem = {
          ...plain,
          link: (from, to) => (links ? Effect.andThen(jitter, plain.link(from, to)) : Effect.fail(unsupported)),
          rename: (from, to) => Effect.andThen(jitter, plain.rename(from, to)),
          remove: (path, options) => Effect.andThen(jitter, plain.remove(path, options)),
          readDirectory: (path, options) => Effect.andThen(jitter, plain.readDirectory(path, options)),
          readFileString: (path, encoding) => Effect.andThen(jitter, plain.readFileString(path, encoding)),
        }
        let [holders, held] = [0, 0]
        const hold = Effect.sleep(4).pipe(
          Effect.andThen(Effect.sync(() => assert.strictEqual(holders, 1, "one at a time"))),
        )
        for (let round = 0; round < 10; round++) {
          yield* plain.writeFileString(file, "dead\nnonce\n")
          yield* Effect.forEach(
            Array.from({ length: 10 }, (_, i) => i),
            (i) =>
              acquire(file, identity(`process-${i}`, "dead")).pipe(
                Effect.tap((taken) => (taken ? Effect.sync(() => void (holders++, held++)) : Effect.void)),
                Effect.tap((taken) =>
                  taken
                    ? Effect.ensuring(
                        hold,
                        Effect.sync(() => void holders--),
                      )
                    : Effect.void,
                ),
                Effect.scoped,
              ),
            { concurrency: "unbounded" },
          ).pipe(Effect.provideService(FileSystem.FileSystem, fs))
          assert.deepStrictEqual(yield* plain.readDirectory(place), [])
        }
        assert.isAtLeast(held, 10, "nobody had it, though nobody held it")
      }).pipe(Effect.provide(platform), Effect.scoped),
  )
})
