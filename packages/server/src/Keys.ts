/**
 * The Promise door to the API keys in a server's database, whether or not the server runs. Only plain values go in and
 * come out, as in `EmbeddedServer`. A running server heeds a change within {@link ApiKeys.memory}.
 *
 * @example
 * ```ts
 * import * as Keys from "@voiceclone/server/Keys"
 *
 * const { id, key } = await Keys.create({ dataDirectory: ".voiceclone" }, "anna")
 * await Keys.revoke({ dataDirectory: ".voiceclone" }, id)
 * ```
 */
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { statSync } from "node:fs"
import { join, resolve } from "node:path"
import * as Database from "./Database.ts"
import { isFileThere, makeDirectory } from "./internal/makeDirectory.ts"
import { reasonOf } from "./SystemError.ts"
import { KeyStore, type OwnerInvalid } from "./KeyStore.ts"
import * as Migrations from "./Migrations.ts"
import * as PostgresClient from "./PostgresClient.ts"
import { type DatabaseNewer, type DatabaseUnusable, DataDirectoryUnusable } from "./ServerError.ts"
import * as SqliteClient from "./SqliteClient.ts"

/** Where the keys are kept. */
export interface Place {
  /** The server's data directory; made where it is missing. */
  readonly dataDirectory: string
  /** The PostgreSQL database that servers share, where they do. Default: SQLite in the data directory. */
  readonly databaseUrl?: string | undefined
}

/** A key as it is known. */
export interface KnownKey {
  readonly id: string
  readonly owner: string
  readonly createdAt: Date
  readonly revokedAt: Date | undefined
}

/** What the functions reject with. */
export type KeysError = DataDirectoryUnusable | DatabaseUnusable | DatabaseNewer | OwnerInvalid

/** What is asked after must be there; only what makes a key makes a place for it. */
const missing = (path: string): DataDirectoryUnusable | undefined =>
  statSync(join(path, "tasks.sqlite"), { throwIfNoEntry: false }) === undefined
    ? new DataDirectoryUnusable({
        path,
        reason:
          statSync(path, { throwIfNoEntry: false }) === undefined ? "there is none" : "it holds no keys and no tasks",
        nextStep: "Name the data directory of the server. Its first start makes one, and so does its first key.",
      })
    : undefined

const using = async <A, E>(
  place: Place,
  use: Effect.Effect<A, E, KeyStore>,
  { makes = false }: { readonly makes?: boolean } = {},
): Promise<A> => {
  const path = resolve(place.dataDirectory)
  const url = place.databaseUrl === undefined ? undefined : Redacted.make(place.databaseUrl)
  const unusable = (cause: Error) =>
    url !== undefined
      ? Database.unreachable(url, cause)
      : new DataDirectoryUnusable({
          path,
          reason:
            (cause as NodeJS.ErrnoException).syscall === "mkdir"
              ? isFileThere(cause)
                ? "it is not a directory"
                : `it cannot be made: ${reasonOf(cause)}`
              : `its tasks.sqlite cannot be used: ${reasonOf(cause)}`,
          nextStep: "Check its files and their permissions, or choose another data directory.",
          cause,
        })
  const opened = Layer.unwrap(
    Effect.try({
      try: (): Layer.Layer<SqlClient.SqlClient, SqlError> => {
        if (url !== undefined) return PostgresClient.layer(url)
        const nothing = makes ? undefined : missing(path)
        if (nothing !== undefined) throw nothing
        makeDirectory(path)
        return SqliteClient.layer(join(path, "tasks.sqlite"))
      },
      catch: (cause) => (cause instanceof DataDirectoryUnusable ? cause : unusable(cause as Error)),
    }),
  )
  const exit = await Effect.runPromiseExit(
    Migrations.run.pipe(
      Effect.andThen(use),
      Effect.provide(KeyStore.layer.pipe(Layer.provideMerge(opened))),
      Effect.mapError((error) => (isSql(error) ? unusable(error) : error)),
    ),
  )
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  return exit.value
}

const isSql = (error: unknown): error is Error =>
  ["SqlError", "MigrationError"].includes((error as { readonly _tag?: string })._tag ?? "")

/** Makes a key for an owner. This is the only time that it can be seen. */
export const create = (place: Place, owner: string): Promise<{ readonly id: string; readonly key: string }> =>
  using(
    place,
    KeyStore.use((store) => Effect.map(store.create(owner), ({ id, key }) => ({ id, key: Redacted.value(key) }))),
    { makes: true },
  )

/** All keys, the oldest first, revoked ones included. */
export const list = (place: Place): Promise<ReadonlyArray<KnownKey>> =>
  using(
    place,
    KeyStore.use((store) =>
      Effect.map(store.list, (keys) =>
        keys.map(({ createdAt, id, owner, revokedAt }) => ({
          id,
          owner,
          createdAt: DateTime.toDate(createdAt),
          revokedAt: revokedAt === null ? undefined : DateTime.toDate(revokedAt),
        })),
      ),
    ),
  )

/** Ends a key; says whether there was one of this id that was in force. */
export const revoke = (place: Place, id: string): Promise<boolean> =>
  using(
    place,
    KeyStore.use((store) => store.revoke(id)),
  )
