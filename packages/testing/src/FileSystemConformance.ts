/**
 * What every `FileSystem` must do that downloads, locks and the journal stand on: a part of Effect's port, held to what
 * is promised of files that are written, renamed and read by several at once.
 *
 * @example
 * const place = Effect.gen(function* () {
 *   const fs = yield* FileSystem.FileSystem
 *   return { fs, directory: yield* fs.makeTempDirectoryScoped() }
 * })
 * for (const { name, check } of FileSystemConformance.cases(place)) {
 *   it.live(name, () => Effect.provide(check, NodeFileSystem.layer))
 * }
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Ability, type FileCase, type Files, sceneOf } from "./internal/fileSystem/FileCase.ts"
import { directories } from "./internal/fileSystem/directories.ts"
import { names } from "./internal/fileSystem/names.ts"
import { openFiles } from "./internal/fileSystem/openFiles.ts"
import { permissions } from "./internal/fileSystem/permissions.ts"
import { wholeFiles } from "./internal/fileSystem/wholeFiles.ts"

export type { Ability, Files } from "./internal/fileSystem/FileCase.ts"

/** Where to work: a filesystem, and a directory in it that is empty. Paths are put together with `/`. */
export interface Place {
  readonly fs: Files
  readonly directory: string
}

export interface Options {
  /**
   * What the platform doesn't have. The suite then asks for less, and sees that the adapter says so with an error
   * rather than do something else.
   * @default nothing
   */
  readonly lacks?: ReadonlyArray<Ability>
}

const all: ReadonlyArray<FileCase> = [...wholeFiles, ...openFiles, ...names, ...directories, ...permissions]

/** The cases. `place` is a new place for each of them, for as long as the scope lasts. */
export const cases = <R>(place: Effect.Effect<Place, unknown, R | Scope.Scope>, { lacks = [] }: Options = {}) =>
  all
    .filter(
      ({ needs, without }) =>
        (needs === undefined || !lacks.includes(needs)) && (without === undefined || lacks.includes(without)),
    )
    .map(({ name, check }) => ({
      name,
      check: Effect.scoped(Effect.flatMap(place, ({ fs, directory }) => check(sceneOf(fs, directory)))),
    }))
