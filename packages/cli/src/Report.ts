/**
 * The report of a batch: a line for each job as it ends, in JSON, or in CSV where its name ends so.
 */
import { TargetUnwritable } from "@voiceclone/core/TaskError"
import * as Csv from "effect/encoding/Csv"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs"
import { Display } from "./Display.ts"
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

/** A report that is open. */
export interface Report {
  readonly add: (line: Line) => Effect.Effect<void, TargetUnwritable>
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

/** A row that a report is of. */
interface Row {
  readonly place: string
  readonly output: string
}

type Cells = Readonly<Record<string, string | number | undefined>>

/** The lines of a report, by their outputs; of what is no report, none. */
const read = Effect.fnUntraced(function* (file: string, isCsv: boolean) {
  const lines = new Map<Cells[string], Cells>()
  const keep = (line: Cells) => void lines.set(line["output"], line)
  const text = yield* Effect.orElseSucceed(
    Effect.try(() => readFileSync(file, "utf8")),
    () => "",
  )
  const each = isCsv
    ? Stream.pipeThroughChannel(Stream.succeed(text), Csv.decodeString({ headers: true, ignoreEmptyLines: true }))
    : Stream.fromIterable(text.split("\n")).pipe(
        Stream.mapEffect((line) => Effect.option(Effect.try((): Cells => JSON.parse(line)))),
        Stream.flatMap((line) => Stream.fromIterable(Option.toArray(line))),
      )
  yield* Effect.ignore(Stream.runForEach(each, (line) => Effect.sync(() => keep(line))))
  return lines
})

/** Whether a file is one that may be replaced: a report, though it was broken off. */
const isReport = (text: string, head: string): boolean =>
  head === "" ? text.startsWith("{") : text.startsWith(head) || head.startsWith(text)

/**
 * Opens a report, and closes it with the scope. What a line says is on its way to the disk when `add` is done.
 *
 * Where a report stands already, the lines go beside it, into `.part`, until the end: then they replace those of the
 * same outputs, and what it says of rows that were not reached stays.
 */
export const open = Effect.fnUntraced(function* (
  path: string,
  rows: ReadonlyArray<Row>,
): Effect.fn.Return<Report, TargetUnwritable, Display | Scope.Scope> {
  const display = yield* Display
  const attempt = <A>(work: () => A) =>
    Effect.try({ try: work, catch: (error) => new TargetUnwritable({ path, reason: reasonOf(error), cause: error }) })
  const isCsv = path.endsWith(".csv")
  const head = isCsv ? csv(columns) : ""
  const print = (line: Cells) => (isCsv ? csv(columns.map((name) => line[name])) : `${JSON.stringify(line)}\n`)
  const standing = yield* attempt(() => statSync(path, { throwIfNoEntry: false }))
  const report = standing === undefined ? path : yield* attempt(() => realpathSync(path))
  // what a pipe was told cannot be told anew
  const isKept = standing?.isFile() === true && standing.size > 0
  const file = isKept ? `${report}.part` : report
  if (isKept && !isReport(yield* attempt(() => readFileSync(report, "utf8")), head)) {
    return yield* new TargetUnwritable({ path, reason: "it holds something else, and no report" })
  }

  /** Puts into the report what stands beside it. */
  const merge = Effect.gen(function* () {
    const [former, latter] = [yield* read(report, isCsv), yield* read(file, isCsv)]
    const places = new Map(rows.map(({ output, place }) => [output, place]))
    const left = Array.from(former.values()).filter(({ output }) => places.has(String(output)) && !latter.has(output))
    const lines = [...left.map((line) => ({ ...line, row: places.get(String(line["output"])) })), ...latter.values()]
    yield* attempt(() => {
      const draft = `${file}.tmp`
      writeFileSync(draft, [head, ...lines.map(print)].join(""))
      renameSync(draft, report)
      rmSync(file)
    })
  })

  // left by a run that was killed
  if (isKept && existsSync(file)) yield* merge
  const handle = yield* Effect.acquireRelease(
    attempt(() => openSync(file, "w")),
    (handle) =>
      Effect.andThen(
        attempt(() => closeSync(handle)),
        isKept ? merge : Effect.void,
      ).pipe(Effect.catch((error) => display.trouble(`${error.message}; what this run has done is in ${file}`))),
  )
  yield* attempt(() => writeSync(handle, head))
  return { add: (line: Line) => attempt(() => void writeSync(handle, print({ ...line }))) }
})
