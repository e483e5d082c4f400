/**
 * A PostgreSQL of the tests' own: one server for each process that runs tests, in a directory that is gone afterwards,
 * and a fresh database for whoever asks.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { execFileSync, spawn } from "node:child_process"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** PostgreSQL refuses to be root, so that user is another. */
const asPostgres = process.getuid?.() === 0 ? ["runuser", "-u", "postgres", "--"] : []

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

const run = (command: string, args: ReadonlyArray<string>) => {
  return execFileSync("env", [...asPostgres, command, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    cwd: tmpdir(),
  })
}

const home = () => {
  const found = process.env["POSTGRES_PATH"]
  if (found === undefined) throw new Error("There is no PostgreSQL here: node scripts/postgres.mjs installs one.")
  return found
}

const start = async () => {
  const directory = mkdtempSync(join(tmpdir(), "voiceclone-postgres-"))
  // for the other user
  chmodSync(directory, 0o777)
  const data = join(directory, "data")
  run(join(home(), "initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"])
  const port = await freePort()
  // the shell ends the database when its input does: as this process ends, however that ends
  const script = `"$1/postgres" -D "$2" -p ${port} -h 127.0.0.1 -k "$3" -F >/dev/null 2>&1 & pid=$!
    cat >/dev/null; kill -QUIT $pid; wait $pid; rm -rf "$2"`
  const shell = spawn("env", [...asPostgres, "sh", "-c", script, "sh", home(), data, directory], {
    stdio: ["pipe", "ignore", "ignore"],
    cwd: directory,
  })
  process.once("exit", () => {
    shell.stdin.destroy()
    rmSync(directory, { recursive: true, force: true })
  })
  shell.unref()
  const psql = (...statements: ReadonlyArray<string>) =>
    run(join(home(), "psql"), [
      ...["-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "-d", "postgres", "-tAq", "-v", "ON_ERROR_STOP=1"],
      ...statements.flatMap((statement) => ["-c", statement]),
    ]).trim()
  for (const deadline = Date.now() + 30_000; ;) {
    try {
      psql("select 1")
      return { port, psql }
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

let started: ReturnType<typeof start> | undefined

/** Runs SQL as the superuser. */
export const administer = (...statements: ReadonlyArray<string>) =>
  Effect.promise(async () => (await (started ??= start())).psql(...statements))

/** A database with nothing in it, until the scope closes. */
export const database = Effect.gen(function* () {
  const { port, psql } = yield* Effect.promise(() => (started ??= start()))
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`
  yield* Effect.acquireRelease(
    Effect.sync(() => psql(`create database ${name}`)),
    () => Effect.sync(() => psql(`drop database ${name} with (force)`)),
  )
  return { name, port, url: Redacted.make(`postgres://postgres@127.0.0.1:${port}/${name}`) }
})

/** Runs one of PostgreSQL's own programs, as whoever runs the tests. */
export const program = (name: string, ...args: ReadonlyArray<string>) =>
  Effect.sync(() => execFileSync(join(home(), name), args, { stdio: ["ignore", "ignore", "pipe"] }))
