/**
 * Where the journal's entries are kept: the port, and its adapters over Effect's `FileSystem` and over memory.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import type * as Scope from "effect/Scope"
import { isFull, makeDirectories, overwrite, reasonOf, syncDirectory } from "./internal/filesystem.ts"
import * as Lock from "./Lock.ts"
import { JournalFailed } from "./TaskError.ts"

/** Keys are lowercase letters, digits and dashes, so that they can be file names everywhere. */
export class JournalStore extends Context.Service<
  JournalStore,
  {
    /** Where it is, for people. */
    readonly location: string
    /** The text kept under a key. */
    readonly read: (key: string) => Effect.Effect<Option.Option<string>, JournalFailed>
    /** Keeps a text under a key. When it returns, the text survives a crash; a reader sees the old text or the new one. */
    readonly write: (key: string, text: string) => Effect.Effect<void, JournalFailed>
    /** Forgets a key, which may be unknown. */
    readonly remove: (key: string) => Effect.Effect<void, JournalFailed>
    /** Moves what is kept under a key out of the way, without a loss; says where to. */
    readonly setAside: (key: string) => Effect.Effect<string, JournalFailed>
    /** Every key there is. */
    readonly keys: Effect.Effect<ReadonlyArray<string>, JournalFailed>
    /** Holds a key for one process and fiber until the scope closes; `false` where someone else holds it. */
    readonly lock: (key: string) => Effect.Effect<boolean, JournalFailed, Scope.Scope>
  }
>()("voiceclone/JournalStore") {}

const suffix = ".json"

/** A file for each key, in a directory that is made at the first write. Safe under `kill -9` and for many processes. */
export const layerFileSystem = (
  directory: string,
): Layer.Layer<JournalStore, never, FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    JournalStore,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const fileOf = (key: string) => path.join(directory, `${key}${suffix}`)

      const failed = (error: PlatformError.PlatformError) =>
        new JournalFailed({ location: directory, reason: reasonOf(error), cause: error })

      const ifThere = <A>(self: Effect.Effect<A, PlatformError.PlatformError>, otherwise: A) =>
        Effect.catchIf(
          self,
          (error) => error.reason._tag === "NotFound",
          () => Effect.succeed(otherwise),
        )

      // tasks may be told apart by who made them; the journal is its owner's alone
      const prepare = makeDirectories(fs, path, directory)

      let writes = 0

      return JournalStore.of({
        location: directory,
        read: (key) =>
          fs
            .readFileString(fileOf(key))
            .pipe(Effect.asSome, (text) => ifThere(text, Option.none<string>()), Effect.mapError(failed)),
        write: Effect.fnUntraced(
          function* (key, text) {
            const { name } = yield* Lock.ProcessIdentity
            yield* prepare
            const temporary = `${fileOf(key)}.${name.replace(/[^\w-]+/g, "-")}-${writes++}.tmp`
            yield* Effect.scoped(
              Effect.gen(function* () {
                const file = yield* fs.open(temporary, { flag: "wx", mode: 0o600 })
                yield* file.writeAll(new TextEncoder().encode(text))
                yield* file.sync
              }),
            ).pipe(
              Effect.andThen(fs.rename(temporary, fileOf(key))),
              Effect.onError(() => Effect.ignore(fs.remove(temporary))),
              // what was paid for is written down even where there is no more room
              Effect.catchIf(isFull, (error) => Effect.mapError(overwrite(fs, fileOf(key), text), () => error)),
            )
            yield* syncDirectory(fs, directory)
            // what is begun is written whole, though we are told to stop
          },
          Effect.uninterruptible,
          Effect.mapError(failed),
        ),
        remove: (key) =>
          ifThere(Effect.andThen(fs.remove(fileOf(key)), syncDirectory(fs, directory)), undefined).pipe(
            Effect.mapError(failed),
          ),
        setAside: Effect.fnUntraced(function* (key) {
          let aside = `${fileOf(key)}.aside`
          for (let count = 2; yield* fs.exists(aside); count++) aside = `${fileOf(key)}.aside-${count}`
          yield* fs.rename(fileOf(key), aside)
          return aside
        }, Effect.mapError(failed)),
        keys: ifThere(fs.readDirectory(directory), []).pipe(
          Effect.map((names) =>
            names.filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length)),
          ),
          Effect.mapError(failed),
        ),
        lock: (key) =>
          Effect.andThen(prepare, Lock.acquire(fs, path, path.join(directory, `${key}.lock`))).pipe(
            Effect.mapError(failed),
          ),
      })
    }),
  )

/** For tests, and for programs that need no memory beyond their own life. */
export const layerMemory: Layer.Layer<JournalStore> = Layer.sync(JournalStore, () => {
  const texts = new Map<string, string>()
  const held = new Set<string>()
  return JournalStore.of({
    location: "memory",
    read: (key) => Effect.sync(() => Option.fromUndefinedOr(texts.get(key))),
    write: (key, text) => Effect.sync(() => void texts.set(key, text)),
    remove: (key) => Effect.sync(() => void texts.delete(key)),
    setAside: (key) =>
      Effect.sync(() => {
        let aside = `${key}.aside`
        for (let count = 2; texts.has(aside); count++) aside = `${key}.aside-${count}`
        const text = texts.get(key)
        if (text !== undefined) texts.set(aside, text)
        texts.delete(key)
        return aside
      }),
    keys: Effect.sync(() => Array.from(texts.keys()).filter((key) => !key.includes("."))),
    lock: (key) =>
      Effect.acquireRelease(
        Effect.sync(() => !held.has(key) && held.add(key) === held),
        (taken) => Effect.sync(() => void (taken && held.delete(key))),
      ),
  })
})
