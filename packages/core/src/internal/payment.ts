/**
 * The one step that costs: a job's task, found in the journal or created, and paid for once.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Digest, toHex } from "../Digest.ts"
import * as JobEvent from "../JobEvent.ts"
import { type Entry, Journal } from "../Journal.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import type { Sample } from "../Sample.ts"
import type { TaskId } from "../Task.ts"
import {
  type InvalidInput,
  type CreateError,
  CreateOutcomeUnknown,
  type JournalError,
  JournalFailed,
  SampleUnreadable,
  TaskFailed,
} from "../TaskError.ts"
import { VoiceCloneClient } from "../VoiceCloneClient.ts"
import { createOnce } from "./createOnce.ts"

/** What to pay for. */
export interface Order {
  readonly sample: Sample
  readonly text: string
  readonly force?: boolean | undefined
}

/** A job that has its task. */
export interface Paid {
  readonly entry: Entry & { readonly taskId: TaskId }
  /** Whether it was paid for just now, and not by an earlier run. */
  readonly isNew: boolean
}

/** What is known of the same job, and is to be paid for once more; no entry where it cannot be read. */
interface Older {
  readonly entry?: Entry
}

/** For how long an `Idempotency-Key` is trusted to be remembered; many servers drop them after a day. */
const keyLife = Duration.hours(12)

export const make = Effect.gen(function* () {
  const client = yield* VoiceCloneClient
  const journal = yield* Journal
  const digest = yield* Digest

  /** A sample that is hashed as it leaves: what is paid for must be what the journal names. */
  const seal = Effect.fnUntraced(function* (sample: Sample, sha256: string) {
    let hasher = yield* digest.sha256
    const stream = Stream.unwrap(
      Effect.map(digest.sha256, (fresh) => {
        hasher = fresh
        return Stream.map(sample.stream, (chunk) => {
          fresh.update(chunk)
          return chunk
        })
      }),
    )
    const check = Effect.suspend(() =>
      sample.blob !== undefined || toHex(hasher.digest()) === sha256
        ? Effect.void
        : Effect.fail(new SampleUnreadable({ sample: sample.name, reason: "it changed while it was being uploaded" })),
    )
    return { sample: { ...sample, stream }, check }
  })

  /**
   * Sends the create call, written down before it is sent, when its last byte leaves, and when it is answered. What is
   * known of an older task stays in its place until that last byte: before, there is nothing to take its place.
   */
  const pay = Effect.fnUntraced(function* (entry: Entry, { sample, text }: Order, older?: Older) {
    const sealed = yield* seal(sample, entry.sample.sha256)
    // whether a call has gone without an answer: then no answer to a later one says that there is no task
    let inDoubt = entry.state === "sent"
    let known = older === undefined ? yield* journal.record(entry, inDoubt ? {} : { state: "planned" }) : entry
    let isInPlace = older === undefined
    let isCreated = false
    // the journal and we know it at once, as this may be stopped in its midst
    const note = (change: Partial<Entry>) =>
      Effect.suspend(() => journal.record(known, change)).pipe(
        Effect.map((next) => void (known = next)),
        Effect.uninterruptible,
      )
    const sent = Effect.suspend(() => {
      if (isInPlace) return note({ state: "sent" })
      isInPlace = true
      return Effect.andThen(journal.setAside(entry.key), note({ state: "sent" }))
    })
    /** There is no task, as an answer says: it is written down while we pause. */
    const unsent = Effect.suspend(() => {
      if (older?.entry === undefined) return known.state === "planned" ? Effect.void : note({ state: "planned" })
      if (!isInPlace) return Effect.void
      return Effect.map(journal.record(older.entry), () => {
        known = entry
        isInPlace = false
      })
    })
    const onCreated = (taskId: TaskId) =>
      Effect.suspend(() => {
        isCreated = true
        return note({ state: "submitted", taskId })
      }).pipe(
        Effect.mapError(({ cause, location, reason }) => new JournalFailed({ location, reason, cause, taskId })),
        // told even where it cannot be written down: then only the listener knows the task
        Effect.ensuring(JobEvent.emit({ _tag: "Submitted", taskId })),
      )
    const create = client
      .create({
        sample: sealed.sample,
        text,
        idempotencyKey: known.idempotencyKey,
        onSent: Effect.andThen(sealed.check, sent),
        onCreated,
      })
      .pipe(
        Effect.tapError((error) => {
          if (error._tag === "CreateOutcomeUnknown") inDoubt = true
          return isCreated || inDoubt ? Effect.void : unsent
        }),
      )
    const taskId = yield* createOnce(client, create).pipe(
      Effect.tapError(() => (isCreated || inDoubt || !isInPlace ? Effect.void : journal.forget(entry.key))),
      // a client of another make may not tell
      Effect.tap((taskId) => (isCreated ? Effect.void : onCreated(taskId))),
    )
    return { entry: { ...known, taskId }, isNew: true } satisfies Paid
  })

  /** Names the job, and holds it for this process until the scope closes. */
  const claim = Effect.fnUntraced(function* (
    { sample, text }: Order,
    output?: string,
  ): Effect.fn.Return<Entry, SampleUnreadable | JournalError | InvalidInput, Scope.Scope> {
    const planned = yield* journal.plan({ server: client.server, sample, text }, output)
    yield* journal.hold(planned.key)
    return planned
  })

  /** The task of a job that is held: the one that the journal knows, or a new one. */
  const settle = Effect.fnUntraced(function* (
    planned: Entry,
    order: Order,
  ): Effect.fn.Return<Paid, CreateError | TaskFailed | JournalError> {
    if (order.force === true) {
      const older = yield* journal.find(planned.key).pipe(
        Effect.map(Option.map((entry): Older => ({ entry }))),
        Effect.catchTag("JournalUnreadable", () => Effect.succeedSome<Older>({})),
      )
      return yield* pay(planned, order, Option.getOrUndefined(older))
    }
    const known = Option.getOrUndefined(yield* journal.find(planned.key))
    // what was never sent whole has no task to go on with
    if (known === undefined || known.state === "planned") return yield* pay(planned, order)
    const { taskId, state } = known
    if (taskId !== undefined) {
      // a failed task may have been charged for, and the same sample and text most likely fail again
      if (state === "failed") return yield* new TaskFailed({ taskId, reason: known.error ?? "no reason is known" })
      yield* JobEvent.emit({ _tag: "Resumed", taskId, state })
      return { entry: { ...known, taskId }, isNew: false }
    }
    const unanswered = new CreateOutcomeUnknown({ reason: `it was sent at ${known.updatedAt}, and no answer is known` })
    // a server may forget a key a day after it first came, however often it came since; of a clock that was wrong we
    // learn nothing
    const age = (yield* Clock.currentTimeMillis) - Date.parse(known.plannedAt)
    const isRemembered = Math.abs(age) < Duration.toMillis(keyLife)
    if (isRemembered) {
      yield* RetryPolicy.announce("create", 1, 0, unanswered)
      if (yield* RetryPolicy.retry("create", 3)(client.honoursIdempotencyKeys)) return yield* pay(known, order)
    }
    return yield* unanswered
  })

  return { claim, settle }
})
