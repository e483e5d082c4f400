import { CloneJob } from "@voiceclone/core/CloneJob"
import { Download, type SavedResult } from "@voiceclone/core/Download"
import * as Wav from "@voiceclone/core/Wav"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Connection from "./Connection.ts"
import { Display } from "./Display.ts"
import * as Flags from "./Flags.ts"
import { bytes, seconds } from "./Quantity.ts"
import * as Session from "./Session.ts"

export const download = Command.make(
  "download",
  {
    taskId: Flags.taskId,
    output: Flags.output,
    wait: Flag.Boolean("wait").pipe(
      Flag.withDescription("Wait for the task first, where it isn't completed"),
      Flag.withDefault(false),
    ),
    timeout: Flags.timeout,
    ...Flags.connection,
  },
  ({ taskId, output, wait, timeout, ...flags }) =>
    Session.connected(
      { ...flags, taskId, goOn: downloadCommandLine(output, flags) },
      Effect.gen(function* () {
        const saved = wait
          ? yield* CloneJob.use((job) =>
              job.finish(taskId, output, { wait: { timeout: Option.getOrUndefined(timeout) } }),
            )
          : yield* Download.use((download) => download.toFile(taskId, output))
        yield* tellSaved(saved)
      }),
    ),
).pipe(
  Command.withDescription("Save the speech of a completed task"),
  Command.withExamples([
    { command: "voiceclone download TASK_ID -o speech.wav", description: "Any number of times, for 7 days" },
    { command: "voiceclone download TASK_ID -o speech.wav --wait", description: "Go on with a job that was left" },
  ]),
)

/** Says where the file is. */
export const tellSaved = Effect.fnUntraced(function* (saved: SavedResult) {
  const display = yield* Display
  yield* display.result(
    `Saved ${saved.path} (${seconds(saved.seconds)}, ${Wav.formatName(saved.format)}, ${bytes(saved.bytes)})`,
    { _tag: "Done", ...saved },
  )
})

/** The command line that brings a task home later, as the same server knows it. */
export const downloadCommandLine =
  (output: string, flags: Connection.Options): Session.GoOn =>
  (taskId) =>
    commandLine(["download", taskId, "-o", output, "--wait"], flags)

/** A command line for a shell, with the flags that lead to the same server. */
export const commandLine = (words: ReadonlyArray<string>, { baseUrl, local, data }: Connection.Options): string =>
  [
    "voiceclone",
    ...words,
    ...Option.match(baseUrl, { onNone: () => [], onSome: (url) => ["--base-url", url] }),
    ...(local ? ["--local"] : []),
    ...Option.match(data, { onNone: () => [], onSome: (directory) => ["--data", directory] }),
  ]
    .map(shellWord)
    .join(" ")

const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
