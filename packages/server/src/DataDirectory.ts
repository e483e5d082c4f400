/**
 * The directory that holds everything a self-hosted server remembers, for one server process at a time; or, beside a
 * PostgreSQL database, the samples and results, for all servers that use that database.
 *
 * The lock is a lock of the operating system, held through SQLite on a file of its own: it ends with the process,
 * however that ends, so nothing stale is ever left behind.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import { DatabaseSync } from "node:sqlite"
import { isFileThere, makeDirectory } from "./internal/makeDirectory.ts"
import { reasonOf } from "./SystemError.ts"
import { ServerConfig } from "./ServerOptions.ts"
import { DataDirectoryUnusable } from "./ServerError.ts"

/** The directory's service: made, writable, locked. Paths are absolute. */
export class DataDirectory extends Context.Service<
  DataDirectory,
  {
    readonly path: string
    /** Whether other servers use it too. */
    readonly isShared: boolean
    /** The path of something inside. */
    readonly inside: (...names: ReadonlyArray<string>) => string
  }
>()("voiceclone/server/DataDirectory") {
  /** Makes the directory where it is missing, and locks it until the scope closes unless it is shared. */
  static readonly layer = Layer.effect(
    DataDirectory,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const paths = yield* Path.Path
      const { databaseUrl, dataDirectory } = yield* ServerConfig
      const path = paths.resolve(dataDirectory)
      const inside = (...names: ReadonlyArray<string>) => paths.join(path, ...names)
      yield* Effect.try({ try: () => makeDirectory(path), catch: (error) => unusable(path, error) })
      const isShared = databaseUrl !== undefined
      if (isShared) yield* Effect.mapError(fs.access(path, { writable: true }), (error) => unusable(path, error))
      else
        yield* Effect.acquireRelease(
          Effect.try({ try: () => lock(inside("lock")), catch: (cause) => unlockable(path, cause) }),
          (held) => Effect.sync(() => held.close()),
        )
      return DataDirectory.of({ path, isShared, inside })
    }),
  )
}

const lock = (file: string): DatabaseSync => {
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    // Not "begin exclusive" alone: only a write proves that the directory takes one.
    database.exec(
      "pragma locking_mode = exclusive; pragma journal_mode = memory; pragma user_version = 1; begin exclusive",
    )
    return database
  } catch (cause) {
    database.close()
    throw cause
  }
}

const sqliteBusy = 5

const unlockable = (path: string, cause: unknown) => {
  const { errcode, message } = cause as Error & { readonly errcode?: number }
  return errcode === sqliteBusy
    ? new DataDirectoryUnusable({
        path,
        reason: "another server uses it",
        nextStep: "Stop the other server, or give this one a data directory of its own.",
        cause,
      })
    : new DataDirectoryUnusable({ path, reason: `it is not writable (${message})`, nextStep: writable, cause })
}

const writable = "Choose a directory that this user may write to."

const unusable = (path: string, cause: unknown) =>
  new DataDirectoryUnusable({
    path,
    reason: isFileThere(cause) ? "it is not a directory" : `it cannot be made: ${reasonOf(cause)}`,
    nextStep: writable,
    cause,
  })
