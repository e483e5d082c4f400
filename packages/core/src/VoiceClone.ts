/**
 * The shared body of the Promise door: what `@voiceclone/node` and `@voiceclone/browser` each export as `VoiceClone`,
 * on a runtime that has their layers.
 *
 * Every method rejects with one of the errors of `TaskError` (plain `Error`s with a `_tag`), or with the signal's
 * reason where it was aborted.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Cause from "effect/Cause"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import * as InMemory from "./InMemory.ts"
import type { Digest } from "./Digest.ts"
import * as timeout from "./internal/timeout.ts"
import * as JobEvent from "./JobEvent.ts"
import * as Poller from "./Poller.ts"
import type { Sample } from "./Sample.ts"
import { type Task, TaskId, type TaskStatus } from "./Task.ts"
import {
  type CreateError,
  InvalidInput,
  type JournalError,
  type LostError,
  type SampleUnreadable,
  type TaskError,
} from "./TaskError.ts"
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

/** What to make. `S` is what the runtime takes for a sample. */
export interface CreateOptions<S> extends CallOptions {
  readonly sample: S
  /** What the voice shall say. */
  readonly text: string
}

/** The services that every door stands on. */
export type Services = VoiceCloneClient | Poller.Poller | Digest

/**
 * @typeParam S what the runtime takes for a sample
 * @typeParam R the runtime's services
 */
export abstract class VoiceClone<S, R = never> implements AsyncDisposable {
  readonly #runtime: ManagedRuntime.ManagedRuntime<Services | R, InvalidInput>
  readonly #closed = new AbortController()

  protected constructor(runtime: ManagedRuntime.ManagedRuntime<Services | R, InvalidInput>) {
    this.#runtime = runtime
  }

  /** Turns what the caller gave into a sample that can be opened again. */
  protected abstract toSample(sample: S): Effect.Effect<Sample, SampleUnreadable | InvalidInput, Services | R>

  /**
   * Creates a task: the call that costs money. Repeated only where it is certain that no task came of it; otherwise it
   * rejects with `CreateOutcomeUnknown`.
   */
  async create(options: CreateOptions<S>): Promise<TaskId> {
    return this.run(
      Effect.flatMap(this.toSample(options.sample), (sample) => this.submit(sample, options)),
      options,
    )
  }

  /** How this runtime creates a task. */
  protected submit(
    sample: Sample,
    { text }: CreateOptions<S>,
  ): Effect.Effect<TaskId, CreateError | LostError | JournalError, Services | R> {
    return InMemory.submit({ sample, text })
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
    return this.iterate(tasks, { signal, onEvent })
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
    return this.iterate(snapshots, { signal, onEvent })
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
    await this.#runtime.dispose()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Runs a stream of this client as an `AsyncIterable`. Leaving the loop ends it. */
  protected iterate<A>(
    stream: Stream.Stream<A, TaskError, Services | R>,
    { signal, onEvent }: CallOptions,
  ): AsyncIterable<A> {
    const runtime = this.#runtime
    const either = this.#untilClosed(signal)
    const aborted = Effect.callback<never, unknown>((resume) => {
      const abort = () => resume(Effect.fail(either.reason))
      if (either.aborted) return abort()
      either.addEventListener("abort", abort, { once: true })
      return Effect.sync(() => either.removeEventListener("abort", abort))
    })
    return {
      async *[Symbol.asyncIterator]() {
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
  protected async run<A>(
    program: Effect.Effect<A, TaskError, Services | R>,
    { signal, onEvent }: CallOptions,
  ): Promise<A> {
    const either = this.#untilClosed(signal)
    either.throwIfAborted()
    const exit = await this.#runtime.runPromiseExit(
      Effect.provideService(program, JobEvent.Listener, listener(onEvent)),
      { signal: either },
    )
    if (Exit.isSuccess(exit)) return exit.value
    if (either.aborted && Cause.hasInterruptsOnly(exit.cause)) throw either.reason
    throw Cause.squash(exit.cause)
  }
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
