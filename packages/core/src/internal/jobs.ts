/**
 * What the Promise door runs for whole jobs: a part of it that a page loads when its first job begins.
 */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import * as Batch from "../Batch.ts"
import { CloneJob, type FinishOptions, type Request } from "../CloneJob.ts"
import { Download, type Options as Transfer } from "../Download.ts"
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

export const resumeAll = (options: FinishOptions & { readonly concurrency?: number | undefined }) =>
  CloneJob.use((job) => job.resumeAll(options))

export const download = (taskId: string, output: string, options: Transfer) =>
  Effect.flatMap(toTaskId(taskId), (id) => Download.use((download) => download.toFile(id, output, options)))

export const list = Journal.use((journal) => journal.list)

export const batch = <S>(
  jobs:
    | Iterable<Omit<Batch.Job, "sample"> & { readonly sample: S }>
    | AsyncIterable<Omit<Batch.Job, "sample"> & { readonly sample: S }>,
  toSample: (sample: S) => Opening<FileSystem.FileSystem | Path.Path>,
  options: Batch.Options,
) => {
  const source =
    Symbol.asyncIterator in jobs
      ? Stream.orDie(Stream.fromAsyncIterable(jobs, (error) => error))
      : Stream.fromIterable(jobs)
  return Stream.unwrap(
    Effect.map(Effect.context<FileSystem.FileSystem | Path.Path>(), (context) =>
      Batch.run(
        Stream.map(source, (job) => ({ ...job, sample: Effect.provideContext(toSample(job.sample), context) })),
        options,
      ),
    ),
  )
}
