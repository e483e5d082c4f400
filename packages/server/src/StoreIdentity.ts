/**
 * Whether the database and the store of samples and results belong together. A database that has never known a store would
 * take all that lies there for what a crash left, and delete it: one that is made anew after the old one was damaged, or a
 * trial's that is given the store of the real service.
 *
 * So both bear one random id: the database since its tables were made, the store since a server first used the two. And a
 * server that comes to a database that others use now takes no empty place for their store, as a directory of its own is where
 * theirs was not mounted: the tasks that it took would find no samples there.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import type * as Statement from "effect/sql/Statement"
import * as DatabaseTime from "./internal/databaseTime.ts"
import { type BlobName, BlobStore, type BlobStoreFailed } from "./BlobStore.ts"
import { DataDirectory } from "./DataDirectory.ts"
import { StoreUnusable } from "./ServerError.ts"
import { ServerConfig } from "./ServerOptions.ts"
import * as StoreOptions from "./StoreOptions.ts"

/** Where the store has its id. */
const name: BlobName = "store-id"

/** A server says so often that it uses the store, and is believed for so long. */
const inUse = { period: Duration.seconds(10), memory: Duration.seconds(30) }

/** The id's service. */
export class StoreIdentity extends Context.Service<
  StoreIdentity,
  {
    /**
     * Fails where the store is another database's, where it holds something and the database has never had a task, or where
     * it holds nothing and tasks need what it should hold, or other servers use another. Another store without an id gets this
     * database's. To the end of the scope, this server is one that uses it.
     */
    readonly check: Effect.Effect<void, StoreUnusable, BlobStore | DataDirectory | ServerConfig | Scope.Scope>
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
      const time = DatabaseTime.ofPostgres(sql)
      const use = sql`update store_identity set used_at = ${time}`
      const isUsed = isThere(sql`select id from store_identity
        where used_at > ${time} - ${Duration.toMillis(inUse.memory)}`)
      return StoreIdentity.of({
        check: Effect.gen(function* () {
          const blobs = yield* BlobStore
          const { isShared, path } = yield* DataDirectory
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
              if (isShared && (yield* isUsed)) {
                return yield* foreign(
                  `it is empty, and within half a minute another server of this database, ${id}, used another: is it mounted?`,
                )
              }
            } else if (!(yield* hasTasks)) {
              return yield* foreign(`it holds samples or results, and this database, ${id}, has had no tasks`)
            }
            yield* adopt
          })
          // One after the other: of those that start together the first gives the store its id, and the others find it.
          const inTurn = sql`select id from store_identity for update`.pipe(
            Effect.andThen(compare),
            Effect.andThen(use),
            sql.withTransaction,
            Effect.catchTag("SqlError", Effect.die),
          )
          yield* Effect.catchTag(isShared ? inTurn : compare, "BlobStoreFailed", (cause) =>
            Effect.fail(
              new StoreUnusable({
                store: place,
                reason: cause.message,
                nextStep: "Let this server read and write there, and start it again.",
                cause,
              }),
            ),
          )
          if (isShared) yield* use.pipe(Effect.ignore, Effect.delay(inUse.period), Effect.forever, Effect.forkScoped)
        }),
      })
    }),
  )
}
