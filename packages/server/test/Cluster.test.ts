/**
 * Three servers on one PostgreSQL, under load: one is killed, one stands still, one is cut off from the database. Where there is
 * a bucket, it is away now and then.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { PlatformError } from "effect/PlatformError"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"
import type { BlobKind } from "../src/BlobStore.ts"
import * as Postgres from "./Postgres.ts"
import * as S3TestServer from "./S3TestServer.ts"
import * as ServerProcess from "./ServerProcess.ts"
import { call, create, eventually, files, stubResult, temporary } from "./TestServer.ts"

/** A way to the database that can fall silent: nothing arrives any more, and nobody is told. */
const wire = (port: number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const sockets = new Set<Socket>()
      let silent = false
      const server = createServer((near) => {
        const far = connect(port, "127.0.0.1")
        for (const [from, to] of [
          [near, far],
          [far, near],
        ] as const) {
          sockets.add(from)
          from.on("data", (bytes) => silent || to.write(bytes))
          from.on("error", () => to.destroy())
          from.on("close", () => (sockets.delete(from), to.destroy()))
        }
      }).listen(0, "127.0.0.1")
      await once(server, "listening")
      const address = server.address()
      return {
        port: typeof address === "object" && address !== null ? address.port : 0,
        fallSilent: (yes: boolean) => {
          silent = yes
          // what was lost while it was silent is lost: only new connections work
          if (!yes) for (const socket of sockets) socket.destroy()
        },
        close: () => {
          server.close()
          for (const socket of sockets) socket.destroy()
        },
      }
    }),
    ({ close }) => Effect.sync(close),
  )

/** What is stored, by all servers together. */
interface Shared {
  readonly place: Effect.Effect<ServerProcess.Place, PlatformError, Scope.Scope>
  readonly names: (kind: BlobKind) => ReadonlyArray<string>
}

const inDirectory = Effect.map(temporary, (dataDirectory): Shared => ({
  place: Effect.succeed({ dataDirectory }),
  names: (kind) => files(dataDirectory, kind),
}))

/** It is away for a second after each twelfth sample. */
const inBucket = Effect.map(S3TestServer.serve, ({ objects, onStored, options, trouble }): Shared => {
  let samples = 0
  onStored.call = (key) => {
    if (!key.startsWith("samples/") || ++samples % 12 !== 0) return
    trouble.isAway = true
    setTimeout(() => (trouble.isAway = false), 1000)
  }
  return {
    place: Effect.map(temporary, (dataDirectory) => ({ dataDirectory, store: options() })),
    names: (kind) => [...objects.keys()].filter((key) => key.startsWith(kind)),
  }
})

describe("Several servers", { timeout: 240_000 }, () => {
  it.live.each([
    ["a directory", inDirectory],
    ["a bucket", inBucket],
  ] as const)("lose no task and make none twice, whatever befalls each of them, with %s", ([, sharing]) =>
    Effect.gen(function* () {
      const { name, port, url } = yield* Postgres.database
      const { names, place } = yield* sharing
      const line = yield* wire(port)
      const direct = Redacted.value(url)
      const start = (url: string) => Effect.flatMap(place, (place) => ServerProcess.start({ ...place, url }))
      const [killed, stopped, cutOff, spared] = yield* Effect.all(
        [start(direct), start(direct), start(direct.replace(`:${port}`, `:${line.port}`)), start(direct)],
        { concurrency: "unbounded" },
      )
      const servers = [killed, stopped, cutOff]
      const ids = yield* Effect.forEach(
        Array.from({ length: 36 }, (_, index) => index),
        (index) => create(servers[index % 3]!.baseUrl, `Sentence ${index}.`),
        { concurrency: 6 },
      )
      killed.child.kill("SIGKILL")
      stopped.child.kill("SIGSTOP")
      line.fallSilent(true)
      yield* Postgres.administer(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}' and pid % 2 = 0`,
      )
      const began = performance.now()
      const completed = Effect.map(
        Effect.forEach(ids, (id) => call(`${spared.baseUrl}/async-clone/task-status/${id}`), { concurrency: 6 }),
        (answers) => answers.filter(({ json }) => json?.status === "completed").length,
      )
      for (let seen = 0; seen < ids.length; seen = yield* completed) {
        assert.isBelow(performance.now() - began, 120_000, `${seen} of ${ids.length} completed`)
        yield* Effect.sleep("250 millis")
      }
      // those that were away come back, with what they have made for nothing
      stopped.child.kill("SIGCONT")
      line.fallSilent(false)
      yield* Effect.sleep("4 seconds")
      for (const id of ids) {
        const from = [stopped, cutOff, spared][ids.indexOf(id) % 3]!
        const result = yield* call(`${from.baseUrl}/async-clone/task-result/${id}`)
        assert.strictEqual(result.status, 200)
        assert.isTrue(result.body.equals(stubResult))
      }
      // what lost its claim, or was needed no more, was deleted by who made it; of the two of the killed one, perhaps not
      yield* eventually(
        "results of lost claims, and samples, to be gone",
        Effect.sync(() => names("results").length <= ids.length + 2 && names("samples").length <= 2),
      )
    }),
  )
})
