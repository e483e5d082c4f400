import { CloneJob } from "@voiceclone/core/CloneJob"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Display } from "./Display.ts"
import { tellSaved } from "./DownloadCommand.ts"
import { ExitCode, of as exitCodeOf } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"

export const resume = Command.make("resume", { timeout: Flags.timeout, ...Flags.connection }, ({ timeout, ...flags }) =>
  Session.connected(
    flags,
    Effect.gen(function* () {
      const job = yield* CloneJob
      const display = yield* Display
      const summary = yield* job.resumeAll({ wait: { timeout: Option.getOrUndefined(timeout) } })
      yield* Effect.forEach(summary.saved, tellSaved, { discard: true })
      for (const { entry, error } of summary.failed) {
        yield* display.problem(`${entry.output}: ${error.message}`, {
          _tag: "NotResumed",
          taskId: entry.taskId,
          output: entry.output,
          error: error._tag,
          message: error.message,
          nextStep: error.nextStep,
        })
        yield* display.advice(error.nextStep)
      }
      for (const entry of summary.unknown) {
        yield* display.problem(
          `A task for ${entry.sample.name} was sent at ${entry.updatedAt}, and no answer is known`,
          {
            _tag: "OutcomeUnknown",
            key: entry.key,
          },
        )
        yield* display.advice("Run the command that sent it again: it says what can be done.")
      }
      for (const key of summary.unreadable) {
        yield* display.problem(`The journal's entry ${key} is damaged, or of a newer version`, {
          _tag: "Unreadable",
          key,
        })
      }
      for (const entry of summary.created) {
        yield* display.note(
          `Task ${entry.taskId} for ${entry.sample.name} has no output yet: voiceclone download brings it`,
        )
      }
      const { saved, failed, unknown, unreadable } = summary
      const left = failed.length + unknown.length + unreadable.length
      yield* display.result(
        left === 0 && saved.length === 0 ? "Nothing was left to do" : `${saved.length} saved, ${left} left`,
        { _tag: "Resumed", saved: saved.length, failed: failed.length, unknown: unknown.length + unreadable.length },
      )
      const [first] = failed
      if (first !== undefined) return yield* new Session.Ended({ code: exitCodeOf(first.error) })
      if (left > 0) return yield* new Session.Ended({ code: ExitCode.outcomeUnknown })
    }),
  ),
).pipe(Command.withDescription("Finish every job that was begun and not saved; what expires first comes first"))
