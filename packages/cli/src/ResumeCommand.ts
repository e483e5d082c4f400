import { CloneJob } from "@voiceclone/core/CloneJob"
import { Journal } from "@voiceclone/core/Journal"
import { Listener } from "@voiceclone/core/JobEvent"
import { VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { commandLine, downloadCommandLine } from "./CommandLine.ts"
import * as Delivery from "./Delivery.ts"
import { Display } from "./Display.ts"
import { ExitCode, of as exitCodeOf } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import * as JobName from "./JobName.ts"
import { tellUnreadable } from "./ListCommand.ts"
import * as Narrator from "./Narrator.ts"
import * as NextStep from "./NextStep.ts"
import * as Session from "./Session.ts"

export const resume = Command.make("resume", { timeout: Flags.timeout, ...Flags.connection }, ({ timeout, ...flags }) =>
  Session.connected(
    { ...flags, again: commandLine(["resume"], flags) },
    Effect.gen(function* () {
      const job = yield* CloneJob
      const journal = yield* Journal
      const display = yield* Display
      yield* display.live("Looking at what was left")
      const { server } = yield* VoiceCloneClient
      const ours = (yield* journal.list).entries.filter((entry) => entry.server === server)
      const names = new Map(ours.map((entry) => [entry.taskId, JobName.outputOf(entry)]))
      const narrator = Narrator.make(display, (taskId) => names.get(taskId))
      const summary = yield* job
        .resumeAll({ wait: { timeout: Option.getOrUndefined(timeout) } })
        .pipe(Effect.provideService(Listener, narrator.listen))
      yield* Effect.forEach(summary.saved, Delivery.tellSaved, { discard: true })
      for (const { entry, error } of summary.failed) {
        const bringHome = downloadCommandLine(JobName.outputOf(entry) ?? "FILE", flags)
        const nextStep = NextStep.of(error, { ...flags, task: entry.taskId, bringHome })
        yield* display.problem(`${JobName.of(entry)}: ${error.message}`, {
          _tag: "NotResumed",
          taskId: entry.taskId,
          sample: entry.sample.name,
          output: entry.output,
          error: error._tag,
          message: error.message,
          nextStep,
        })
        yield* display.advice(nextStep)
      }
      for (const entry of summary.unknown) {
        const nextStep = "Run the command that sent it again: it says what can be done."
        yield* display.problem(`${JobName.of(entry)}: a task was sent at ${entry.updatedAt}, and no answer is known`, {
          _tag: "OutcomeUnknown",
          key: entry.key,
          sample: entry.sample.name,
          output: entry.output,
          nextStep,
        })
        yield* display.advice(nextStep)
      }
      yield* tellUnreadable(summary.unreadable)
      for (const entry of summary.created) {
        const nextStep = downloadCommandLine("FILE", flags)(entry.taskId ?? "TASK_ID")
        yield* display.event({ _tag: "NoOutput", taskId: entry.taskId, sample: entry.sample.name, nextStep })
        yield* display.trouble(`${JobName.of(entry)}: no output is known. Save it with: ${nextStep}`)
      }
      const { saved, failed, unknown, unreadable } = summary
      const left = failed.length + unknown.length + unreadable.length
      yield* display.result(
        left === 0 && saved.length === 0 ? "Nothing was left to do" : `${saved.length} saved, ${left} left`,
        { _tag: "ResumedAll", saved: saved.length, failed: failed.length, unknown: unknown.length + unreadable.length },
      )
      const [first] = failed
      if (first !== undefined) return yield* new Session.Ended({ code: exitCodeOf(first.error) })
      if (unknown.length > 0) return yield* new Session.Ended({ code: ExitCode.outcomeUnknown })
      if (unreadable.length > 0) return yield* new Session.Ended({ code: ExitCode.journal })
    }),
  ),
).pipe(
  Command.withDescription("Finish every job that was begun and not saved"),
  Command.withExamples([
    { command: "voiceclone resume", description: "What expires first comes first" },
    { command: "voiceclone resume --timeout 30m", description: "From a timer, say" },
  ]),
)
