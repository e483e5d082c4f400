/**
 * The Promise door for Node.js.
 */
import * as Batch from "@voiceclone/core/Batch"
import { CloneJob, type ResumeSummary } from "@voiceclone/core/CloneJob"
import { Download, type Options as Transfer, type SavedResult } from "@voiceclone/core/Download"
import { Journal, type Jobs } from "@voiceclone/core/Journal"
import * as Sample from "@voiceclone/core/Sample"
import type { TaskId } from "@voiceclone/core/Task"
import { InvalidInput, type SampleUnreadable } from "@voiceclone/core/TaskError"
import * as Core from "@voiceclone/core/VoiceClone"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import { fileURLToPath } from "node:url"
import * as VoiceCloneNode from "./VoiceCloneNode.ts"

/** A voice sample: the path of an audio file, a `file:` URL, the bytes themselves, or a `Blob`. */
export type SampleInput = string | URL | Uint8Array | Blob

/** Where a result goes. */
export interface DownloadOptions extends Core.CallOptions, Transfer {
  /** The path of the file to write. It is replaced only when the whole result has arrived and been verified. */
  readonly output: string
}

/** A whole job. */
export interface CloneOptions extends CreateOptions, Core.WaitOptions, DownloadOptions {}

/** One job of a batch. */
export interface BatchJob {
  readonly sample: SampleInput
  readonly text: string
  /** The path of the file to write. */
  readonly output: string
  readonly force?: boolean | undefined
}

/** How to run a batch. */
export interface BatchOptions extends Core.CallOptions, Batch.Options {}

/** How to finish what was left. */
export interface ResumeOptions extends Core.WaitOptions {
  /**
   * How many jobs at once.
   * @default 4
   */
  readonly concurrency?: number | undefined
}

/** A task to create. */
export interface CreateOptions extends Core.CreateOptions<SampleInput> {
  /**
   * Creates and pays for a new task even where the journal knows one for this sample and text.
   * @default false
   */
  readonly force?: boolean | undefined
}

/**
 * Clones voices.
 *
 * @example
 * import { VoiceClone } from "@voiceclone/node"
 *
 * await using client = new VoiceClone({ apiKey: process.env.VOICECLONE_API_KEY })
 * const { path, seconds } = await client.clone({ sample: "voice.wav", text: "Hello!", output: "speech.wav" })
 */
export class VoiceClone extends Core.VoiceClone<SampleInput, VoiceCloneNode.Services> {
  constructor(options: VoiceCloneNode.Options) {
    super(ManagedRuntime.make(VoiceCloneNode.layer(options)))
  }

  /**
   * The whole job: creates the task, waits for it, and saves its result. Whether the output can be written is checked
   * before anything is paid for. A job that an earlier call has left, in this process or another, goes on where it stood.
   */
  async clone({ sample, text, output, timeout, force, connections, ...options }: CloneOptions): Promise<SavedResult> {
    return this.run(
      Effect.flatMap(this.toSample(sample), (sample) =>
        CloneJob.use((job) => job.run({ sample, text, output, force, connections, wait: { timeout } })),
      ),
      options,
    )
  }

  /**
   * Creates a task, or finds the one that was created before from the same sample and text. Where no answer to the call
   * came, and the server doesn't know idempotency keys, it rejects with `CreateOutcomeUnknown`; where the task that was
   * found has failed or is gone, with that. Only `force` pays again.
   */
  override async create(options: CreateOptions): Promise<TaskId> {
    return super.create(options)
  }

  protected override submit(sample: Sample.Sample, { text, force }: CreateOptions) {
    return CloneJob.use((job) => job.create({ sample, text, force }))
  }

  /** Finishes every job that was begun and not saved, by this process or another; what expires first comes first. */
  async resumeAll({ timeout, concurrency, ...options }: ResumeOptions = {}): Promise<ResumeSummary> {
    return this.run(
      CloneJob.use((job) => job.resumeAll({ concurrency, wait: { timeout } })),
      options,
    )
  }

  /**
   * Many jobs, side by side, and what becomes of each as it ends. One failure stops nothing else unless asked; run again,
   * a batch goes on where it stood.
   *
   * @example
   * for await (const outcome of client.batch(rows)) console.log(outcome.index, outcome._tag)
   */
  batch(jobs: Iterable<BatchJob> | AsyncIterable<BatchJob>, options: BatchOptions = {}): AsyncIterable<Batch.Outcome> {
    const { signal, onEvent, ...limits } = options
    const source =
      Symbol.asyncIterator in jobs
        ? Stream.orDie(Stream.fromAsyncIterable(jobs, (error) => error))
        : Stream.fromIterable(jobs)
    const outcomes = Stream.unwrap(
      Effect.map(Effect.context<FileSystem.FileSystem | Path.Path>(), (context) =>
        Batch.run(
          Stream.map(source, (job) => ({ ...job, sample: Effect.provideContext(this.toSample(job.sample), context) })),
          limits,
        ),
      ),
    )
    return this.iterate(outcomes, { signal, onEvent })
  }

  /** Every job that the journal knows, and the keys of those that cannot be read. */
  async jobs(options: Core.CallOptions = {}): Promise<Jobs> {
    return this.run(
      Journal.use((journal) => journal.list),
      options,
    )
  }

  /** Saves the result of a completed task. Rejects with `TaskNotReady` where it isn't completed. */
  async download(taskId: string, { output, connections, ...options }: DownloadOptions): Promise<SavedResult> {
    return this.run(
      Effect.flatMap(Core.toTaskId(taskId), (id) =>
        Download.use((download) => download.toFile(id, output, { connections })),
      ),
      options,
    )
  }

  protected toSample(
    sample: SampleInput,
  ): Effect.Effect<Sample.Sample, SampleUnreadable | InvalidInput, FileSystem.FileSystem | Path.Path> {
    if (typeof sample === "string") return Sample.fromPath(sample)
    if (sample instanceof URL) return Effect.flatMap(toPath(sample), Sample.fromPath)
    return Effect.succeed(sample instanceof Uint8Array ? Sample.fromBytes(sample) : Sample.fromBlob(sample))
  }
}

const toPath = (url: URL): Effect.Effect<string, InvalidInput> =>
  Effect.try({
    try: () => fileURLToPath(url),
    catch: () =>
      new InvalidInput({
        input: "sample",
        reason: `The voice sample's address is no file of this machine but ${url.origin}`,
        nextStep: "Download it first, then give its path.",
      }),
  })
