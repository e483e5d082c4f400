/**
 * The shared body of the Promise door: what `@voiceclone/node` and `@voiceclone/browser` each export as `VoiceClone`,
 * on runtimes that have their layers.
 *
 * It imports nothing but types: a page has the door at once, and loads what is behind it with the first call.
 *
 * Every method rejects with one of the errors of `TaskError` (plain `Error`s with a `_tag`), or with the signal's
 * reason where it was aborted.
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import type * as Path from "effect/Path"
import type * as Stream from "effect/Stream"
import type * as Batch from "./Batch.ts"
import type { CloneJob, ResumeSummary } from "./CloneJob.ts"
import type { Digest } from "./Digest.ts"
import type { Download, Options as Transfer, SavedResult } from "./Download.ts"
import type { ResultInMemory } from "./InMemory.ts"
import type * as Batches from "./internal/batches.ts"
import type * as Calls from "./internal/calls.ts"
import type * as Iterating from "./internal/iterating.ts"
import type * as Jobs from "./internal/jobs.ts"
import type { Opening } from "./internal/jobs.ts"
import type * as Memory from "./internal/memory.ts"
import type * as Waiting from "./internal/waiting.ts"
import type * as JobEvent from "./JobEvent.ts"
import type * as Journal from "./Journal.ts"
import type { Poller } from "./Poller.ts"
import type { Task, TaskId, TaskStatus } from "./Task.ts"
import type { TaskCalls } from "./TaskCalls.ts"
import type { InvalidInput, TaskError } from "./TaskError.ts"
import type { VoiceCloneClient } from "./VoiceCloneClient.ts"

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

/** A task that nothing remembers. */
export type SubmitOptions<S> = Omit<CreateOptions<S>, "force">

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
   * How long to wait for each job: milliseconds, or a duration like `"10 minutes"`.
   * @default "1 hour"
   */
  readonly timeout?: Duration.Input | undefined
  /**
   * How many jobs at once.
   * @default 4
   */
  readonly concurrency?: number | undefined
  /**
   * The one task to finish. Nothing is done where no job of this server is open that has it.
   * @default all
   */
  readonly only?: string | undefined
}

/** The services of waiting. */
export type WaitServices = VoiceCloneClient | Poller

/** The services of jobs that nothing remembers. */
export type MemoryServices = WaitServices | Digest

/** The services of whole jobs. */
export type JobServices =
  | WaitServices
  | CloneJob
  | Download
  | Journal.Journal
  | Digest
  | FileSystem.FileSystem
  | Path.Path

/** What runs the programs of a part, with the services that they need. */
export type Runtime<R> = ManagedRuntime.ManagedRuntime<R, InvalidInput>

/** What a platform's jobs do by themselves. */
export interface Programs<S, R = FileSystem.FileSystem | Path.Path> {
  /** Turns what the caller gave into a sample that can be opened again. */
  readonly toSample: (sample: S) => Opening<R>
}

/** How to come by the runtimes, each asked for when it is first needed. */
export interface Platform<S, R, P> {
  readonly calls: () => Promise<Runtime<TaskCalls>>
  readonly waiting: () => Promise<Runtime<WaitServices>>
  readonly memory: (waiting: () => Promise<Runtime<WaitServices>>) => Promise<{
    readonly runtime: Runtime<MemoryServices>
    readonly programs: Programs<S, never>
  }>
  readonly jobs: (
    waiting: () => Promise<Runtime<WaitServices>>,
  ) => Promise<{ readonly runtime: Runtime<JobServices | R>; readonly programs: P }>
  /** Turns a failure to load a part of this library, where parts come over a network, into an error that says so. */
  readonly notLoaded?: (cause: unknown) => Error
}

/** Safari has none before 27.3; what compiles `await using` takes the registered one then. */
const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")

/**
 * @typeParam S what the runtime takes for a sample
 * @typeParam R what the runtime has besides the services of jobs
 * @typeParam P what the platform does besides
 */
export abstract class VoiceClone<S, R = never, P extends Programs<S> = Programs<S>> implements AsyncDisposable {
  readonly #calls: Part<Loaded<typeof Calls, TaskCalls>>
  readonly #waiting: Part<Loaded<typeof Waiting, WaitServices>>
  readonly #memory: Part<Loaded<typeof Memory & Programs<S, never>, MemoryServices>>
  readonly #jobs: Part<Loaded<typeof Jobs & P, JobServices | R>>
  readonly #iterating: Part<typeof Iterating>
  readonly #batches: Part<typeof Batches>
  readonly #closed = new AbortController()

  protected constructor({ calls, jobs, memory, notLoaded, waiting }: Platform<S, R, P>) {
    this.#calls = new Part(async () => {
      const [programs, runtime] = await Promise.all([import("./internal/calls.ts"), calls()])
      return { programs, runtime }
    }, notLoaded)
    this.#waiting = new Part(async () => {
      const [programs, runtime] = await Promise.all([import("./internal/waiting.ts"), waiting()])
      return { programs, runtime }
    }, notLoaded)
    const waitingRuntime = async () => (await this.#waiting.load()).runtime
    this.#memory = new Part(async () => {
      const [programs, own] = await Promise.all([import("./internal/memory.ts"), memory(waitingRuntime)])
      return { programs: { ...programs, ...own.programs }, runtime: own.runtime }
    }, notLoaded)
    this.#jobs = new Part(async () => {
      const [programs, own] = await Promise.all([import("./internal/jobs.ts"), jobs(waitingRuntime)])
      return { programs: { ...programs, ...own.programs }, runtime: own.runtime }
    }, notLoaded)
    this.#iterating = new Part(() => import("./internal/iterating.ts"), notLoaded)
    this.#batches = new Part(() => import("./internal/batches.ts"), notLoaded)
  }

  /**
   * The whole job: creates the task, waits for it, and saves its result. Whether the output can be written is checked
   * before anything is paid for. A job that an earlier call has left, in this process or another, goes on where it stood.
   */
  async clone(options: CloneOptions<S>): Promise<SavedResult> {
    const { sample, text, output, timeout, force, connections } = options
    return this.runJob(
      (jobs) => jobs.clone(jobs.toSample(sample), { text, output, force, connections, wait: { timeout } }),
      options,
    )
  }

  /**
   * Creates a task, or finds the one that was created before from the same sample and text. Where no answer to the call
   * came, and the server doesn't know idempotency keys, it rejects with `CreateOutcomeUnknown`; where the task that was
   * found has failed or is gone, with that. Only `force` pays again.
   */
  async create({ sample, text, force, ...options }: CreateOptions<S>): Promise<TaskId> {
    return this.runJob((jobs) => jobs.create(jobs.toSample(sample), { text, force }), options)
  }

  /**
   * Creates a task that nothing remembers: each call pays for one. Where no answer to it came, and the server doesn't know
   * idempotency keys, it rejects with `CreateOutcomeUnknown`. For whoever keeps the task's id, or needs it only now; all
   * others have {@link create}.
   */
  async submit({ sample, text, ...options }: SubmitOptions<S>): Promise<TaskId> {
    return this.#run(this.#memory, (memory) => memory.submit(memory.toSample(sample), text), options)
  }

  /** Saves the result of a completed task. Rejects with `TaskNotReady` where it isn't completed. */
  async download(taskId: string, { output, connections, ...options }: DownloadOptions): Promise<SavedResult> {
    return this.runJob((jobs) => jobs.download(taskId, output, { connections }), options)
  }

  /** Finishes every job that was begun and not saved, by this process or another; what expires first comes first. */
  async resumeAll({ timeout, concurrency, only, ...options }: ResumeOptions = {}): Promise<ResumeSummary> {
    return this.runJob((jobs) => jobs.resumeAll(only, { concurrency, wait: { timeout } }), options)
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
      this.#jobs,
      async ({ toSample }) => (await this.#batches.load()).batch(jobs, toSample, limits),
      { signal, onEvent },
    )
  }

  /** Every job that the journal knows, and the keys of those that cannot be read. */
  async jobs(options: CallOptions = {}): Promise<Journal.Jobs> {
    return this.runJob((jobs) => jobs.list, options)
  }

  /** Asks once where a task stands, without repeating. */
  async status(taskId: string, options: CallOptions = {}): Promise<Task> {
    return this.#run(this.#calls, ({ status }) => status(taskId), options)
  }

  /**
   * Every task that the API key has created, the youngest first. Not part of the documented API: fails with
   * `CallNotOffered` at a server that does without.
   *
   * @example
   * for await (const task of client.list({ status: "completed" })) console.log(task.id, task.expiresAt)
   */
  list({ signal, onEvent, status }: ListOptions = {}): AsyncIterable<Task> {
    return this.#iterate(this.#waiting, (_, { list }) => list({ status }), { signal, onEvent })
  }

  /**
   * Cancels a task that has not ended, or deletes the result of one that has. Not part of the documented API: rejects
   * with `CallNotOffered` at a server that does without.
   */
  async cancel(taskId: string, options: CallOptions = {}): Promise<Task> {
    return this.#run(this.#calls, ({ cancel }) => cancel(taskId), options)
  }

  /**
   * Snapshots of a task until it is completed or failed.
   *
   * @example
   * for await (const task of client.watch(taskId)) console.log(task.status, task.progress)
   */
  watch(taskId: string, { signal, onEvent, ...options }: WaitOptions = {}): AsyncIterable<Task> {
    return this.#iterate(this.#waiting, (_, { watch }) => watch(taskId, options), { signal, onEvent })
  }

  /** Waits until a task is completed. Rejects with `TaskFailed` where it failed, with `WaitTimedOut` where it takes too long. */
  async wait(taskId: string, { timeout, ...options }: WaitOptions = {}): Promise<Task> {
    return this.#run(this.#waiting, ({ wait }) => wait(taskId, { timeout }), options)
  }

  /** Closes the connections. Calls that are under way are aborted. */
  async close(): Promise<void> {
    this.#closed.abort(new DOMException("The client was closed", "AbortError"))
    await Promise.all(
      [this.#calls, this.#waiting, this.#memory, this.#jobs].map(async (part) =>
        (await part.loaded())?.runtime.dispose(),
      ),
    )
  }

  async [asyncDispose](): Promise<void> {
    await this.close()
  }

  /** A stream of this client's as an `AsyncIterable`. Leaving the loop ends it. */
  #iterate<A, P, S>(
    part: Part<Loaded<P, S>>,
    streamOf: (programs: P, iterating: typeof Iterating) => Awaitable<Stream.Stream<A, TaskError, S>>,
    { signal, onEvent }: CallOptions,
  ): AsyncIterable<A> {
    const either = this.#untilClosed(signal)
    const loading = this.#iterating
    return {
      async *[Symbol.asyncIterator]() {
        const [iterating, { programs, runtime }] = await Promise.all([loading.load(), part.load()])
        const stream = await streamOf(programs, iterating)
        yield* iterating.iterate(stream, await runtime.context(), either, onEvent)
      },
    }
  }

  #untilClosed(signal: AbortSignal | undefined): AbortSignal {
    if (signal === undefined) return this.#closed.signal
    const signals = [signal, this.#closed.signal]
    if ("any" in AbortSignal) return AbortSignal.any(signals)
    // a browser of 2023
    const either = new AbortController()
    for (const one of signals) {
      const abort = () => either.abort(one.reason)
      if (one.aborted) abort()
      one.addEventListener("abort", abort, { once: true })
    }
    return either.signal
  }

  /** Runs a program of whole jobs as a Promise. */
  protected async runJob<A>(
    program: (jobs: typeof Jobs & P) => Effect.Effect<A, TaskError, JobServices | R>,
    options: CallOptions,
  ): Promise<A> {
    return this.#run(this.#jobs, program, options)
  }

  /** Brings the result of a completed task into memory. */
  protected async hold(taskId: string, options: CallOptions): Promise<ResultInMemory> {
    return this.#run(this.#memory, ({ receive }) => receive(taskId), options)
  }

  async #run<A, P, S>(
    part: Part<Loaded<P, S>>,
    program: (programs: P) => Effect.Effect<A, TaskError, S>,
    { signal, onEvent }: CallOptions,
  ): Promise<A> {
    const either = this.#untilClosed(signal)
    either.throwIfAborted()
    const [calls, { programs, runtime }] = await Promise.all([this.#calls.load(), part.load()])
    return calls.programs.run(runtime, program(programs), either, onEvent)
  }
}

interface Loaded<P, R> {
  readonly programs: P
  readonly runtime: Runtime<R>
}

type Awaitable<A> = A | Promise<A>

/** What is loaded once, when it is needed; where that fails, the next call tries again. */
class Part<A> {
  readonly #load: () => Promise<A>
  readonly #notLoaded: (cause: unknown) => unknown
  #loading: Promise<A> | undefined

  constructor(load: () => Promise<A>, notLoaded: (cause: unknown) => unknown = (cause) => cause) {
    this.#load = load
    this.#notLoaded = notLoaded
  }

  load(): Promise<A> {
    return (this.#loading ??= this.#load().catch((cause: unknown) => {
      this.#loading = undefined
      throw this.#notLoaded(cause)
    }))
  }

  /** What has been loaded, if anything. */
  async loaded(): Promise<A | undefined> {
    return this.#loading?.catch(() => undefined)
  }
}
