/**
 * A copy of a data directory, taken while its server runs, from which a server can start: SQLite's tasks, samples and
 * results. (Tasks in PostgreSQL are copied with `pg_dump`.)
 *
 * @example
 * ```ts
 * import * as Backup from "@voiceclone/server/Backup"
 *
 * await Backup.run(".voiceclone", "backups/2026-11-26")
 * ```
 */
import * as Data from "effect/Data"
import { constants } from "node:fs"
import { access, copyFile, mkdir, open, readdir, rename, rm } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { makeDirectory } from "./internal/makeDirectory.ts"
import { reasonOf } from "./SystemError.ts"
import { type BlobKind, resultOf, sampleOf } from "./BlobStore.ts"

/** No copy was made. */
export class BackupFailed extends Data.TaggedError("BackupFailed")<{
  readonly reason: string
  readonly nextStep: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return `No backup was made: ${this.reason}`
  }
}

/** What a copy holds. */
export interface Contents {
  /** Absolute. */
  readonly directory: string
  readonly tasks: number
  /** Samples and results. */
  readonly files: number
  /** What tasks need and the data directory does not have, such as `results/….wav`. */
  readonly missing: ReadonlyArray<string>
}

const kinds: ReadonlyArray<BlobKind> = ["samples", "results"]

/** A busy server makes and deletes files while they are copied; each round misses less. */
const rounds = 10

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const isGone = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")

/** With the place, where the system names one. */
const placed = (error: unknown): string => {
  const { path } = error as NodeJS.ErrnoException
  return path === undefined ? reasonOf(error) : `${path}: ${reasonOf(error)}`
}

const sync = async (path: string, flag = "r+"): Promise<void> => {
  const file = await open(path, flag)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A name is on the disk once its directory is. Windows opens no directories, and needs this less. */
const syncDirectory = (path: string): Promise<void> => sync(path, "r").catch(() => {})

const copyDurably = async (from: string, to: string): Promise<void> => {
  await copyFile(from, `${to}.part`, constants.COPYFILE_FICLONE)
  await sync(`${to}.part`)
  await rename(`${to}.part`, to)
}

/** Without a folder there is nothing in it: files may be in a bucket. */
const namesIn = (folder: string): Promise<ReadonlyArray<string>> =>
  readdir(folder).catch((error: unknown) => {
    if (isGone(error)) return []
    throw error
  })

/** Copies what is not there yet. Whole files never change, so what has been copied is as good as ever. */
const copyFiles = async (from: string, to: string): Promise<void> => {
  for (const kind of kinds) {
    await mkdir(join(to, kind), { recursive: true, mode: 0o700 })
    const copied = new Set(await readdir(join(to, kind)))
    for (const name of await namesIn(join(from, kind))) {
      if (copied.has(name) || name.endsWith(".part")) continue
      // Deleted in the meantime: the database will say so.
      await copyDurably(join(from, kind, name), join(to, kind, name)).catch((error: unknown) => {
        if (!isGone(error)) throw error
      })
    }
  }
}

/** The database as it is at one moment, and the files that its tasks need. */
const snapshot = (from: string, to: string): { readonly tasks: number; readonly needed: ReadonlySet<string> } => {
  const live = new DatabaseSync(join(from, "tasks.sqlite"), { timeout: 5000 })
  try {
    live.prepare("vacuum into ?").run(to)
  } finally {
    live.close()
  }
  const copy = new DatabaseSync(to)
  try {
    // It knows nothing of what came later. So it is another database to a store that it is not a copy of, as a bucket is: on
    // trial there, it would delete what the running server's tasks need. (Before version 9 of the tables there were no ids.)
    if (copy.prepare("select name from sqlite_master where name = 'store_identity'").get() !== undefined) {
      copy.prepare("update store_identity set id = ?").run(crypto.randomUUID())
    }
    const rows = copy.prepare("select id, status, claims, expires_at, result_deleted_at from tasks").all()
    const needed = rows.flatMap(({ claims, expires_at, id, result_deleted_at, status }) => {
      const task = { id: String(id), claims: Number(claims) }
      if (status === "pending" || status === "processing") return [sampleOf(task.id)]
      const isKept = status === "completed" && result_deleted_at === null && Number(expires_at) > Date.now()
      return isKept ? [resultOf(task)] : []
    })
    return { tasks: rows.length, needed: new Set<string>(needed) }
  } finally {
    copy.close()
  }
}

const make = async (from: string, to: string): Promise<Omit<Contents, "directory">> => {
  const database = join(to, "tasks.sqlite")
  let missedBefore: ReadonlySet<string> = new Set()
  for (let round = 0; round < rounds; round++) {
    await copyFiles(from, to)
    await rm(database, { force: true })
    const { needed, tasks } = snapshot(from, database)
    const there = new Set<string>()
    for (const kind of kinds) for (const name of await readdir(join(to, kind))) there.add(`${kind}/${name}`)
    const missed = new Set([...needed].filter((name) => !there.has(name)))
    const missing: Array<string> = []
    for (const name of missed) if (missedBefore.has(name) && !(await exists(join(from, name)))) missing.push(name)
    missedBefore = missed
    // What is missed once may have come, or gone, in between.
    if (missing.length < missed.size) continue
    // A voice is kept no longer than it is needed, here too.
    for (const name of there) if (!needed.has(name)) await rm(join(to, name))
    const key = join(from, "key")
    if (await exists(key)) await copyDurably(key, join(to, "key"))
    // SQLite promises none of that (https://www.sqlite.org/lang_vacuum.html).
    await sync(database)
    for (const folder of [...kinds.map((kind) => join(to, kind)), to]) await syncDirectory(folder)
    return { tasks, files: needed.size - missing.length, missing }
  }
  throw new BackupFailed({
    reason: "tasks came and went faster than they could be copied",
    nextStep: "Try again when there is less to do.",
  })
}

/**
 * Copies the data directory to a directory that does not exist, which appears when the copy is whole. Rejects with
 * {@link BackupFailed}.
 */
export const run = async (dataDirectory: string, target: string): Promise<Contents> => {
  const from = resolve(dataDirectory)
  const directory = resolve(target)
  await access(join(from, "tasks.sqlite"), constants.R_OK).catch((cause: unknown) => {
    throw new BackupFailed(
      isGone(cause)
        ? {
            reason: `${from} is no data directory with tasks in it`,
            nextStep: "Name the data directory of the server. Tasks in PostgreSQL are copied with pg_dump.",
          }
        : {
            reason: `${from} cannot be read: ${reasonOf(cause)}`,
            nextStep: "Run it as the user that the server runs as.",
            cause,
          },
    )
  })
  if (await exists(directory)) {
    throw new BackupFailed({ reason: `${directory} exists`, nextStep: "Name a directory that does not exist yet." })
  }
  const part = `${directory}.part`
  try {
    makeDirectory(dirname(directory))
    await rm(part, { recursive: true, force: true })
    await mkdir(part, { mode: 0o700 })
    const contents = await make(from, part)
    await rename(part, directory)
    await syncDirectory(dirname(directory))
    return { directory, ...contents }
  } catch (cause) {
    await rm(part, { recursive: true, force: true }).catch(() => {})
    if (cause instanceof BackupFailed) throw cause
    throw new BackupFailed({
      reason: placed(cause),
      nextStep: "Check space and permissions of both directories.",
      cause,
    })
  }
}
