/**
 * The shared body of the Promise door: what `@voiceclone/node` and `@voiceclone/browser` each export as `VoiceClone`,
 * on a runtime that has their layers.
 *
 * Every method rejects with one of the errors of `TaskError` (plain `Error`s with a `_tag`), or with the signal's
 * reason where it was aborted.
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as FileSystem from "effect/FileSystem"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import type * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import type * as Batch from "./Batch.ts"
import type { CloneJob, ResumeSummary } from "./CloneJob.ts"
import type { Digest } from "./Digest.ts"
import type { Download, Options as Transfer, SavedResult } from "./Download.ts"
import type * as Programs from "./internal/jobs.ts"
import * as timeout from "./internal/timeout.ts"
import * as JobEvent from "./JobEvent.ts"
import type { Journal, Jobs } from "./Journal.ts"
import * as Poller from "./Poller.ts"
import type { Sample } from "./Sample.ts"
import { type Task, TaskId, type TaskStatus } from "./Task.ts"
import { InvalidInput, type SampleUnreadable, type TaskError } from "./TaskError.ts"
import { tasks as listTasks, VoiceCloneClient } from "./VoiceCloneClient.ts"

/** What every call takes. */
export interface CallOptions {
  /** Aborting it ends the call at once, on the wire too. A task that was created goes on at the server. */
  readonly signal?: AbortSignal | undefined
  /** Hears what happens, as it happens. What it throws is logged, and changes nothing: a paid job is not lost by it. */
  readonly onEvent?: ((event: JobEvent.JobEvent) => void) | undefined
}

/** Which tasks to list. */
export interface ListOptions extends CallOptions {
  /** Only those that stand so. */
  readonly status?: Exclude<TaskStatus, "unknown"> | undefined
}

/** What every call that waits takes. */
export interface WaitOptions extends CallOptions {
  /**
   * How long to wait in all: milliseconds, or a duration like `"10 minutes"`.
   * @default "1 hour"
   */
  readonly timeout?: Duration.Input | undefined
}

/** A task to create. */
export interface CreateOptions<S> extends CallOptions {
  readonly sample: S
  /** What the voice shall say. */
  readonly text: string
  /**
   * Creates and pays for a new task even where the journal knows one for this sample and text.
   * @default false
   */
  readonly force?: boolean | undefined
}

/** Where a result goes. */
export interface DownloadOptions extends CallOptions, Transfer {
  /** The path of the file to write. It is replaced only when the whole result has arrived and been verified. */
  readonly output: string
}

/** A whole job. */
export interface CloneOptions<S> extends CreateOptions<S>, WaitOptions, DownloadOptions {}

/** One job of a batch. */
export interface BatchJob<S> {
  readonly sample: S
  readonly text: string
  /** The path of the file to write. */
  readonly output: string
  readonly force?: boolean | undefined
}

/** How to run a batch. */
export interface BatchOptions extends CallOptions, Batch.Options {}

/** How to finish what was left. */
export interface ResumeOptions extends WaitOptions {
  /**
   * How many jobs at once.
   * @default 4
   */
  readonly concurrency?: number | undefined
}

/** The services that every call stands on. */
export type Services = VoiceCloneClient | Poller.Poller

/** The services of whole jobs. */
export type JobServices = Services | CloneJob | Download | Journal | Digest | FileSystem.FileSystem | Path.Path

/** The runtime of calls, and how to come by that of whole jobs, which is asked for when the first one begins. */
export interface Runtimes<R> {
  readonly calls: ManagedRuntime.ManagedRuntime<Services, InvalidInput>
  readonly jobs: () => Promise<ManagedRuntime.ManagedRuntime<JobServices | R, InvalidInput>>
}

/**
 * @typeParam S what the runtime takes for a sample
 * @typeParam R what the runtime has besides the services of jobs
 */
export abstract class VoiceClone<S, R = never> implements AsyncDisposable {
  readonly #runtimes: Runtimes<R>
  readonly #closed = new AbortController()
  #jobs: Promise<Loaded<R>> | undefined

  protected constructor(runtimes: Runtimes<R>) {
    this.#runtimes = runtimes
  }

  /** Turns what the caller gave into a sample that can be opened again. */
  protected abstract toSample(
    sample: S,
  ): Effect.Effect<Sample, SampleUnreadable | InvalidInput, FileSystem.FileSystem | Path.Path>

  /**
   * The whole job: creates the task, waits for it, and saves its result. Whether the output can be written is checked
   * before anything is paid for. A job that an earlier call has left, in this process or another, goes on where it stood.
   */
  async clone(options: CloneOptions<S>): Promise<SavedResult> {
    const { sample, text, output, timeout, force, connections } = options
    return this.runJob(
      (jobs) => jobs.clone(this.toSample(sample), { text, output, force, connections, wait: { timeout } }),
      options,
    )
  }

  /**
   * Creates a task, or finds the one that was created before from the same sample and text. Where no answer to the call
   * came, and the server doesn't know idempotency keys, it rejects with `CreateOutcomeUnknown`; where the task that was
   * found has failed or is gone, with that. Only `force` pays again.
   */
  async create({ sample, text, force, ...options }: CreateOptions<S>): Promise<TaskId> {
    return this.runJob((jobs) => jobs.create(this.toSample(sample), { text, force }), options)
  }

  /** Saves the result of a completed task. Rejects with `TaskNotReady` where it isn't completed. */
  async download(taskId: string, { output, connections, ...options }: DownloadOptions): Promise<SavedResult> {
    return this.runJob(
      (jobs) => Effect.flatMap(toTaskId(taskId), (id) => jobs.download(id, output, { connections })),
      options,
    )
  }

  /** Finishes every job that was begun and not saved, by this process or another; what expires first comes first. */
  async resumeAll({ timeout, concurrency, ...options }: ResumeOptions = {}): Promise<ResumeSummary> {
    return this.runJob((jobs) => jobs.resumeAll({ concurrency, wait: { timeout } }), options)
  }

  /**
   * Many jobs, side by side, and what becomes of each as it ends. One failure stops nothing else unless asked; run again,
   * a batch goes on where it stood.
   *
   * @example
   * for await (const outcome of client.batch(rows)) console.log(outcome.index, outcome._tag)
   */
  batch(
    jobs: Iterable<BatchJob<S>> | AsyncIterable<BatchJob<S>>,
    { signal, onEvent, ...limits }: BatchOptions = {},
  ): AsyncIterable<Batch.Outcome> {
    return this.#iterate(
      async () => {
        const { programs, runtime } = await this.#load()
        return { runtime, stream: programs.batch(jobs, (sample) => this.toSample(sample), limits) }
      },
      { signal, onEvent },
    )
  }

  /** Every job that the journal knows, and the keys of those that cannot be read. */
  async jobs(options: CallOptions = {}): Promise<Jobs> {
    return this.runJob((jobs) => jobs.list, options)
  }

  /** Asks once where a task stands, without repeating. */
  async status(taskId: string, options: CallOptions = {}): Promise<Task> {
    return this.run(
      Effect.flatMap(toTaskId(taskId), (id) => VoiceCloneClient.use((client) => client.status(id))),
      options,
    )
  }

  /**
   * Every task that the API key has created, the youngest first. Not part of the documented API: fails with
   * `CallNotOffered` at a server that does without.
   *
   * @example
   * for await (const task of client.list({ status: "completed" })) console.log(task.id, task.expiresAt)
   */
  list({ signal, onEvent, status }: ListOptions = {}): AsyncIterable<Task> {
    const tasks = Stream.unwrap(VoiceCloneClient.useSync((client) => listTasks(client, { status })))
    return this.#iterate(async () => ({ runtime: this.#runtimes.calls, stream: tasks }), { signal, onEvent })
  }

  /**
   * Cancels a task that has not ended, or deletes the result of one that has. Not part of the documented API: rejects
   * with `CallNotOffered` at a server that does without.
   */
  async cancel(taskId: string, options: CallOptions = {}): Promise<Task> {
    return this.run(
      Effect.flatMap(toTaskId(taskId), (id) => VoiceCloneClient.use((client) => client.cancel(id))),
      options,
    )
  }

  /**
   * Snapshots of a task until it is completed or failed.
   *
   * @example
   * for await (const task of client.watch(taskId)) console.log(task.status, task.progress)
   */
  watch(taskId: string, { signal, onEvent, ...options }: WaitOptions = {}): AsyncIterable<Task> {
    const snapshots = Stream.unwrap(
      Effect.map(
        Effect.all([toTaskId(taskId), timeout.check("timeout", options.timeout), Poller.Poller]),
        ([id, timeout, poller]) => poller.watch(id, { timeout }),
      ),
    )
    return this.#iterate(async () => ({ runtime: this.#runtimes.calls, stream: snapshots }), { signal, onEvent })
  }

  /** Waits until a task is completed. Rejects with `TaskFailed` where it failed, with `WaitTimedOut` where it takes too long. */
  async wait(taskId: string, options: WaitOptions = {}): Promise<Task> {
    return this.run(
      Effect.flatMap(
        Effect.all([toTaskId(taskId), timeout.check("timeout", options.timeout), Poller.Poller]),
        ([id, timeout, poller]) => poller.awaitCompletion(id, { timeout }),
      ),
      options,
    )
  }

  /** Closes the connections. Calls that are under way are aborted. */
  async close(): Promise<void> {
    this.#closed.abort(new DOMException("The client was closed", "AbortError"))
    await Promise.all([this.#runtimes.calls.dispose(), this.#jobs?.then(({ runtime }) => runtime.dispose())])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Loads what whole jobs need, once; where that fails, the next call tries again. */
  #load(): Promise<Loaded<R>> {
    return (this.#jobs ??= Promise.all([import("./internal/jobs.ts"), this.#runtimes.jobs()]).then(
      ([programs, runtime]) => ({ programs, runtime }),
      (error: unknown) => {
        this.#jobs = undefined
        throw error
      },
    ))
  }

  /** Runs a stream of this client as an `AsyncIterable`. Leaving the loop ends it. */
  #iterate<A, S>(
    load: () => Promise<{
      readonly runtime: ManagedRuntime.ManagedRuntime<S, InvalidInput>
      readonly stream: Stream.Stream<A, TaskError, S>
    }>,
    { signal, onEvent }: CallOptions,
  ): AsyncIterable<A> {
    const either = this.#untilClosed(signal)
    const aborted = Effect.callback<never, unknown>((resume) => {
      const abort = () => resume(Effect.fail(either.reason))
      if (either.aborted) return abort()
      either.addEventListener("abort", abort, { once: true })
      return Effect.sync(() => either.removeEventListener("abort", abort))
    })
    return {
      async *[Symbol.asyncIterator]() {
        const { runtime, stream } = await load()
        const context = await runtime.context()
        yield* Stream.toAsyncIterable(
          stream.pipe(
            Stream.interruptWhen(aborted),
            Stream.provideService(JobEvent.Listener, listener(onEvent)),
            Stream.provideContext(context),
          ),
        )
      },
    }
  }

  #untilClosed(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closed.signal : AbortSignal.any([signal, this.#closed.signal])
  }

  /** Runs a program of this client as a Promise. */
  protected async run<A>(program: Effect.Effect<A, TaskError, Services>, options: CallOptions): Promise<A> {
    return this.#run(this.#runtimes.calls, program, options)
  }

  /** The same with what whole jobs need. */
  protected async runJob<A>(
    program: (jobs: typeof Programs) => Effect.Effect<A, TaskError, JobServices | R>,
    options: CallOptions,
  ): Promise<A> {
    this.#untilClosed(options.signal).throwIfAborted()
    const { programs, runtime } = await this.#load()
    return this.#run(runtime, program(programs), options)
  }

  async #run<A, S>(
    runtime: ManagedRuntime.ManagedRuntime<S, InvalidInput>,
    program: Effect.Effect<A, TaskError, S>,
    { signal, onEvent }: CallOptions,
  ): Promise<A> {
    const either = this.#untilClosed(signal)
    either.throwIfAborted()
    const exit = await runtime.runPromiseExit(Effect.provideService(program, JobEvent.Listener, listener(onEvent)), {
      signal: either,
    })
    if (Exit.isSuccess(exit)) return exit.value
    if (either.aborted && Cause.hasInterruptsOnly(exit.cause)) throw either.reason
    throw Cause.squash(exit.cause)
  }
}

interface Loaded<R> {
  readonly programs: typeof Programs
  readonly runtime: ManagedRuntime.ManagedRuntime<JobServices | R, InvalidInput>
}

const listener =
  (onEvent: CallOptions["onEvent"]) =>
  (event: JobEvent.JobEvent): Effect.Effect<void> =>
    onEvent === undefined
      ? Effect.void
      : Effect.catchDefect(
          Effect.sync(() => onEvent(event)),
          (defect) => Effect.logError("onEvent threw", defect),
        )

/** A task id as a person gives it. */
export const toTaskId = (taskId: string): Effect.Effect<TaskId, InvalidInput> =>
  taskId.trim() === ""
    ? Effect.fail(
        new InvalidInput({
          input: "taskId",
          reason: "The task id is empty",
          nextStep: "Give the id that create answered.",
        }),
      )
    : Effect.succeed(TaskId(taskId.trim()))
