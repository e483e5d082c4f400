/**
 * The tasks a server knows. What a method has reported as done survives the process.
 *
 * The service's failures are all defects: whoever asks can do nothing about a broken database.
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"

/** What is known of a task; without its words, which may be long, and are the worker's alone. */
export interface TaskRecord {
  readonly id: string
  /** The order of creation, which is the order of service. */
  readonly sequence: number
  readonly owner: string
  readonly status: "pending" | "processing" | "completed" | "failed"
  /** How often the work was begun and neither ended nor given back. */
  readonly attempts: number
  /**
   * How often a worker has taken it: a fencing token, since of two workers that take the task for theirs one has an older.
   */
  readonly claims: number
  /** The engine that makes, or made, the speech. */
  readonly engine: string | null
  readonly error: string | null
  readonly createdAt: DateTime.Utc
  readonly startedAt: DateTime.Utc | null
  readonly completedAt: DateTime.Utc | null
  /** The SHA-256 of the result, in base64. */
  readonly resultDigest: string | null
  /** What the create that bore an idempotency key was made of; see `Fingerprint`. */
  readonly fingerprint: string | null
  /** The request that asked for it, as traces know it; see `TaskTrace`. */
  readonly traceparent: string | null
  /** When the result stops being available, to the millisecond, whether or not it is deleted by then. */
  readonly expiresAt: DateTime.Utc | null
}

/** A task to be worked on. Its words are deleted when it ends. */
export interface ClaimedTask extends TaskRecord {
  /** What to say. */
  readonly text: string
  /** What is said in the sample, where the client told. */
  readonly transcript: string | null
}

/** Which of an owner's tasks to list. */
export interface Page {
  readonly status?: TaskRecord["status"] | undefined
  /** Only tasks that came before the one with this sequence. */
  readonly before?: number | undefined
  readonly limit: number
}

/** A worker's hold on a task. */
export type Claim = Pick<TaskRecord, "id" | "claims">

/** An owner has as many unended tasks as they may. */
export class InFlightExceeded extends Data.TaggedError("InFlightExceeded")<{ readonly limit: number }> {}

/** The database has refused the task: surely there is none. */
export class TaskNotCreated extends Data.TaggedError("TaskNotCreated")<{ readonly cause: unknown }> {}

/**
 * How often work on a task is begun before the task is given up, for it may be the task that kills the server. It may also be
 * bad luck: machines that are taken away, or another task on the same server. So it takes more of that than a bad night has.
 */
export const maxAttempts = 10

/**
 * How several servers share the work: a claim holds for `duration` after it was last renewed, by the database's clock;
 * then another server may take the task. Without leases there is one server, and its claims hold until it ends.
 */
export const Leases = Context.Reference<
  | { readonly duration: Duration.Duration; readonly renewal: Duration.Duration; readonly patrol: Duration.Duration }
  | undefined
>("voiceclone/server/Leases", { defaultValue: () => undefined })

/** The tasks' service. */
export class Tasks extends Context.Service<
  Tasks,
  {
    /**
     * Accepts a task, and its idempotency key with it, in one. Where the owner has used the key before, nothing is
     * accepted and the task of that time is returned: its id is another. To repeat it with the same id is safe.
     */
    readonly create: (task: {
      readonly id: string
      readonly owner: string
      readonly text: string
      readonly transcript?: string | undefined
      /** Whom to tell when it has ended; see `WebhookQueue`. */
      readonly webhookUrl?: string | undefined
      readonly traceparent?: string | undefined
      /** How many unended tasks the owner may have, this one included. Default: no limit. */
      readonly inFlightLimit?: number | undefined
      readonly idempotency?: { readonly key: string; readonly fingerprint: string } | undefined
    }) => Effect.Effect<TaskRecord, InFlightExceeded | TaskNotCreated>
    readonly find: (id: string) => Effect.Effect<Option.Option<TaskRecord>>
    /** The task that the owner's idempotency key stands for. */
    readonly findByKey: (owner: string, key: string) => Effect.Effect<Option.Option<TaskRecord>>
    /** The owner's tasks, the youngest first. */
    readonly list: (owner: string, page: Page) => Effect.Effect<ReadonlyArray<TaskRecord>>
    /** How many of the owner's tasks have not ended. */
    readonly inFlight: (owner: string) => Effect.Effect<number>
    /** How many tasks are served before this one. */
    readonly ahead: (task: TaskRecord) => Effect.Effect<number>

    /**
     * Takes the oldest pending task into work by this engine, if there is one. No other worker gets it, as long as it is
     * renewed where there are {@link Leases}.
     */
    readonly claim: (engine: string) => Effect.Effect<Option.Option<ClaimedTask>>
    /** Returns when there may be something to claim. */
    readonly arrival: Effect.Effect<void>
    /** Whether the claim still holds; makes it hold on. */
    readonly renew: (claim: Claim) => Effect.Effect<boolean>
    /** Says whether this claim has completed it: a task that was cancelled or taken over in the meantime stays so. */
    readonly complete: (
      claim: Claim,
      result: { readonly digest: string; readonly retention: Duration.Duration },
    ) => Effect.Effect<boolean>
    /** Ends a task that this claim holds; says whether it did. */
    readonly fail: (claim: Claim, error: string) => Effect.Effect<boolean>
    /** Ends a task that has not ended yet, whoever works on it; says whether it did. */
    readonly cancel: (id: string, reason: string) => Effect.Effect<boolean>
    /** Lets the result of a completed task expire at once. */
    readonly expire: (id: string) => Effect.Effect<void>
    /** Gives a claimed task back, as if it had never been claimed. */
    readonly release: (claim: Claim) => Effect.Effect<void>
    /** Says that who lost the claim lives on, so that the task cannot have killed it: the attempt does not count. */
    readonly survived: (claim: Claim) => Effect.Effect<void>
    /**
     * Gives back what dead workers held, and fails what was begun {@link maxAttempts} times. Without {@link Leases} all
     * workers count as dead: only to be run before one begins. Then whoever waits for an {@link arrival} looks again, for a
     * broken connection may have kept one from them.
     */
    readonly recover: Effect.Effect<ReadonlyArray<TaskRecord>>

    /** The ids of tasks that have not ended: their samples are still needed. */
    readonly unended: Effect.Effect<ReadonlySet<string>>
    /** Completed tasks past their expiry whose results have not been reported as deleted. */
    readonly expired: Effect.Effect<ReadonlyArray<Claim>>
    readonly resultDeleted: (id: string) => Effect.Effect<void>
    /** Forgets what ended so long ago, and has no result left; says how many tasks those were. */
    readonly forget: (age: Duration.Duration) => Effect.Effect<number>
    /** In what time the next result expires. */
    readonly untilExpiry: Effect.Effect<Option.Option<Duration.Duration>>
  }
>()("voiceclone/server/Tasks") {}
