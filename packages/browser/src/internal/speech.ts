/**
 * What the Promise door of a page does besides that of Node.js: results to be heard, saved and forgotten.
 */
import * as CloneJob from "@voiceclone/core/CloneJob"
import * as Download from "@voiceclone/core/Download"
import * as Journal from "@voiceclone/core/Journal"
import type * as Sample from "@voiceclone/core/Sample"
import type { TaskId } from "@voiceclone/core/Task"
import { InvalidInput, ResultCorrupt } from "@voiceclone/core/TaskError"
import { VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as FileSystemBrowser from "../FileSystemBrowser.ts"
import { SavedSpeech } from "../Speech.ts"

export { toSample } from "./sample.ts"

const gone = (taskId: TaskId, reason: string) => new ResultCorrupt({ taskId, reason, cutShort: false })

/** A result that was saved, to be heard and given away. */
const speechOf = (saved: Download.SavedResult) =>
  Effect.flatMap(FileSystemBrowser.Files, ({ blob }) =>
    Effect.tryPromise({
      try: async () => {
        const file = await blob(saved.path)
        return new SavedSpeech(saved, file.slice(0, file.size, "audio/wav"))
      },
      catch: () => gone(saved.taskId, `${saved.path} is gone`),
    }),
  )

export const toSpeech = <E, R>(saving: Effect.Effect<Download.SavedResult, E, R>) => Effect.flatMap(saving, speechOf)

/** The whole job; without an output it has a name of its own, the same each time. */
export const cloneToSpeech = <E, R>(
  opening: Effect.Effect<Sample.Sample, E, R>,
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
export const open = <E>(path: string, id: Effect.Effect<TaskId, E>) =>
  Effect.gen(function* () {
    const taskId = yield* id
    const download = yield* Download.Download
    const found = yield* Effect.mapError(download.inspect(path), (error) =>
      gone(taskId, "reason" in error && typeof error.reason === "string" ? error.reason : `${path} cannot be read`),
    )
    return yield* speechOf({ ...found, path, taskId })
  })

/** Forgets a job that is over, and deletes its result, unless another job's stands there by now. */
export const forget = Effect.fnUntraced(function* (key: string) {
  const journal = yield* Journal.Journal
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
  if (entry.saved !== undefined) yield* remove(key, entry.saved)
  yield* journal.forget(key)
}, Effect.scoped)

/** Removes what a job has saved, where it is still there. Fails where another job is about to replace it. */
const remove = Effect.fnUntraced(function* (key: string, { path, sha256 }: NonNullable<Journal.Entry["saved"]>) {
  const journal = yield* Journal.Journal
  const download = yield* Download.Download
  const fs = yield* FileSystem.FileSystem
  const reserved = yield* Effect.result(download.reserve(path))
  if (Result.isFailure(reserved)) {
    if (reserved.failure._tag === "TargetBusy") return yield* reserved.failure
    // there is no file at such a path
    return
  }
  const standing = yield* Effect.option(download.inspect(path))
  if (!Option.exists(standing, (found) => found.sha256 === sha256)) return
  const { entries } = yield* journal.list
  // two jobs may have been given the very same speech
  const isShared = entries.some(
    (other) => other.key !== key && other.saved?.path === path && other.saved.sha256 === sha256,
  )
  if (!isShared) yield* Effect.ignore(fs.remove(path))
})
