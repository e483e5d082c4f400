import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { cpSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Backup from "../src/Backup.ts"
import { Server } from "../src/Server.ts"
import * as Postgres from "./Postgres.ts"
import * as S3TestServer from "./S3TestServer.ts"
import { call, create, files, serve, stubResult, temporary, until } from "./TestServer.ts"

const refused = (dataDirectory: string, target: string) =>
  Effect.promise(() =>
    Backup.run(dataDirectory, target).then(
      () => "made",
      (error: Backup.BackupFailed) => error.message,
    ),
  )

describe("Backup", () => {
  it.live("of a server at work has every task, and another server goes on with it", () =>
    Effect.gen(function* () {
      const [dataDirectory, elsewhere] = [yield* temporary, yield* temporary]
      const target = join(elsewhere, "backups", "today")
      const known: Array<string> = []
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        for (const text of ["One.", "Two.", "script"]) known.push(yield* create(baseUrl, text))
        yield* until(baseUrl, known[0]!, "completed")
        yield* until(baseUrl, known[2]!, "failed")
        // Two that are not ended, while others come and end all the time.
        known.push(yield* create(baseUrl, "Three."), yield* create(baseUrl, "wait"), yield* create(baseUrl, "Four."))
        yield* until(baseUrl, known[4]!, "processing")
        const busy = yield* Effect.forkChild(Effect.forever(create(baseUrl, "More.")))
        const contents = yield* Effect.promise(() => Backup.run(dataDirectory, target))
        yield* Effect.sync(() => busy.interruptUnsafe())
        assert.isAtLeast(contents.tasks, known.length)
        assert.strictEqual(contents.files, files(target, "samples").length + files(target, "results").length)
      }).pipe(Effect.provide(serve({ dataDirectory })))

      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const statuses: Array<string> = []
        for (const id of known) {
          statuses.push((yield* call(`${baseUrl}/async-clone/task-status/${id}`)).json.status)
        }
        assert.deepStrictEqual(statuses.slice(0, 4), ["completed", "completed", "failed", "completed"])
        // What had been begun is begun again, and the next waits for it.
        yield* until(baseUrl, known[4]!, "processing")
        yield* call(`${baseUrl}/async-clone/task/${known[4]}`, { method: "DELETE" })
        yield* until(baseUrl, known[5]!, "completed")
        for (const id of [known[0], known[5]]) {
          assert.deepStrictEqual((yield* call(`${baseUrl}/async-clone/task-result/${id}`)).body, stubResult)
        }
      }).pipe(Effect.provide(serve({ dataDirectory: target })))
    }),
  )

  it.live("of PostgreSQL and a directory, as the documentation makes it, is gone on with", () =>
    Effect.gen(function* () {
      const [dataDirectory, backup, restored] = [yield* temporary, yield* temporary, yield* temporary]
      const [lost, found] = [yield* Postgres.database, yield* Postgres.database]
      const dump = join(backup, "tasks.dump")
      const copyFiles = Effect.sync(() => cpSync(dataDirectory, join(backup, "data"), { recursive: true }))
      const known = yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const completed = yield* create(baseUrl, "One.")
        yield* until(baseUrl, completed, "completed")
        const begun = yield* create(baseUrl, "wait")
        yield* until(baseUrl, begun, "processing")
        const queued = yield* create(baseUrl, "Two.")
        yield* copyFiles
        yield* Postgres.program("pg_dump", "--format=custom", `--file=${dump}`, Redacted.value(lost.url))
        yield* copyFiles
        // what comes later is not in it
        yield* create(baseUrl, "Three.")
        return { completed, begun, queued }
      }).pipe(Effect.provide(serve({ dataDirectory, databaseUrl: lost.url })))

      yield* Postgres.program(
        "pg_restore",
        ...["--exit-on-error", "--single-transaction", "--no-owner", `--dbname=${Redacted.value(found.url)}`, dump],
      )
      yield* Effect.sync(() => cpSync(join(backup, "data"), restored, { recursive: true }))
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const { json } = yield* call(`${baseUrl}/async-clone/tasks`)
        assert.sameMembers(
          json.tasks.map(({ task_id }: { readonly task_id: string }) => task_id),
          Object.values(known),
        )
        // its server is gone, and its lease soon over
        yield* call(`${baseUrl}/async-clone/task/${known.begun}`, { method: "DELETE" })
        for (const id of [known.completed, known.queued]) {
          yield* until(baseUrl, id, "completed")
          assert.deepStrictEqual((yield* call(`${baseUrl}/async-clone/task-result/${id}`)).body, stubResult)
        }
      }).pipe(Effect.provide(serve({ dataDirectory: restored, databaseUrl: found.url })))
    }).pipe(Effect.scoped),
  )

  it.live("gets no bucket of the server that goes on", () =>
    Effect.gen(function* () {
      const [dataDirectory, elsewhere] = [yield* temporary, yield* temporary]
      const store = (yield* S3TestServer.serve).options("voices")
      const copy = join(elsewhere, "copy")
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        yield* Effect.promise(() => Backup.run(dataDirectory, copy))
        const id = yield* create(baseUrl, "Hello.")
        yield* until(baseUrl, id, "completed")
        const trial = Effect.provide(Effect.asVoid(Server), Layer.fresh(serve({ dataDirectory: copy, store })))
        assert.match((yield* Effect.flip(trial)).message, /it belongs to another database/u)
        assert.strictEqual((yield* call(`${baseUrl}/async-clone/task-result/${id}`)).status, 200)
      }).pipe(Effect.provide(serve({ dataDirectory, store })))
    }).pipe(Effect.scoped),
  )

  it.live("is made without what is lost, and says what that is", () =>
    Effect.gen(function* () {
      const [dataDirectory, elsewhere] = [yield* temporary, yield* temporary]
      const [lost] = yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const ids = [yield* create(baseUrl, "One."), yield* create(baseUrl, "Two.")]
        for (const id of ids) yield* until(baseUrl, id, "completed")
        return ids
      }).pipe(Effect.provide(serve({ dataDirectory })))
      const backUp = (name: string) => Effect.promise(() => Backup.run(dataDirectory, join(elsewhere, name)))
      const name = `results/${lost}.1.wav`
      rmSync(join(dataDirectory, name))
      const { files: kept, missing, tasks } = yield* backUp("one")
      assert.deepStrictEqual([tasks, kept, missing], [2, 1, [name]])
      assert.strictEqual(files(join(elsewhere, "one"), "results").length, 1)
      // as where they are in a bucket
      for (const folder of ["samples", "results"]) rmSync(join(dataDirectory, folder), { recursive: true })
      const contents = yield* backUp("two")
      assert.deepStrictEqual([contents.tasks, contents.files, contents.missing.length], [2, 0, 2])
    }),
  )

  it.live("is made of a data directory alone, to where nothing is", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      assert.match(yield* refused(directory, join(directory, "copy")), /is no data directory with tasks in it/u)
      yield* Effect.scoped(Effect.provide(Server, serve({ dataDirectory: directory })))
      assert.match(yield* refused(directory, directory), /exists$/u)
      writeFileSync(join(directory, "file"), "")
      assert.match(
        yield* refused(directory, join(directory, "file", "copy")),
        /file: file already exists|file: not a directory/u,
      )
      symlinkSync("circle", join(directory, "circle"))
      const circle = yield* refused(join(directory, "circle"), join(directory, "copy"))
      assert.match(circle, /circle cannot be read: too many symbolic links/u)
    }),
  )
})
