import { assert, describe, it } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { get } from "node:http"
import { createServer, type AddressInfo } from "node:net"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { Server } from "../src/Server.ts"
import { anna, call, create, files, form, held, holds, serve, stubResult, temporary, until } from "./TestServer.ts"

const start = (dataDirectory: string, shutdownTimeout: Duration.Input = "300 millis") =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(serve({ dataDirectory, shutdownTimeout }), scope)
    const server = yield* Effect.provide(Server, context)
    return { ...server, stop: Scope.close(scope, Exit.void) }
  })

describe("Server's lifecycle", () => {
  it.live("finishes after a stop what it had begun, and keeps what it had finished", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const first = yield* start(dataDirectory)
      const done = yield* create(first.baseUrl, "Hello.")
      yield* until(first.baseUrl, done, "completed")
      const begun = yield* create(first.baseUrl, "wait")
      const queued = yield* create(first.baseUrl, "Hello again.")
      yield* until(first.baseUrl, begun, "processing")
      yield* first.stop
      assert.deepStrictEqual(files(dataDirectory, "results"), [`${done}.1.wav`])
      assert.sameMembers([...files(dataDirectory, "samples")], [begun, queued])

      const second = yield* start(dataDirectory)
      const result = yield* call(`${second.baseUrl}/async-clone/task-result/${done}`)
      assert.isTrue(result.body.equals(stubResult))
      // A stop does not count against a task, so it may go on for ever.
      yield* until(second.baseUrl, begun, "processing")
      yield* until(second.baseUrl, queued, "pending")
      yield* second.stop
    }),
  )

  it.live("loses no accepted task when it is killed", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const script = fileURLToPath(new URL("crashing.ts", import.meta.url))
      const child = spawn(process.execPath, ["--conditions=@voiceclone/source", script, dataDirectory], {
        stdio: ["ignore", "pipe", "inherit"],
      })
      const killed = Effect.promise(async () => {
        child.kill("SIGKILL")
        if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
      })
      const [begun, queued] = yield* Effect.gen(function* () {
        const [line] = yield* Effect.promise(() => once(child.stdout, "data"))
        const baseUrl = String(line).trim()
        const begun = yield* create(baseUrl, "Hello.")
        yield* until(baseUrl, begun, "processing")
        // Killed as soon as the answer is there: the answer is the promise.
        return [begun, yield* create(baseUrl, "Hello again.")] as const
      }).pipe(Effect.ensuring(killed))
      assert.include(files(dataDirectory, "results"), `${begun}.1.wav.part`)
      // What a crash in the middle of an upload leaves.
      writeFileSync(join(dataDirectory, "samples", "orphan"), "")
      writeFileSync(join(dataDirectory, "samples", "torn.part"), "")

      const server = yield* start(dataDirectory)
      for (const id of [begun, queued]) {
        yield* until(server.baseUrl, id, "completed")
        const result = yield* call(`${server.baseUrl}/async-clone/task-result/${id}`)
        assert.isTrue(result.body.equals(stubResult))
      }
      yield* holds(dataDirectory, "samples")
      yield* holds(dataDirectory, "results", `${begun}.2.wav`, `${queued}.1.wav`)
      yield* server.stop
    }),
  )

  it.live(
    "takes over the tasks of a server that knew neither digests nor idempotency keys nor whose its files are",
    () =>
      Effect.gen(function* () {
        const dataDirectory = yield* temporary
        const fresh = yield* start(dataDirectory)
        const id = yield* create(fresh.baseUrl, "Hello.")
        yield* until(fresh.baseUrl, id, "completed")
        yield* fresh.stop
        renameSync(join(dataDirectory, "results", `${id}.1.wav`), join(dataDirectory, "results", `${id}.wav`))
        rmSync(join(dataDirectory, "store-id"))
        const database = new DatabaseSync(join(dataDirectory, "tasks.sqlite"))
        database.exec(`drop index tasks_idempotency;
        alter table tasks drop column idempotency_key;
        alter table tasks drop column fingerprint;
        alter table tasks drop column result_digest;
        alter table tasks drop column transcript;
        drop table api_keys;
        drop table request_rates;
        drop index tasks_webhooks;
        alter table tasks drop column webhook_url;
        alter table tasks drop column webhook_due_at;
        alter table tasks drop column webhook_attempts;
        alter table tasks drop column traceparent;
        drop index tasks_completion;
        alter table tasks drop column claims;
        alter table tasks drop column lease_ends_at;
        drop table webhook_secrets;
        drop table store_identity;
        delete from migrations where migration_id >= 2`)
        database.close()

        const server = yield* start(dataDirectory)
        const result = yield* call(`${server.baseUrl}/async-clone/task-result/${id}`)
        assert.isTrue(result.body.equals(stubResult))
        assert.notProperty(result.headers, "repr-digest")
        const repeats = yield* Effect.forEach([1, 2], () =>
          call(`${server.baseUrl}/async-clone/create-task`, {
            method: "POST",
            headers: { "idempotency-key": "a" },
            body: form("Hello."),
          }),
        )
        assert.strictEqual(repeats[0]?.json.task_id, repeats[1]?.json.task_id)
        yield* server.stop
      }),
  )

  it.live("ends its open downloads soon when it is told to stop", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const server = yield* start(dataDirectory)
      const id = yield* create(server.baseUrl, "Hello.")
      yield* until(server.baseUrl, id, "completed")
      // Large enough not to fit into the sockets' buffers.
      writeFileSync(join(dataDirectory, "results", `${id}.1.wav`), Buffer.alloc(64 * 1024 * 1024))
      const request = get(`${server.baseUrl}/async-clone/task-result/${id}`, {
        headers: { authorization: `Bearer ${anna}` },
      })
      const [response] = yield* Effect.promise(() => once(request, "response"))
      response.pause()
      response.on("error", () => {})
      const before = performance.now()
      yield* server.stop
      assert.isBelow(performance.now() - before, 2000)
      // The directory is free again.
      const next = yield* start(dataDirectory)
      yield* next.stop
    }),
  )

  it.live("answers at once, when it is told to stop, those who wait for a change", () =>
    Effect.gen(function* () {
      const server = yield* start(yield* temporary, "10 seconds")
      const id = yield* create(server.baseUrl, "wait")
      yield* until(server.baseUrl, id, "processing")
      // by a connection that is kept for more requests
      const waiting = yield* Effect.forkChild(
        Effect.promise(async () => {
          const response = await fetch(`${server.baseUrl}/async-clone/task-status/${id}`, {
            headers: { authorization: `Bearer ${anna}`, prefer: "wait=60" },
          })
          return { status: response.status, json: (await response.json()) as { readonly status: string } }
        }),
      )
      yield* held(1)
      const before = performance.now()
      yield* server.stop
      assert.isBelow(performance.now() - before, 1000)
      const { json, status } = yield* Fiber.join(waiting)
      assert.deepStrictEqual([status, json.status], [200, "processing"])
    }),
  )

  it.live("says why it cannot start", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const running = yield* start(dataDirectory)
      const locked = yield* Effect.flip(start(dataDirectory))
      assert.strictEqual(locked.message, `Cannot use the data directory ${dataDirectory}: another server uses it`)
      yield* running.stop

      const file = join(dataDirectory, "key-file")
      writeFileSync(file, "")
      const noDirectory = yield* Effect.flip(start(file))
      assert.strictEqual(noDirectory.message, `Cannot use the data directory ${file}: it is not a directory`)
      const below = yield* Effect.flip(start(join(file, "below")))
      assert.strictEqual(below._tag, "DataDirectoryUnusable")

      mkdirSync(join(dataDirectory, "damaged"))
      writeFileSync(
        join(dataDirectory, "damaged", "tasks.sqlite"),
        "This is no database, but it is long enough to be read.",
      )
      const damaged = yield* Effect.flip(start(join(dataDirectory, "damaged")))
      assert.match(damaged.message, /its tasks\.sqlite cannot be opened \(file is not a database\)$/u)

      const newer = join(dataDirectory, "newer")
      yield* (yield* start(newer)).stop
      const database = new DatabaseSync(join(newer, "tasks.sqlite"))
      database.exec("insert into migrations (migration_id, name) values (9999, 'of_tomorrow')")
      database.close()
      const older = yield* Effect.flip(start(newer))
      assert.strictEqual(older._tag, "DatabaseNewer")
      assert.match(older.message, /newer version .* step 9999,/u)

      const taken = createServer().listen(0, "127.0.0.1")
      yield* Effect.promise(() => once(taken, "listening"))
      const { port } = taken.address() as AddressInfo
      const busy = yield* Effect.flip(Effect.scoped(Layer.build(serve({ dataDirectory, port }))))
      assert.deepStrictEqual(
        [busy._tag, busy.message],
        ["PortInUse", `Port ${port} on 127.0.0.1 is in use by another program`],
      )
      // The key that this start made was never shown, so it was not kept.
      yield* Effect.flip(Effect.scoped(Layer.build(serve({ dataDirectory, port, keys: [] }))))
      const shown = yield* Effect.provide(Server, serve({ dataDirectory, keys: [] }))
      assert.isTrue(shown.keyIsNew)
      taken.close()
      const elsewhere = yield* Effect.flip(Effect.scoped(Layer.build(serve({ dataDirectory, host: "192.0.2.1" }))))
      assert.strictEqual(elsewhere.message, "Cannot listen on 192.0.2.1 port 0: this machine has no such address")
    }),
  )

  it.live("writes neither keys nor texts to disk where they are not needed", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const server = yield* start(dataDirectory)
      const id = yield* create(server.baseUrl, "A very private text.")
      yield* until(server.baseUrl, id, "completed")
      const { json } = yield* call(`${server.baseUrl}/async-clone/task-status/${id}`)
      assert.notInclude(JSON.stringify(json), "private")
      yield* server.stop
      assert.notInclude(readFileSync(join(dataDirectory, "tasks.sqlite"), "latin1"), anna)
    }),
  )
})
