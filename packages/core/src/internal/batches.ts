/**
 * What the Promise door runs for many jobs: a part of it that a page loads when its first batch begins.
 */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import * as Batch from "../Batch.ts"
import type { Opening } from "./jobs.ts"

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
    Effect.gen(function* () {
      const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
      // of what is listed, all samples are known before the first result is saved
      const files = Array.isArray(jobs) ? jobs.map(({ sample }) => sample).filter(isOfFile) : []
      const samples = yield* Effect.forEach(files, (sample) => Effect.option(toSample(sample)), { concurrency: 16 })
      const paths = samples.flatMap((sample) => Option.toArray(Option.flatMapNullishOr(sample, ({ path }) => path)))
      return Batch.run(
        Stream.map(source, (job) => ({ ...job, sample: Effect.provideContext(toSample(job.sample), context) })),
        { ...options, protect: [...(options.protect ?? []), ...paths] },
      )
    }),
  )
}

/** What is no file has nothing to be written over. */
const isOfFile = (sample: unknown): boolean => typeof sample === "string" || sample instanceof URL
