/**
 * A PostgreSQL that starts, is full, or fails over is waited for.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"
import { KeyStore } from "../src/KeyStore.ts"
import * as PostgresClient from "../src/PostgresClient.ts"
import { RequestRate } from "../src/RequestRate.ts"
import { ServerConfig } from "../src/ServerOptions.ts"
import * as SqlTasks from "../src/SqlTasks.ts"
import { StatusChanges } from "../src/StatusChanges.ts"
import { Tasks } from "../src/Tasks.ts"
import * as Postgres from "./Postgres.ts"
import { Quiet } from "./TestServer.ts"

/** A way to the database that can turn connections away, as the database itself does. */
const door = (port: number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const open = new Set<Socket>()
      const refusals: Array<string> = []
      let breaking: string | undefined
      const server = createServer((near) => {
        near.on("error", () => {})
        const state = refusals.shift()
        if (state !== undefined) {
          const fields = Buffer.from(`SFATAL\0VFATAL\0C${state}\0Mnot now\0\0`)
          const head = Buffer.from([0x45, 0, 0, 0, fields.length + 4])
          return void near.once("data", () => near.end(Buffer.concat([head, fields])))
        }
        const far = connect(port, "127.0.0.1")
        far.on("error", () => near.destroy())
        open.add(near.on("close", () => far.destroy()))
        near.on("data", (bytes) => {
          if (breaking === undefined || !bytes.includes(breaking)) return
          breaking = undefined
          near.destroy()
        })
        near.pipe(far)
        far.pipe(near)
      }).listen(0, "127.0.0.1")
      await once(server, "listening")
      const address = server.address()
      return {
        port: typeof address === "object" && address !== null ? address.port : 0,
        /** Ends all connections, and turns the next away for these reasons. */
        shut: (...states: ReadonlyArray<string>) => {
          refusals.push(...states)
          for (const socket of open) socket.destroy()
          open.clear()
        },
        /** Ends the first connection that is asked this. */
        breakAt: (words: string) => {
          breaking = words
        },
        close: () => {
          server.close()
          for (const socket of open) socket.destroy()
        },
      }
    }),
    ({ close }) => Effect.sync(close),
  )

describe("Patience", { timeout: 60_000 }, () => {
  it.live("waits for a PostgreSQL that starts, stops, is full or not yet the primary, with whatever is asked", () =>
    Effect.gen(function* () {
      const { port, url } = yield* Postgres.database
      const way = yield* door(port)
      const database = PostgresClient.layer(Redacted.make(Redacted.value(url).replace(`:${port}`, `:${way.port}`)))
      const services = Layer.mergeAll(KeyStore.layer, RequestRate.layerSql).pipe(
        Layer.provideMerge(SqlTasks.layer),
        Layer.provide(database),
        Layer.provide(StatusChanges.layer),
        Layer.provide(ServerConfig.layer({ dataDirectory: "", limits: { requestsPerMinute: 100 } })),
        Layer.provideMerge(Quiet),
      )
      yield* Effect.gen(function* () {
        const [keys, rate, tasks] = [yield* KeyStore, yield* RequestRate, yield* Tasks]
        const { key } = yield* keys.create("anna")
        yield* tasks.create({ id: "a", owner: "anna", text: "Hello." })
        const asked: ReadonlyArray<Effect.Effect<boolean>> = [
          Effect.map(tasks.find("a"), Option.isSome),
          Effect.map(keys.holderOf(key), Option.isSome),
          Effect.map(rate.take("anna"), Option.isNone),
        ]
        for (const ask of asked) {
          for (const state of ["57P03", "53300", "25006"]) {
            way.shut(state, state)
            assert.isTrue(yield* ask, state)
          }
        }
        // within a transaction, which cannot be taken back then
        for (const [id, words] of [
          ["b", "insert into tasks"],
          ["c", "COMMIT"],
        ] as const) {
          way.breakAt(words)
          assert.strictEqual((yield* tasks.create({ id, owner: "anna", text: "Hello." })).id, id)
        }
        assert.lengthOf(yield* tasks.list("anna", { limit: 10 }), 3)
      }).pipe(Effect.provide(services))
    }).pipe(Effect.scoped),
  )
})
