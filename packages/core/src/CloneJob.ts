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
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Digest, toHex } from "./Digest.ts"
import * as Download from "./Download.ts"
import * as timeout from "./internal/timeout.ts"
import { whenReady } from "./internal/whenReady.ts"
import * as JobEvent from "./JobEvent.ts"
import { type Entry, Journal, type State } from "./Journal.ts"
import * as Poller from "./Poller.ts"
import * as RetryPolicy from "./RetryPolicy.ts"
import type { Sample } from "./Sample.ts"
import type { Task, TaskId } from "./Task.ts"
import {
  type CloneError,
  type CreateError,
  CreateOutcomeUnknown,
  type JournalError,
  JournalFailed,
  ResultExpired,
  SampleUnreadable,
  type SaveError,
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

/** For how long an `Idempotency-Key` is trusted to be remembered; many servers drop them after a day. */
const keyLife = Duration.hours(12)

/** How long a result is kept when the server doesn't say. */
const retention = Duration.days(7)

export class CloneJob extends Context.Service<
  CloneJob,
  {
    /**
     * Runs the job and saves its result. Whether the target can be written is checked before anything is paid for. A job
     * that an earlier run has left goes on where it stood.
     */
    readonly run: (request: Request) => Effect.Effect<Download.SavedResult, CloneError>
    /** Creates the task, or finds the one that an earlier run has created from the same sample and text. */
    readonly create: (request: CreateOnce) => Effect.Effect<TaskId, CreateError | JournalError>
    /** The first part of {@link run}: the output is checked, and the task exists and is written down. */
    readonly begin: (
      request: CreateOnce & { readonly output: string },
    ) => Effect.Effect<Begun, CreateError | SaveError | JournalError>
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
    /** Finishes every job that the journal knows as begun and not saved; what expires first comes first. */
    readonly resumeAll: (
      options?: FinishOptions & {
        /**
         * How many jobs at the same time.
         * @default 4
         */
        readonly concurrency?: number | undefined
      },
    ) => Effect.Effect<ResumeSummary, JournalError>
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
      const digest = yield* Digest

      /** A sample that is hashed as it leaves: what is paid for must be what the journal names. */
      const seal = Effect.fnUntraced(function* (sample: Sample, sha256: string) {
        let hasher = yield* digest.sha256
        const stream = Stream.unwrap(
          Effect.map(digest.sha256, (fresh) => {
            hasher = fresh
            return Stream.tap(sample.stream, (chunk) => Effect.sync(() => hasher.update(chunk)))
          }),
        )
        const check = Effect.suspend(() =>
          sample.blob !== undefined || toHex(hasher.digest()) === sha256
            ? Effect.void
            : Effect.fail(
                new SampleUnreadable({ sample: sample.name, reason: "it changed while it was being uploaded" }),
              ),
        )
        return { sample: { ...sample, stream }, check }
      })

      /** Sends the create call, written down before it is sent, when its last byte leaves, and when it is answered. */
      const pay = Effect.fnUntraced(function* (entry: Entry, { sample, text }: CreateOnce, before?: Entry) {
        const sealed = yield* seal(sample, entry.sample.sha256)
        // whether a call has gone without an answer: then no answer to a later one says that there is no task
        let inDoubt = entry.state === "sent"
        let known = yield* journal.record(entry, inDoubt ? {} : { state: "planned" })
        const note = (state: "planned" | "sent") =>
          Effect.map(
            Effect.suspend(() => journal.record(known, { state })),
            (next) => void (known = next),
          )
        const request = { sample: sealed.sample, text, idempotencyKey: known.idempotencyKey }
        const create = client.create({ ...request, onSent: Effect.andThen(sealed.check, note("sent")) }).pipe(
          Effect.tapError((error) => {
            if (error._tag === "CreateOutcomeUnknown") inDoubt = true
            // any other error is an answer: there is no task while we pause
            return inDoubt || known.state === "planned" ? Effect.void : note("planned")
          }),
        )
        const paid = create.pipe(
          // nothing is under way yet, so a server that cannot be reached is said soon
          RetryPolicy.retry("create", 3),
          Effect.catchTag("CreateOutcomeUnknown", (error) =>
            client.honoursIdempotencyKeys.pipe(
              // a server that broke down over our call may be back soon
              RetryPolicy.retry("create", 5),
              Effect.orElseSucceed(() => false),
              Effect.flatMap((honours) => (honours ? RetryPolicy.retryUnknownCreate(create) : Effect.fail(error))),
            ),
          ),
          Effect.tapError(() =>
            inDoubt ? Effect.void : before === undefined ? journal.forget(entry.key) : journal.record(before),
          ),
        )
        // what is paid for is written down, though we are told to stop
        const { taskId, submitted } = yield* Effect.uninterruptibleMask((restore) =>
          Effect.flatMap(restore(paid), (taskId) =>
            journal.record(known, { state: "submitted", taskId }).pipe(
              Effect.map((submitted) => ({ taskId, submitted })),
              Effect.mapError(({ cause, location, reason }) => new JournalFailed({ location, reason, cause, taskId })),
              // told even where it cannot be written down: then only the listener knows the task
              Effect.ensuring(JobEvent.emit({ _tag: "Submitted", taskId })),
            ),
          ),
        )
        return { ...submitted, taskId }
      })

      /** The job's task: the one that the journal knows, or a new one. Holds the job until the scope closes. */
      const hold = Effect.fnUntraced(function* (
        request: CreateOnce,
        output?: string,
      ): Effect.fn.Return<Entry & { readonly taskId: TaskId }, CreateError | JournalError, Scope.Scope> {
        const planned = yield* journal.plan(
          { server: client.server, sample: request.sample, text: request.text },
          output,
        )
        yield* journal.hold(planned.key)
        if (request.force === true) {
          const before = yield* Effect.orElseSucceed(journal.find(planned.key), () => Option.none<Entry>())
          yield* journal.setAside(planned.key)
          return yield* pay(planned, request, Option.getOrUndefined(before))
        }
        const known = Option.getOrUndefined(yield* journal.find(planned.key))
        // what was never sent whole, or has failed, has no task to go on with
        if (known === undefined || known.state === "planned" || known.state === "failed")
          return yield* pay(planned, request)
        if (known.taskId !== undefined) {
          yield* JobEvent.emit({ _tag: "Resumed", taskId: known.taskId, state: known.state })
          return { ...known, taskId: known.taskId }
        }
        // a server may forget a key after a day
        const age = (yield* Clock.currentTimeMillis) - Date.parse(known.updatedAt)
        const isRemembered = age < Duration.toMillis(keyLife)
        if (isRemembered && (yield* RetryPolicy.retry("create", 3)(client.honoursIdempotencyKeys))) {
          return yield* pay(known, request)
        }
        return yield* new CreateOutcomeUnknown({ reason: `it was sent at ${known.updatedAt}, and no answer is known` })
      })

      /** What an earlier run has saved, if it stands there as it was. */
      const standing = Effect.fnUntraced(function* ({ saved, taskId }: Entry, output: string) {
        if (saved === undefined || taskId === undefined || saved.path !== path.resolve(output)) return undefined
        const there = yield* Effect.option(download.inspect(output))
        return Option.isSome(there) && there.value.sha256 === saved.sha256
          ? ({ ...there.value, taskId, path: output } satisfies Download.SavedResult)
          : undefined
      })

      /** Waits for a task and saves its result, and writes down what becomes of it. */
      const bringHome = Effect.fnUntraced(function* (
        entry: Entry & { readonly taskId: TaskId },
        output: string,
        { wait, ...transfer }: FinishOptions,
      ) {
        const { taskId } = entry
        const stands = yield* standing(entry, output)
        if (stands !== undefined) {
          yield* JobEvent.emit({ _tag: "Saved", taskId, path: output })
          return stands
        }
        if (entry.state === "expired") {
          return yield* new ResultExpired({ taskId, detail: `known since ${entry.updatedAt}` })
        }
        let known: Entry = entry
        // from here on nothing costs, and a journal that has no room must not keep a paid result from its place
        const note = (change: Partial<Entry>) =>
          Effect.suspend(() => journal.record(known, change)).pipe(
            Effect.map((next) => void (known = next)),
            Effect.catch((error) => Effect.logWarning(error.message)),
          )
        yield* note({ output: path.resolve(output) })
        const saved = yield* whenReady(
          poller,
          taskId,
          (task) =>
            Effect.andThen(
              Effect.flatMap(expiryOf(task), (expiresAt) => note({ state: "completed", expiresAt })),
              download.toFile(taskId, output, transfer),
            ),
          { grace: Poller.afterCreate, ...wait },
        ).pipe(
          Effect.tapError((error) =>
            error._tag === "TaskFailed"
              ? note({ state: "failed", error: error.reason })
              : error._tag === "ResultExpired"
                ? note({ state: "expired" })
                : Effect.void,
          ),
        )
        const { bytes, sha256 } = saved
        yield* note({ state: "saved", saved: { path: path.resolve(output), bytes, sha256 } })
        return saved
      })

      const run = Effect.fn("CloneJob.run")(function* ({ output, wait, connections, ...request }: Request) {
        yield* timeout.check("timeout", wait?.timeout)
        yield* download.checkTarget(output)
        const entry = yield* hold(request, path.resolve(output))
        return yield* bringHome(entry, output, { wait, connections })
      }, Effect.scoped)

      const create = Effect.fn("CloneJob.create")(function* (request: CreateOnce) {
        const { taskId } = yield* hold(request)
        return taskId
      }, Effect.scoped)

      const begin = Effect.fn("CloneJob.begin")(function* ({
        output,
        ...request
      }: CreateOnce & { readonly output: string }) {
        yield* download.checkTarget(output)
        const { key, taskId, state } = yield* hold(request, path.resolve(output))
        return { key, taskId, state }
      }, Effect.scoped)

      const conclude = Effect.fn("CloneJob.conclude")(function* (
        { key, taskId }: Pick<Begun, "key" | "taskId">,
        output: string,
        options: FinishOptions = {},
      ) {
        yield* journal.hold(key)
        // someone else may have gone on with it meanwhile
        const known = Option.getOrUndefined(yield* journal.find(key))
        // where the job has another task by now, that one stays written down
        return known?.taskId !== taskId
          ? yield* whenReady(poller, taskId, () => download.toFile(taskId, output, options), options.wait)
          : yield* bringHome({ ...known, taskId }, output, options)
      }, Effect.scoped)

      const finish = Effect.fn("CloneJob.finish")(function* (
        taskId: TaskId,
        output: string,
        options: FinishOptions = {},
      ) {
        yield* timeout.check("timeout", options.wait?.timeout)
        yield* download.checkTarget(output)
        const { entries } = yield* journal.list
        const entry = entries.find((entry) => entry.taskId === taskId && entry.server === client.server)
        return entry === undefined
          ? yield* whenReady(poller, taskId, () => download.toFile(taskId, output, options), options.wait)
          : yield* conclude({ key: entry.key, taskId }, output, options)
      })

      const resumeAll = Effect.fn("CloneJob.resumeAll")(function* ({
        concurrency = 4,
        ...options
      }: FinishOptions & { readonly concurrency?: number | undefined } = {}) {
        const { entries, unreadable } = yield* journal.list
        const ours = entries.filter((entry) => entry.server === client.server)
        const open = ours.filter(({ state }) => state === "submitted" || state === "completed")
        const due = open
          .flatMap((entry) => {
            const { key, taskId, output } = entry
            return taskId === undefined || output === undefined ? [] : [{ entry, begun: { key, taskId }, output }]
          })
          .sort((a, b) => dueOf(a.entry).localeCompare(dueOf(b.entry)))
        const saved: Array<Download.SavedResult> = []
        const failed: Array<ResumeSummary["failed"][number]> = []
        yield* Effect.forEach(
          due,
          ({ entry, begun, output }) =>
            Effect.match(conclude(begun, output, options), {
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

      return CloneJob.of({ run, create, begin, conclude, finish, resumeAll })
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

/** When a result is deleted, as RFC 3339: known, or reckoned. */
const expiryOf = ({ completedAt, expiresAt }: Task): Effect.Effect<string> =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    (expiresAt ?? new Date((completedAt?.getTime() ?? now) + Duration.toMillis(retention))).toISOString(),
  )

/** What expires first comes first; a task that isn't completed yet expires long after. */
const dueOf = ({ expiresAt, plannedAt }: Entry): string => expiresAt ?? `9999 ${plannedAt}`
