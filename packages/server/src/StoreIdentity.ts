/**
 * Whether the database and the store of samples and results belong together. A database that has never known a store would
 * take all that lies there for what a crash left, and delete it: one that is made anew after the old one was damaged, or a
 * trial's that is given the store of the real service.
 *
 * So both bear one random id: the database since its tables were made, the store since a server first used the two.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SqlClient from "effect/sql/SqlClient"
import type * as Statement from "effect/sql/Statement"
import { type BlobName, BlobStore, type BlobStoreFailed } from "./BlobStore.ts"
import { DataDirectory } from "./DataDirectory.ts"
import { StoreUnusable } from "./ServerError.ts"
import { ServerConfig } from "./ServerOptions.ts"
import * as StoreOptions from "./StoreOptions.ts"

/** Where the store has its id. */
const name: BlobName = "store-id"

/** The id's service. */
export class StoreIdentity extends Context.Service<
  StoreIdentity,
  {
    /**
     * Fails where the store is another database's, where it holds something and the database has never had a task, or where
     * it holds nothing and tasks need what it should hold. Another store without an id gets this database's.
     */
    readonly check: Effect.Effect<void, StoreUnusable, BlobStore | DataDirectory | ServerConfig>
  }
>()("voiceclone/server/StoreIdentity") {
  /** In a database whose migrations have run. */
  static readonly layer = Layer.effect(
    StoreIdentity,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const ownId = sql<{ id: string }>`select id from store_identity`.pipe(
        Effect.map(([row]) => row!.id),
        Effect.orDie,
      )
      const isThere = (row: Statement.Statement<unknown>) => Effect.orDie(Effect.map(row, ({ length }) => length > 0))
      const hasTasks = isThere(sql`select id from tasks limit 1`)
      /** Unended tasks have samples, and completed ones results, which may be expired but not deleted. */
      const needsStore = isThere(sql`select id from tasks
        where status in ('pending', 'processing') or (status = 'completed' and result_deleted_at is null) limit 1`)
      return StoreIdentity.of({
        check: Effect.gen(function* () {
          const blobs = yield* BlobStore
          const { path } = yield* DataDirectory
          const { store } = yield* ServerConfig
          const place = store === undefined ? path : StoreOptions.address(store)
          const id = yield* ownId
          const foreign = (reason: string) =>
            new StoreUnusable({
              store: place,
              reason,
              nextStep:
                "Name the database that the store belongs to, or another store. To give the store to this database, which " +
                `deletes every sample and result that it has no task for, write ${id} into the store's ${name}.`,
            })
          const known = Effect.gen(function* () {
            if (Option.isNone(yield* blobs.size(name))) return ""
            return new TextDecoder().decode(yield* blobs.bytes(name)).trim()
          })
          const isEmpty = Effect.map(
            Effect.all([blobs.list("samples"), blobs.list("results")]),
            (lists) => lists.flat().length === 0,
          )
          const adopt = blobs
            .put(name, (writer) => writer.append(new TextEncoder().encode(`${id}\n`)))
            .pipe(
              // of servers that start at the same time another may have been first
              Effect.catch((error) =>
                Effect.flatMap(known, (found) => (found === id ? Effect.void : Effect.fail(error))),
              ),
            )
          const compare = Effect.gen(function* (): Effect.fn.Return<void, BlobStoreFailed | StoreUnusable> {
            const found = yield* known
            if (found === id) return
            if (found !== "") {
              return yield* foreign(`it belongs to another database: its ${name} is ${found}, this database's is ${id}`)
            }
            if (yield* isEmpty) {
              if (yield* needsStore) {
                return yield* foreign(
                  `it is empty, and this database, ${id}, has tasks with samples or results: is it mounted?`,
                )
              }
            } else if (!(yield* hasTasks)) {
              return yield* foreign(`it holds samples or results, and this database, ${id}, has had no tasks`)
            }
            yield* adopt
          })
          yield* Effect.catchTag(compare, "BlobStoreFailed", (cause) =>
            Effect.fail(
              new StoreUnusable({
                store: place,
                reason: cause.message,
                nextStep: "Let this server read and write there, and start it again.",
                cause,
              }),
            ),
          )
        }),
      })
    }),
  )
}
