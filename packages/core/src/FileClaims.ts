/**
 * Which files a batch reads and which it writes, so that no result is written over another one or over a voice sample.
 * A file is known by its real path, whatever name it goes by, and whether or not it exists yet.
 */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import { filesOf } from "./internal/partial.ts"
import { lockOf } from "./internal/target.ts"

/** Who has claimed a file, and for what. */
export interface Claim<A> {
  readonly use: "read" | "write"
  readonly by: A
}

/** Not for several fibers at the same time. */
export interface FileClaims<A> {
  /** Claims a file that must stay as it is. Gives back who is to write there, if anyone. */
  readonly read: (file: string, by: A) => Effect.Effect<A | undefined>
  /** Claims a file to write, unless someone has claimed it already: that claim is given back. */
  readonly write: (file: string, by: A) => Effect.Effect<Claim<A> | undefined>
}

/** What stands beside a file while it is written. */
const besides = [...Object.values(filesOf("")), lockOf("")]

/** A file, and those beside which it would stand. */
const withHosts = (file: string): ReadonlyArray<string> => [
  file,
  ...besides.filter((suffix) => file.endsWith(suffix)).map((suffix) => file.slice(0, -suffix.length)),
]

/** Apple's and Microsoft's file systems take such names for the same, others may. */
const fold = (file: string): string => file.normalize("NFC").toLowerCase()

/** No file is claimed yet. */
export const make = <A>(fs: FileSystem.FileSystem, path: Path.Path): FileClaims<A> => {
  interface Known {
    readonly file: string
    reader?: { readonly by: A }
    writer?: { readonly by: A }
  }
  const known = new Map<string, Array<Known>>()
  const folding = new Map<string, boolean>()

  /** What doesn't exist yet will be in a directory that does, or will itself. */
  const realOf = (file: string): Effect.Effect<string> =>
    Effect.catch(fs.realPath(file), () => {
      const directory = path.dirname(file)
      return directory === file
        ? Effect.succeed(file)
        : Effect.map(realOf(directory), (real) => path.join(real, path.basename(file)))
    })

  /** Whether a directory takes A for a: found out with a name of our own. */
  const folds = (directory: string): Effect.Effect<boolean> =>
    fs.makeTempDirectoryScoped({ directory, prefix: ".voiceclone-" }).pipe(
      Effect.flatMap((made) => fs.exists(path.join(path.dirname(made), path.basename(made).toUpperCase()))),
      Effect.scoped,
      Effect.catchIf(
        (error) => error.reason._tag === "NotFound" && path.dirname(directory) !== directory,
        () => folds(path.dirname(directory)),
      ),
      // where nothing can be made, nothing can be written either; and a runtime may have no temporary directories
      Effect.catchCause(() => Effect.succeed(false)),
    )

  const entryOf = Effect.fnUntraced(function* (name: string) {
    const file = yield* realOf(path.resolve(name))
    const key = fold(file)
    const alike = known.get(key) ?? []
    known.set(key, alike)
    const same = alike.find((other) => other.file === file)
    if (same !== undefined) return same
    if (alike[0] !== undefined) {
      const directory = path.dirname(file)
      const isFolding = folding.get(directory) ?? (yield* folds(directory))
      folding.set(directory, isFolding)
      if (isFolding) return alike[0]
    }
    const entry: Known = { file }
    alike.push(entry)
    return entry
  })

  const entriesOf = (file: string) => Effect.forEach(withHosts(file), entryOf)

  return {
    read: Effect.fnUntraced(function* (file, by) {
      const entries = yield* entriesOf(file)
      for (const entry of entries) entry.reader ??= { by }
      return entries.find(({ writer }) => writer !== undefined)?.writer?.by
    }),
    write: Effect.fnUntraced(function* (file, by) {
      const entries = yield* entriesOf(file)
      for (const { reader, writer } of entries) {
        if (reader !== undefined) return { use: "read", by: reader.by }
        if (writer !== undefined) return { use: "write", by: writer.by }
      }
      for (const entry of entries) entry.writer = { by }
      return undefined
    }),
  }
}
