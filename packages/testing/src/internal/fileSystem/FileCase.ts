/**
 * A case of the suite for filesystems, and what cases have in common.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as FileSystem from "effect/FileSystem"
import type * as PlatformError from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import { ensure } from "../../Conformance.ts"
import { concat } from "../bytes.ts"
import * as SeededRandom from "../../SeededRandom.ts"

/** The part of the port that the suite is about. */
export type Files = Pick<
  FileSystem.FileSystem,
  | "access"
  | "exists"
  | "link"
  | "makeDirectory"
  | "open"
  | "readDirectory"
  | "readFileString"
  | "readLink"
  | "remove"
  | "rename"
  | "stat"
  | "stream"
  | "writeFileString"
>

/**
 * What a platform may honestly be without:
 * - `links`: a second name for a file (`link`). Locks are then made with the flag `wx`.
 * - `directory sync`: a directory can be opened and synced, so that a rename lasts through a power cut.
 * - `open files`: a file that is open can be renamed over and removed, and whoever has it open reads on.
 * - `modes`: a file has the mode it is made with.
 * - `permissions`: what may not be written is refused. Root is refused nothing.
 */
export type Ability = "links" | "directory sync" | "open files" | "modes" | "permissions"

export interface Scene {
  readonly fs: Files
  /** The directory, which is empty at first. */
  readonly directory: string
  /** The path of something in it. */
  readonly at: (name: string) => string
  /** Dies where a file has another text. */
  readonly reads: (name: string, expected: string) => Effect.Effect<void, PlatformError.PlatformError>
  /** Dies where a directory has other entries. */
  readonly lists: (path: string, ...expected: ReadonlyArray<string>) => Effect.Effect<void, PlatformError.PlatformError>
  /** Opens a file, and closes it after use. */
  readonly using: (
    name: string,
    flag: FileSystem.OpenFlag,
    use: (file: FileSystem.File) => Effect.Effect<void, PlatformError.PlatformError>,
  ) => Effect.Effect<void, PlatformError.PlatformError>
}

export interface FileCase {
  readonly name: string
  /** Only for platforms that have it. */
  readonly needs?: Ability
  /** Only for platforms that don't. */
  readonly without?: Ability
  readonly check: (scene: Scene) => Effect.Effect<void, unknown, Scope.Scope>
}

/** Bytes without a pattern, so that none stands for another. */
export const noise = (length: number): Uint8Array<ArrayBuffer> => SeededRandom.make(length).bytes(length)

/** Dies where it succeeds, dies, or fails for another reason than one of these; without any, each will do. */
export const fails = Effect.fnUntraced(function* (
  what: string,
  effect: Effect.Effect<unknown, unknown, Scope.Scope>,
  ...reasons: ReadonlyArray<string>
) {
  const exit = yield* Effect.exit(Effect.scoped(effect))
  if (Exit.isSuccess(exit)) return yield* ensure(false, `${what} succeeds`)
  const [failure] = exit.cause.reasons
  if (failure?._tag !== "Fail") return yield* ensure(false, `${what} doesn't fail but dies: ${String(exit.cause)}`)
  const reason = Predicate.hasProperty(failure.error, "reason") ? failure.error.reason : undefined
  const tag = Predicate.hasProperty(reason, "_tag") ? String(reason._tag) : `no PlatformError: ${String(failure.error)}`
  yield* ensure(
    (reasons.length === 0 && Predicate.hasProperty(reason, "_tag")) || reasons.includes(tag),
    `${what} fails with ${tag}, not ${reasons.join(" or ")}`,
  )
})

/** What a case works with. */
export const sceneOf = (fs: Files, directory: string): Scene => {
  const at = (name: string) => `${directory}/${name}`
  return {
    fs,
    directory,
    at,
    reads: Effect.fnUntraced(function* (name, expected) {
      const found = yield* fs.readFileString(at(name))
      const shown = found.length > 100 ? `${found.length} characters` : JSON.stringify(found)
      yield* ensure(found === expected, `${name} reads ${shown}, not ${JSON.stringify(expected.slice(0, 100))}`)
    }),
    lists: Effect.fnUntraced(function* (path, ...expected) {
      const found = [...(yield* fs.readDirectory(path))].sort().join()
      yield* ensure(found === expected.join(), `the directory has ${found || "nothing"}, not ${expected.join()}`)
    }),
    using: (name, flag, use) => Effect.scoped(Effect.flatMap(fs.open(at(name), { flag }), use)),
  }
}

/** Whatever a file has from a position on, read with pieces of this size. */
export const readFrom = Effect.fnUntraced(function* (file: FileSystem.File, position: number, pieceBytes = 10_000) {
  const pieces: Array<Uint8Array> = []
  for (let at = position; ;) {
    const buffer = new Uint8Array(pieceBytes)
    const count = yield* file.read(buffer, { position: BigInt(at) })
    if (count === 0) return concat(pieces)
    pieces.push(buffer.subarray(0, count))
    at += count
  }
})
