/**
 * What the Promise door runs for whole jobs: a part of it that a page loads when its first job begins.
 */
import * as Effect from "effect/Effect"
import { CloneJob, type Request, type ResumeOptions } from "../CloneJob.ts"
import type { Options as Transfer } from "../Download.ts"
import { Journal } from "../Journal.ts"
import type { Sample } from "../Sample.ts"
import type { InvalidInput, SampleUnreadable } from "../TaskError.ts"
import { toTaskId } from "./taskId.ts"

export { toTaskId }

/** A sample that is opened when its turn comes. */
export type Opening<R> = Effect.Effect<Sample, SampleUnreadable | InvalidInput, R>

export const clone = <R>(opening: Opening<R>, request: Omit<Request, "sample">) =>
  Effect.flatMap(opening, (sample) => CloneJob.use((job) => job.run({ ...request, sample })))

export const create = <R>(opening: Opening<R>, request: Pick<Request, "text" | "force">) =>
  Effect.flatMap(opening, (sample) => CloneJob.use((job) => job.create({ ...request, sample })))

export const resumeAll = (taskId: string | undefined, options: ResumeOptions) =>
  Effect.flatMap(taskId === undefined ? Effect.undefined : toTaskId(taskId), (only) =>
    CloneJob.use((job) => job.resumeAll({ ...options, only })),
  )

export const download = (taskId: string, output: string, options: Transfer) =>
  Effect.flatMap(toTaskId(taskId), (id) => CloneJob.use((job) => job.download(id, output, options)))

export const list = Journal.use((journal) => journal.list)
