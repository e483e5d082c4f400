/**
 * The report of a batch: a line for each job as it ends, in JSON, or in CSV where its name ends so.
 */
import { TargetUnwritable } from "@voiceclone/core/TaskError"
import * as Effect from "effect/Effect"
import { closeSync, openSync, writeSync } from "node:fs"
import { reasonOf } from "@voiceclone/server/SystemError"

/** What became of one job. */
export interface Line {
  readonly row: string
  readonly state: "saved" | "failed"
  readonly sample: string
  readonly output: string
  readonly taskId?: string
  readonly bytes?: number
  readonly seconds?: number
  readonly sha256?: string
  readonly error?: string
  readonly message?: string
  readonly nextStep?: string
}

const columns = [
  "row",
  "state",
  "sample",
  "output",
  "taskId",
  "bytes",
  "seconds",
  "sha256",
  "error",
  "message",
  "nextStep",
] as const

const cell = (value: string | number | undefined): string => {
  const text = String(value ?? "")
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const csv = (cells: ReadonlyArray<string | number | undefined>): string => `${cells.map(cell).join(",")}\r\n`

/** Opens a report, and closes it with the scope. What a line says is on its way to the disk when `add` is done. */
export const open = Effect.fnUntraced(function* (path: string) {
  const attempt = <A>(work: () => A) =>
    Effect.try({ try: work, catch: (error) => new TargetUnwritable({ path, reason: reasonOf(error), cause: error }) })
  const isCsv = path.endsWith(".csv")
  const file = yield* Effect.acquireRelease(
    attempt(() => openSync(path, "w")),
    (file) => Effect.ignore(attempt(() => closeSync(file))),
  )
  if (isCsv) yield* attempt(() => writeSync(file, csv(columns)))
  return {
    add: (line: Line) =>
      attempt(() => {
        writeSync(file, isCsv ? csv(columns.map((name) => line[name])) : `${JSON.stringify(line)}\n`)
      }),
  }
})
