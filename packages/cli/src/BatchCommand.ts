import * as Batch from "@voiceclone/core/Batch"
import { type JobEvent, Listener } from "@voiceclone/core/JobEvent"
import * as Sample from "@voiceclone/core/Sample"
import { TargetUnwritable } from "@voiceclone/core/TaskError"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import { accessSync, constants } from "node:fs"
import { resolve } from "node:path"
import * as BaseDirectory from "./BaseDirectory.ts"
import { commandLine, downloadCommandLine } from "./CommandLine.ts"
import * as Connection from "./Connection.ts"
import { Display } from "./Display.ts"
import { type CommandError, of as exitCodeOf } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import * as NextStep from "./NextStep.ts"
import { bytes, seconds } from "./Quantity.ts"
import * as Report from "./Report.ts"
import * as Rows from "./Rows.ts"
import * as Session from "./Session.ts"
import { reasonOf } from "@voiceclone/server/SystemError"

/** So many servers and disks take without a word. */
const usualConcurrency = 4

const flags = {
  input: Argument.String("jobs").pipe(
    Argument.withDescription("CSV, JSON lines, or a folder of .txt files; - is stdin"),
  ),
  sample: Flag.String("sample").pipe(
    Flag.withAlias("s"),
    Flag.withDescription("The voice of the jobs that name none"),
    Flag.withMetavar("FILE"),
    Flag.optional,
  ),
  output: Flag.String("output").pipe(
    Flag.withAlias("o"),
    Flag.withDescription("The directory for outputs (default: here)"),
    Flag.withMetavar("DIR"),
    Flag.withDefault(""),
  ),
  report: Flag.String("report").pipe(
    Flag.withDescription("A line for each job as it ends: JSON, or .csv"),
    Flag.withMetavar("FILE"),
    Flag.optional,
  ),
  concurrency: Flag.Int("concurrency").pipe(
    Flag.withAlias("c"),
    Flag.withDescription("Uploads, and downloads, at the same time (4)"),
    Flag.withDefault(usualConcurrency),
    Flag.filter(
      (count) => count >= 1 && count <= 64,
      () => "a number from 1 to 64",
    ),
  ),
  failFast: Flag.Boolean("fail-fast").pipe(
    Flag.withDescription("Create no task after the first failure"),
    Flag.withDefault(false),
  ),
  force: Flag.Boolean("force").pipe(Flag.withDescription("Pay for every job again"), Flag.withDefault(false)),
  timeout: Flags.duration("timeout").pipe(Flag.withDescription("How long to wait for each task (24h)"), Flag.optional),
  ...Flags.connection,
}

/** What all rows would fail with is said once. */
const openDirectory = (directory: string): Effect.Effect<void, TargetUnwritable> =>
  Effect.try({
    try: () => {
      BaseDirectory.make(resolve(directory))
      accessSync(directory, constants.W_OK)
    },
    catch: (cause) => new TargetUnwritable({ path: `into ${directory}`, reason: reasonOf(cause), cause }),
  })

/** What a live line says of a batch. */
const tally = (total: number) => {
  const tasks = { exist: 0, saved: 0, failed: 0 }
  const words = () =>
    [
      `${tasks.saved} of ${total} saved`,
      ...(tasks.failed > 0 ? [`${tasks.failed} failed`] : []),
      `${Math.max(0, tasks.exist - tasks.saved - tasks.failed)} at work`,
    ].join(", ")
  return { tasks, words }
}

export const batch = Command.make("batch", flags, ({ input, sample, output, report, concurrency, ...rest }) => {
  const { failFast, force, timeout, ...connection } = rest
  const inSeconds = (time: Duration.Duration) => `${Duration.toSeconds(time)}s`
  const again = commandLine(
    [
      "batch",
      input,
      ...Option.match(sample, { onNone: () => [], onSome: (file) => ["--sample", file] }),
      ...(output === "" ? [] : ["-o", output]),
      ...Option.match(report, { onNone: () => [], onSome: (file) => ["--report", file] }),
      ...(concurrency === usualConcurrency ? [] : ["--concurrency", String(concurrency)]),
      ...Option.match(timeout, { onNone: () => [], onSome: (time) => ["--timeout", inSeconds(time)] }),
      ...(failFast ? ["--fail-fast"] : []),
    ],
    connection,
  )
  return Session.alone(
    { ...connection, creates: true, again },
    Effect.gen(function* () {
      const display = yield* Display
      const services = Context.pick(
        FileSystem.FileSystem,
        Path.Path,
      )(yield* Effect.context<FileSystem.FileSystem | Path.Path>())
      const file = Option.getOrUndefined(report)
      const rows = yield* Rows.read(input, { sample: Option.getOrUndefined(sample), directory: output, report: file })
      if (output !== "") yield* openDirectory(output)
      const { tasks, words } = tally(rows.length)
      let first: CommandError | undefined
      const advised = new Set<string>()
      let isKeyRefused = false
      let size = 0
      let length = 0
      const listen = (event: JobEvent) =>
        Effect.suspend(() => {
          if (event._tag === "Submitted" || event._tag === "Resumed") tasks.exist++
          if (event._tag === "Retrying") return display.note(`${event.reason}; trying again`)
          return display.live(words())
        })
      const tell = Effect.fnUntraced(function* (outcome: Batch.Outcome, written: Report.Report | undefined) {
        const row = rows[outcome.index]
        if (row === undefined) return
        const about = { row: row.place, sample: row.sample, output: row.output }
        if (outcome._tag === "Saved") {
          const { taskId, bytes: count, seconds: time, sha256 } = outcome.result
          tasks.saved++
          size += count
          length += time
          const line = { ...about, state: "saved" as const, taskId, bytes: count, seconds: time, sha256 }
          yield* display.event({ _tag: "Row", ...line })
          yield* display.step(`Saved ${row.output} (${seconds(time)})`)
          return yield* written?.add(line) ?? Effect.void
        }
        const { error, taskId } = outcome
        tasks.failed++
        first ??= error
        isKeyRefused ||= error._tag === "InvalidApiKey"
        const nextStep = NextStep.of(error, {
          ...connection,
          creates: true,
          task: taskId,
          bringHome: (id, other) => downloadCommandLine(row.output, connection)(id, other),
        })
        const task = taskId === undefined ? {} : { taskId }
        const line = {
          ...about,
          state: "failed" as const,
          ...task,
          error: error._tag,
          message: error.message,
          nextStep,
        }
        yield* display.problem(`${row.place}, ${row.output}: ${error.message}`, { _tag: "Row", ...line })
        // the whole batch goes on by one command, and what a thousand rows have in common is said once
        const advice = NextStep.of(error, { ...connection, creates: true })
        if (!advised.has(advice)) yield* display.advice(advice)
        advised.add(advice)
        yield* written?.add(line) ?? Effect.void
      })
      yield* display.live(words())
      const jobs = rows.map(({ sample, text, output }) => ({
        sample: Effect.provideContext(Sample.fromPath(sample), services),
        text,
        output,
        force,
      }))
      // no other row fares better with a key that the server refuses
      const queue = Stream.takeWhile(Stream.fromIterable(jobs, { chunkSize: 1 }), () => !isKeyRefused)
      const outcomes = Batch.run(queue, {
        concurrency: { create: concurrency, save: concurrency },
        timeout: Option.getOrUndefined(timeout),
        stopOnFailure: failFast,
      })
      yield* Effect.gen(function* () {
        // what cannot begin at all leaves the report as it is
        const written = file === undefined ? undefined : yield* Report.open(file, rows)
        yield* Stream.runForEach(outcomes, (outcome) =>
          Effect.andThen(
            tell(outcome, written),
            Effect.suspend(() => display.live(words())),
          ),
        )
      }).pipe(Effect.scoped, Effect.provideService(Listener, listen), Effect.provide(Connection.layer(connection)))
      const { saved, failed } = tasks
      const notBegun = rows.length - saved - failed
      const left = notBegun > 0 ? `, ${notBegun} not begun` : ""
      yield* display.result(`${saved} saved, ${failed} failed${left} (${seconds(length)} of speech, ${bytes(size)})`, {
        _tag: "Batch",
        saved,
        failed,
        notBegun,
        bytes: size,
        seconds: length,
      })
      if (first !== undefined) {
        yield* display.advice(`Run the same command again for the rest: what is saved costs nothing.`)
        return yield* new Session.Ended({ code: exitCodeOf(first) })
      }
    }),
  )
}).pipe(
  Command.withDescription("Do many jobs side by side; run again, it goes on"),
  Command.withExamples([
    { command: "voiceclone batch jobs.csv -o out --report report.csv", description: "Columns: sample, text, output" },
    { command: "voiceclone batch letters/ --sample voice.wav -o out", description: "Each .txt file of a folder" },
    {
      command: "voiceclone batch jobs.jsonl --concurrency 8 --json",
      description: 'Lines: {"sample": "voice.wav", "text": "Hi!", "output": "hi.wav"}',
    },
  ]),
)
