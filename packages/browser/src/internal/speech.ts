/**
 * What the Promise door of a page does besides that of Node.js: results to be heard, saved and forgotten.
 */
import * as CloneJob from "@voiceclone/core/CloneJob"
import * as Download from "@voiceclone/core/Download"
import * as Journal from "@voiceclone/core/Journal"
import type { Sample } from "@voiceclone/core/Sample"
import type { TaskId } from "@voiceclone/core/Task"
import { InvalidInput, ResultCorrupt } from "@voiceclone/core/TaskError"
import { VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as FileSystemBrowser from "../FileSystemBrowser.ts"
import { Speech } from "../Speech.ts"

const gone = (taskId: TaskId, reason: string) => new ResultCorrupt({ taskId, reason, cutShort: false })

/** A result that was saved, to be heard and given away. */
export const speechOf = (saved: Download.SavedResult) =>
  Effect.flatMap(FileSystemBrowser.Files, ({ blob }) =>
    Effect.tryPromise({
      try: async () => {
        const file = await blob(saved.path)
        return new Speech(saved, file.slice(0, file.size, "audio/wav"))
      },
      catch: () => gone(saved.taskId, `${saved.path} is gone`),
    }),
  )

/** The whole job; without an output it has a name of its own, the same each time. */
export const clone = <E, R>(
  opening: Effect.Effect<Sample, E, R>,
  { output, ...request }: Omit<CloneJob.Request, "sample" | "output"> & { readonly output?: string | undefined },
) =>
  Effect.gen(function* () {
    const sample = yield* opening
    const { server } = yield* VoiceCloneClient
    const journal = yield* Journal.Journal
    const job = yield* CloneJob.CloneJob
    const name = output ?? `${(yield* journal.plan({ server, sample, text: request.text })).key}.wav`
    return yield* Effect.flatMap(job.run({ ...request, sample, output: name }), speechOf)
  })

/** What stands at a path, read whole and judged. */
export const open = ({ path, taskId }: Pick<Download.SavedResult, "path" | "taskId">) =>
  Download.Download.use((download) => download.inspect(path)).pipe(
    Effect.mapError((error) =>
      gone(taskId, "reason" in error && typeof error.reason === "string" ? error.reason : `${path} cannot be read`),
    ),
    Effect.flatMap((found) => speechOf({ ...found, path, taskId })),
  )

/** Forgets a job that is over, and deletes its result. */
export const forget = Effect.fnUntraced(function* (key: string) {
  const journal = yield* Journal.Journal
  const fs = yield* FileSystem.FileSystem
  yield* journal.hold(key)
  const entry = Option.getOrUndefined(yield* journal.find(key))
  if (entry === undefined) return
  if (entry.state === "sent" || entry.state === "submitted" || entry.state === "completed") {
    return yield* new InvalidInput({
      input: "options",
      reason: `The job ${key} is not over: its task may exist, and be paid for`,
      nextStep: "Bring its result home first: resumeAll.",
    })
  }
  if (entry.saved !== undefined) yield* Effect.ignore(fs.remove(entry.saved.path))
  yield* journal.forget(key)
}, Effect.scoped)
