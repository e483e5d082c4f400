/**
 * The jobs of a batch, read from CSV, JSON lines or a folder, and all of them judged before the first is paid for.
 */
import * as FileClaims from "@voiceclone/core/FileClaims"
import * as Csv from "effect/encoding/Csv"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Predicate from "effect/Predicate"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { basename, dirname, extname, isAbsolute, join } from "node:path"
import { digestOf, nameOfJob } from "./Delivery.ts"
import * as Text from "./Text.ts"
import { reasonOf } from "@voiceclone/server/SystemError"
import { Usage } from "./Usage.ts"

/** One job. */
export interface Row {
  /** Where it stands in the input, in words: `line 12`, or the name of a file. */
  readonly place: string
  readonly sample: string
  readonly text: string
  readonly output: string
}

/** What the command line says besides the input. */
export interface Defaults {
  /** The voice of the rows that name none. */
  readonly sample: string | undefined
  /** Where outputs without a directory of their own go. */
  readonly directory: string
  /** The file of what becomes of each row. */
  readonly report?: string | undefined
}

const example =
  'sample,text,output (CSV), {"sample": …, "text": …, "output": …} (JSON lines), or a folder of .txt files'

const refuse = (reason: string, nextStep = `Give ${example}.`) => new Usage({ reason, nextStep })

interface RawRow {
  readonly place: string
  readonly fields: Readonly<Record<string, unknown>>
}

const known: ReadonlySet<string> = new Set(["sample", "text", "output"])

const fromCsv = (text: string, input: string) => {
  const [head = ""] = text.trimStart().split(/\r?\n/, 1)
  // what spreadsheets also save
  if (/[;\t]/.test(head) && !head.includes(",")) {
    return Effect.fail(
      refuse(`${input} has no commas between its columns`, "Save it with commas, not with semicolons or tabs."),
    )
  }
  if (head !== "" && !head.split(",").some((name) => known.has(name.trim().replaceAll('"', "")))) {
    return Effect.fail(refuse(`The first line of ${input} names no columns: sample, text, output`))
  }
  return Stream.succeed(text).pipe(
    Stream.pipeThroughChannel(Csv.decodeString({ headers: true, ignoreEmptyLines: true })),
    Stream.runCollect,
    Effect.map((rows) => rows.map((fields, index): RawRow => ({ place: `row ${index + 1}`, fields }))),
    Effect.catchTag("CsvError", ({ line, message }) =>
      Effect.fail(refuse(`${input} is not CSV at line ${line}: ${message}`)),
    ),
  )
}

const fromJsonLines = (text: string, input: string) =>
  Effect.forEach(
    text.split("\n").flatMap((line, index) => (line.trim() === "" ? [] : [{ line, place: `line ${index + 1}` }])),
    ({ line, place }) =>
      Effect.try({
        try: (): RawRow => {
          const fields: unknown = JSON.parse(line)
          if (!Predicate.isObject(fields)) throw new Error("it is no object")
          return { place, fields }
        },
        catch: (error) => refuse(`${input} is not JSON at ${place}: ${reasonOf(error)}`),
      }),
  )

const audio: ReadonlyArray<string> = [".wav", ".mp3", ".m4a", ".flac", ".ogg", ".webm"]

/** Each text of a folder, with the recording of the same name where there is one. */
const fromFolder = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const names = new Set(yield* fs.readDirectory(folder))
  return yield* Effect.forEach(
    Array.from(names)
      .filter((name) => extname(name) === ".txt")
      .toSorted(),
    (name) => {
      const stem = basename(name, ".txt")
      const sample = audio.map((extension) => `${stem}${extension}`).find((candidate) => names.has(candidate))
      const decoded = Effect.flatMap(fs.readFile(join(folder, name)), (bytes) => Text.decode(bytes, `${name} is not`))
      return Effect.map(decoded, (text): RawRow => {
        const fields = { text: text.trimEnd(), output: `${stem}.wav` }
        return { place: name, fields: sample === undefined ? fields : { ...fields, sample: join(folder, sample) } }
      })
    },
  )
})

const fromText = Effect.fnUntraced(function* (input: string) {
  const fs = yield* FileSystem.FileSystem
  const stdio = yield* Stdio.Stdio
  const chunks = yield* Stream.runCollect(input === "-" ? stdio.stdin : fs.stream(input))
  const text = yield* Text.decode(Buffer.concat(chunks), `${input} is not`)
  return yield* text.trimStart().startsWith("{") ? fromJsonLines(text, input) : fromCsv(text, input)
})

/** Every job of an input: a file, a folder, or `-`. */
export const read = Effect.fnUntraced(
  function* (input: string, { sample, directory, report }: Defaults) {
    const fs = yield* FileSystem.FileSystem
    const isFolder = input !== "-" && (yield* fs.stat(input)).type === "Directory"
    const raw = yield* isFolder ? fromFolder(input) : fromText(input)
    if (raw.length === 0) return yield* refuse(`There is no job in ${input}`)
    // what a file names stands beside it
    const beside = isFolder || input === "-" ? "" : dirname(input)
    const drafts = yield* Effect.forEach(raw, ({ place, fields }) => toDraft(place, fields, beside, sample))
    const samples = yield* openSamples(drafts)
    const rows = yield* Effect.forEach(drafts, (draft) => toRow(draft, samples, directory))
    yield* checkFiles(rows, input, report)
    return rows
  },
  (rows, input) =>
    Effect.catchTag(rows, "PlatformError", (error) =>
      Effect.fail(
        refuse(
          `Cannot read the jobs in ${input}: ${reasonOf(error)}`,
          "Give the path of a CSV or JSON lines file, or of a folder of .txt files: see voiceclone batch --help.",
        ),
      ),
    ),
)

/** A row whose output may have to be named yet. */
interface Draft extends Omit<Row, "output"> {
  readonly output: string | undefined
}

const toDraft = (
  place: string,
  fields: RawRow["fields"],
  beside: string,
  fallback: string | undefined,
): Effect.Effect<Draft, Usage> => {
  const stranger = Object.keys(fields).find((name) => !known.has(name))
  if (stranger !== undefined) {
    return Effect.fail(refuse(`${place} has a field ${JSON.stringify(stranger)}: there are sample, text and output`))
  }
  const field = (name: string): string | undefined => {
    const value = fields[name]
    return Predicate.isString(value) && value.trim() !== "" ? value : undefined
  }
  const text = field("text")
  const own = field("sample")
  const sample = own === undefined || isAbsolute(own) ? (own ?? fallback) : join(beside, own)
  if (text === undefined) return Effect.fail(refuse(`${place} has no text`))
  if (sample === undefined) {
    return Effect.fail(refuse(`${place} names no sample`, "Add one, or give --sample for all that have none."))
  }
  return Effect.succeed({ place, sample, text, output: field("output") })
}

const unreadable = (sample: string, place: string, reason: string) =>
  refuse(`Cannot read the sample ${sample} of ${place}: ${reason}`, "Mend its path; nothing was paid for.")

/** Each sample, by its path: whether it can be read, and its digest as soon as that is asked for. */
const openSamples = Effect.fnUntraced(function* (drafts: ReadonlyArray<Draft>) {
  const fs = yield* FileSystem.FileSystem
  const digests = new Map<string, Effect.Effect<string, Usage>>()
  for (const { sample, place } of drafts) {
    if (digests.has(sample)) continue
    yield* Effect.mapError(fs.access(sample, { readable: true }), (error) => unreadable(sample, place, reasonOf(error)))
    const digest = Effect.mapError(digestOf(fs.stream(sample)), (error) => unreadable(sample, place, reasonOf(error)))
    digests.set(sample, yield* Effect.cached(digest))
  }
  return digests
})

const toRow = Effect.fnUntraced(function* (
  { output, ...draft }: Draft,
  samples: Effect.Success<ReturnType<typeof openSamples>>,
  directory: string,
): Effect.fn.Return<Row, Usage> {
  const { sample, text } = draft
  const name = output ?? nameOfJob(sample, yield* samples.get(sample) ?? Effect.succeed(""), text)
  return { ...draft, output: isAbsolute(name) ? name : join(directory, name) }
})

const checkFiles = Effect.fnUntraced(function* (rows: ReadonlyArray<Row>, input: string, report: string | undefined) {
  const claims = FileClaims.make<string>(yield* FileSystem.FileSystem, yield* Path.Path)
  const elsewhere = "Give each job an output of its own, which is no sample's name; nothing was paid for."
  if (input !== "-") yield* claims.read(input, `the jobs in ${input}`)
  const samples = new Set<string>()
  for (const { sample, place } of rows) {
    if (!samples.has(sample)) yield* claims.read(sample, `the sample of ${place}`)
    samples.add(sample)
  }
  for (const { output, place } of rows) {
    const claim = yield* claims.write(output, place)
    if (claim === undefined) continue
    return yield* claim.use === "write"
      ? refuse(`${claim.by} and ${place} both write ${output}`, elsewhere)
      : refuse(`${place} would write ${output} over ${claim.by}`, elsewhere)
  }
  const claim = report === undefined ? undefined : yield* claims.write(report, "the report")
  if (claim === undefined) return
  const lost = claim.use === "write" ? `the output of ${claim.by}` : claim.by
  return yield* refuse(`The report ${report} would be written over ${lost}`, "Give --report another name.")
})
