/**
 * A whole job: create, wait, download. One program, written down in the journal before and after each step that costs,
 * so that running it again goes on where it stood instead of paying again. It tells what happens as `JobEvent`s.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as Download from "./Download.ts"
import * as delivery from "./internal/delivery.ts"
import { dueOf, openAt, ownersOf } from "./internal/leftover.ts"
import * as payment from "./internal/payment.ts"
import * as timeout from "./internal/timeout.ts"
import * as turns from "./internal/turns.ts"
import { whenReady } from "./internal/whenReady.ts"
import * as JobEvent from "./JobEvent.ts"
import { type Entry, Journal, type State } from "./Journal.ts"
import * as Poller from "./Poller.ts"
import type { Sample } from "./Sample.ts"
import type { TaskId } from "./Task.ts"
import {
  type CloneError,
  type CreateError,
  type InvalidInput,
  type JournalError,
  type LostError,
  ResultExpired,
  type SaveError,
  type TargetError,
  TargetUnwritable,
  TaskFailed,
  type WaitError,
} from "./TaskError.ts"
import { VoiceCloneClient } from "./VoiceCloneClient.ts"

/** A task to create. */
export interface CreateOnce {
  readonly sample: Sample
  readonly text: string
  /**
   * Creates and pays for a new task even where the journal knows one for this sample and text.
   * @default false
   */
  readonly force?: boolean | undefined
}

/** A task that exists, and the journal's key of its job. */
export interface Begun {
  readonly key: string
  readonly taskId: TaskId
  /** What is known of it: `submitted` where it was created just now. */
  readonly state: State
  /** When its result is deleted, where that is known, as RFC 3339. */
  readonly expiresAt?: string
}

/** How to wait for a task, and how to download its result. */
export interface FinishOptions extends Download.Options {
  readonly wait?: Poller.Options | undefined
}

/** A job whose result goes to a file. */
export interface Request extends CreateOnce, FinishOptions {
  /** The path of the file to write. */
  readonly output: string
}

/** How to finish what was left, and what of it. */
export interface ResumeOptions extends FinishOptions {
  /**
   * How many jobs at the same time.
   * @default 4
   */
  readonly concurrency?: number | undefined
  /**
   * The one task to finish. Nothing is done where no job of this server is open that has it.
   * @default all
   */
  readonly only?: TaskId | undefined
}

/** What became of everything that was left. */
export interface ResumeSummary {
  readonly saved: ReadonlyArray<Download.SavedResult>
  readonly failed: ReadonlyArray<{ readonly entry: Entry; readonly error: WaitError | SaveError | JournalError }>
  /** Tasks that were created without an output: `download` brings them home. */
  readonly created: ReadonlyArray<Entry>
  /** Jobs whose create call was sent and has no answer: running them again says what can be done. */
  readonly unknown: ReadonlyArray<Entry>
  /** The journal's keys of entries that cannot be read. */
  readonly unreadable: ReadonlyArray<string>
}

/** Runs whole jobs, and their parts. Needs a {@link Journal} and a filesystem; where there is neither, see `InMemory`. */
export class CloneJob extends Context.Service<
  CloneJob,
  {
    /**
     * Runs the job and saves its result. Whether the target can be written is checked before anything is paid for. A job
     * that an earlier run has left goes on where it stood.
     */
    readonly run: (request: Request) => Effect.Effect<Download.SavedResult, CloneError>
    /**
     * Creates the task, or finds the one that an earlier run has created from the same sample and text. Where that one is
     * known to have failed or expired, or the server denies it or doesn't know it, it fails: only `force` pays again.
     */
    readonly create: (request: CreateOnce) => Effect.Effect<TaskId, CreateError | LostError | JournalError>
    /**
     * The first part of {@link run}: the output is checked, and the task exists and is written down. In one process, the
     * parts of one job wait for each other; it is busy only where someone else works on it.
     */
    readonly begin: (
      request: CreateOnce & { readonly output: string },
    ) => Effect.Effect<Begun, CreateError | TaskFailed | TargetError | JournalError>
    /** The rest of {@link run}. */
    readonly conclude: (
      begun: Pick<Begun, "key" | "taskId">,
      output: string,
      options?: FinishOptions,
    ) => Effect.Effect<Download.SavedResult, WaitError | SaveError | JournalError>
    /** Waits for a task that exists, whoever created it, and saves its result. */
    readonly finish: (
      taskId: TaskId,
      output: string,
      options?: FinishOptions,
    ) => Effect.Effect<Download.SavedResult, WaitError | SaveError | JournalError>
    /**
     * Saves the result of a task that is completed, and writes down that it stands there where the journal knows the
     * task: what was left is finished with that.
     */
    readonly download: (
      taskId: TaskId,
      output: string,
      options?: Download.Options,
    ) => Effect.Effect<Download.SavedResult, SaveError>
    /**
     * Finishes every job that the journal knows as begun and not saved; what expires first comes first. One whose task
     * the server has denied is asked for again, for as long as its result would be kept.
     */
    readonly resumeAll: (options?: ResumeOptions) => Effect.Effect<ResumeSummary, InvalidInput | JournalError>
  }
>()("voiceclone/CloneJob") {
  static readonly layer = Layer.effect(
    CloneJob,
    Effect.gen(function* () {
      const client = yield* VoiceCloneClient
      const poller = yield* Poller.Poller
      const download = yield* Download.Download
      const journal = yield* Journal
      const path = yield* Path.Path
      const pay = yield* payment.make
      const bringHome = yield* delivery.make
      const inTurn = Journal.of({ ...journal, hold: turns.before(journal.hold) })
      const payInTurn = yield* Effect.provideService(payment.make, Journal, inTurn)

      const run = Effect.fn("CloneJob.run")(function* ({ output, wait, connections, ...order }: Request) {
        yield* timeout.check("timeout", wait?.timeout)
        yield* download.checkTarget(output, order.sample.path)
        const planned = yield* pay.claim(order, path.resolve(output))
        const target = yield* download.reserve(output)
        const { entry } = yield* pay.settle(planned, order)
        return yield* bringHome(entry, target, { wait, connections })
      }, Effect.scoped)

      /** What the server says of a task that an earlier run has created, where it says that there is no going on. */
      const attest = Effect.fnUntraced(function* (entry: payment.Paid["entry"]) {
        const { taskId, state } = entry
        if (state === "expired") return yield* new ResultExpired({ taskId, detail: `known since ${entry.updatedAt}` })
        const grace = Duration.toMillis(yield* delivery.graceOf(entry))
        const task = yield* client.status(taskId).pipe(
          Effect.asSome,
          Effect.catchIf(
            (error) => error._tag !== "AccessDenied" && (error._tag !== "TaskNotFound" || grace > 0),
            // that it exists is known
            () => Effect.succeedNone,
          ),
        )
        if (Option.isSome(task) && task.value.status === "failed") {
          return yield* TaskFailed.of(task.value)
        }
      })

      const create = Effect.fn("CloneJob.create")(function* (order: CreateOnce) {
        const { entry, isNew } = yield* pay.settle(yield* pay.claim(order), order)
        if (!isNew) yield* attest(entry)
        return entry.taskId
      }, Effect.scoped)

      const begin = Effect.fn("CloneJob.begin")(function* ({
        output,
        ...order
      }: CreateOnce & { readonly output: string }) {
        yield* download.checkTarget(output, order.sample.path)
        const { entry } = yield* payInTurn.settle(yield* payInTurn.claim(order, path.resolve(output)), order)
        const { key, taskId, state, expiresAt } = entry
        return { key, taskId, state, ...(expiresAt === undefined ? {} : { expiresAt }) }
      }, Effect.scoped)

      const conclude = Effect.fn("CloneJob.conclude")(function* (
        { key, taskId }: Pick<Begun, "key" | "taskId">,
        output: string,
        options: FinishOptions = {},
      ) {
        yield* inTurn.hold(key)
        const target = yield* download.reserve(output)
        // someone else may have gone on with it meanwhile
        const known = Option.getOrUndefined(yield* journal.find(key))
        // where the job has another task by now, that one stays written down
        return known?.taskId !== taskId
          ? yield* whenReady(poller, taskId, () => target.save(taskId, options), options.wait)
          : yield* bringHome({ ...known, taskId }, target, options)
      }, Effect.scoped)

      /** What is known of the task of a job. */
      const entryOf = (taskId: TaskId) =>
        Effect.map(journal.list, ({ entries }) =>
          entries.find((entry) => entry.taskId === taskId && entry.server === client.server),
        )

      const finish = Effect.fn("CloneJob.finish")(function* (
        taskId: TaskId,
        output: string,
        options: FinishOptions = {},
      ) {
        yield* timeout.check("timeout", options.wait?.timeout)
        const entry = yield* Effect.catch(entryOf(taskId), (error) =>
          // nothing costs here
          Effect.as(Effect.logWarning(error.message), undefined),
        )
        if (entry !== undefined) return yield* conclude({ key: entry.key, taskId }, output, options)
        const target = yield* download.reserve(output)
        return yield* whenReady(poller, taskId, () => target.save(taskId, options), options.wait)
      }, Effect.scoped)

      /** Whoever works on the job meanwhile writes down what becomes of it. */
      const markSaved = Effect.fnUntraced(
        function* ({ taskId, path: output, bytes, sha256 }: Download.SavedResult) {
          const entry = yield* entryOf(taskId)
          if (entry === undefined) return
          yield* journal.hold(entry.key)
          const known = Option.getOrUndefined(yield* journal.find(entry.key))
          // where it was saved before, it may stand still
          if (known?.taskId !== taskId || known.state === "saved") return
          const place = path.resolve(output)
          yield* journal.record(known, { state: "saved", output: place, saved: { path: place, bytes, sha256 } })
        },
        Effect.scoped,
        Effect.catch((error) => (error._tag === "JobBusy" ? Effect.void : Effect.logWarning(error.message))),
      )

      const downloadOnly = Effect.fn("CloneJob.download")(function* (
        taskId: TaskId,
        output: string,
        options?: Download.Options,
      ) {
        const saved = yield* download.toFile(taskId, output, options)
        yield* markSaved(saved)
        return saved
      })

      const resumeAll = Effect.fn("CloneJob.resumeAll")(function* ({
        concurrency = 4,
        only,
        ...options
      }: ResumeOptions = {}) {
        yield* timeout.check("timeout", options.wait?.timeout)
        const { entries, unreadable } = yield* journal.list
        const ours = entries.filter((entry) => entry.server === client.server)
        const isOpen = openAt(yield* Clock.currentTimeMillis)
        const open = ours.filter(isOpen)
        const due = open
          .flatMap((entry) => {
            const { key, taskId, output } = entry
            if (taskId === undefined || output === undefined || taskId !== (only ?? taskId)) return []
            return [{ entry, begun: { key, taskId }, output }]
          })
          .sort((a, b) => dueOf(a.entry).localeCompare(dueOf(b.entry)))
        const owners = ownersOf(entries, isOpen)
        const saved: Array<Download.SavedResult> = []
        const failed: Array<ResumeSummary["failed"][number]> = []
        yield* Effect.forEach(
          due,
          ({ entry, begun, output }) =>
            Effect.match(owners.get(output) === entry.key ? conclude(begun, output, options) : taken(output), {
              onSuccess: (result) => void saved.push(result),
              onFailure: (error) => void failed.push({ entry, error }),
            }),
          { concurrency, discard: true },
        )
        return {
          saved,
          failed,
          created: open.filter(({ output }) => output === undefined),
          unknown: ours.filter(({ state }) => state === "sent"),
          unreadable,
        }
      })

      return CloneJob.of({ run, create, begin, conclude, finish, download: downloadOnly, resumeAll })
    }),
  )
}

/** What a job tells, as a stream that ends with the job and fails as it does. */
export const events = <A, E, R>(job: Effect.Effect<A, E, R>): Stream.Stream<JobEvent.JobEvent, E, R> =>
  Stream.callback((queue) =>
    job.pipe(
      Effect.provideService(JobEvent.Listener, (event) => Effect.asVoid(Queue.offer(queue, event))),
      Effect.matchCauseEffect({
        onFailure: (cause) => Queue.failCause(queue, cause),
        onSuccess: () => Queue.end(queue),
      }),
    ),
  )

const taken = (path: string) =>
  Effect.fail(new TargetUnwritable({ path, reason: "a later job saves, or has saved, its speech there" }))
