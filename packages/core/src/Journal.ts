/**
 * What we know of every job, written before and after each step that costs. It holds no key, no text and no sound: the
 * sample and the text stand in it by their digests.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { Digest, type Hasher, toHex } from "./Digest.ts"
import { JournalStore } from "./JournalStore.ts"
import * as RandomId from "./RandomId.ts"
import type { Sample } from "./Sample.ts"
import type { TaskId } from "./Task.ts"
import { checkText } from "./internal/text.ts"
import {
  type InvalidInput,
  JobBusy,
  type JournalFailed,
  JournalUnreadable,
  type SampleUnreadable,
} from "./TaskError.ts"
import type * as Scope from "effect/Scope"

/**
 * - `planned`: the create call is being sent; its last byte has not left, so there is no task
 * - `sent`: the create call has left, and no answer is known: there may be a task
 * - `submitted`: the task exists, and is paid for
 * - `completed`: its result waits at the server, until `expiresAt`
 * - `saved`: the result stands at `saved.path`
 * - `failed`: the server could not make the speech
 * - `expired`: the result was deleted before it was saved
 * - `lost`: the server has answered that it knows no such task
 */
export type State = "planned" | "sent" | "submitted" | "completed" | "saved" | "failed" | "expired" | "lost"

/** One job. Dates are RFC 3339, in UTC. */
export interface Entry {
  /** Names the job: the same server, sample and text give the same key. */
  readonly key: string
  /** Names the create call at the server. */
  readonly idempotencyKey: string
  readonly server: string
  readonly sample: { readonly name: string; readonly bytes: number; readonly sha256: string }
  readonly text: { readonly characters: number; readonly sha256: string }
  /** Where the result is to be saved. */
  readonly output?: string
  readonly state: State
  readonly taskId?: TaskId
  /** Why the task failed. */
  readonly error?: string
  readonly plannedAt: string
  readonly updatedAt: string
  readonly expiresAt?: string
  readonly saved?: { readonly path: string; readonly bytes: number; readonly sha256: string }
}

/** What names a job. */
export interface Job {
  readonly server: string
  readonly sample: Sample
  readonly text: string
}

/** What the journal knows. */
export interface Jobs {
  readonly entries: ReadonlyArray<Entry>
  /** The keys of entries that are damaged, or of a newer version. */
  readonly unreadable: ReadonlyArray<string>
}

const version = 1

/** What is known of every job, kept in a `JournalStore`. */
export class Journal extends Context.Service<
  Journal,
  {
    /** Where it is, for people. */
    readonly location: string
    /** A new entry for a job, not written yet. Reads the whole sample, for its digest. Fails where the text is none. */
    readonly plan: (job: Job, output?: string) => Effect.Effect<Entry, SampleUnreadable | InvalidInput>
    /** What is known of a job. Fails where something is known that cannot be read: it may have been paid for. */
    readonly find: (key: string) => Effect.Effect<Option.Option<Entry>, JournalFailed | JournalUnreadable>
    /** Writes an entry down, durably, and gives it back. */
    readonly record: (entry: Entry, change?: Partial<Entry>) => Effect.Effect<Entry, JournalFailed>
    /** Forgets a job of which nothing was paid for. */
    readonly forget: (key: string) => Effect.Effect<void, JournalFailed>
    /** Moves whatever is known of a job out of the way, so that it can be paid for anew. */
    readonly setAside: (key: string) => Effect.Effect<void, JournalFailed>
    /** Holds a job for this process and fiber until the scope closes. */
    readonly hold: (key: string) => Effect.Effect<void, JobBusy | JournalFailed, Scope.Scope>
    readonly list: Effect.Effect<Jobs, JournalFailed>
  }
>()("voiceclone/Journal") {
  static readonly layer = Layer.effect(
    Journal,
    Effect.gen(function* () {
      const store = yield* JournalStore
      const digest = yield* Digest

      const hash = Effect.fnUntraced(function* <E>(content: Stream.Stream<Uint8Array, E>) {
        const hasher: Hasher = yield* digest.sha256
        yield* Stream.runForEach(content, (chunk) => Effect.sync(() => hasher.update(chunk)))
        return toHex(hasher.digest())
      })
      const hashText = (text: string) => hash(Stream.succeed(new TextEncoder().encode(text)))
      const now = Effect.map(Clock.currentTimeMillis, (millis) => new Date(millis).toISOString())

      const read = (key: string) =>
        Effect.map(
          store.read(key),
          Option.map((text): Entry | undefined => decode(key, text)),
        )

      return Journal.of({
        location: store.location,
        plan: Effect.fn("Journal.plan")(function* ({ server, sample, text }, output) {
          yield* checkText(text)
          const sampleDigest = yield* hash(sample.stream)
          const textDigest = yield* hashText(text)
          const at = yield* now
          return {
            key: (yield* hashText(JSON.stringify([server, sampleDigest, textDigest]))).slice(0, 32),
            idempotencyKey: RandomId.make(),
            server,
            sample: { name: sample.name, bytes: sample.size, sha256: sampleDigest },
            text: { characters: text.length, sha256: textDigest },
            ...(output === undefined ? {} : { output }),
            state: "planned",
            plannedAt: at,
            updatedAt: at,
          }
        }),
        find: (key) =>
          Effect.flatMap(read(key), (found) =>
            Option.isSome(found) && found.value === undefined
              ? Effect.fail(new JournalUnreadable({ key, location: store.location }))
              : Effect.succeed(Option.filter(found, Predicate.isNotUndefined)),
          ),
        record: Effect.fn("Journal.record")(function* (entry, change = {}) {
          const next: Entry = { ...entry, ...change, updatedAt: yield* now }
          yield* store.write(entry.key, `${JSON.stringify({ version, ...next }, null, 2)}\n`)
          return next
        }),
        forget: store.remove,
        setAside: (key) =>
          Effect.flatMap(store.read(key), (text) => (Option.isSome(text) ? store.setAside(key) : Effect.void)),
        hold: (key) =>
          Effect.flatMap(store.lock(key), (held) =>
            held ? Effect.void : Effect.fail(new JobBusy({ key, location: store.location })),
          ),
        list: Effect.gen(function* () {
          const entries: Array<Entry> = []
          const unreadable: Array<string> = []
          for (const key of yield* store.keys) {
            const found = yield* read(key)
            if (Option.isNone(found)) continue
            if (found.value === undefined) unreadable.push(key)
            else entries.push(found.value)
          }
          return { entries, unreadable }
        }),
      })
    }),
  )
}

const states: ReadonlySet<unknown> = new Set<State>([
  "planned",
  "sent",
  "submitted",
  "completed",
  "saved",
  "failed",
  "expired",
  "lost",
])

/** An entry of this version, whole; else `undefined`. */
const decode = (key: string, text: string): Entry | undefined => {
  try {
    const { version: found, ...entry } = JSON.parse(text) as Record<string, unknown>
    const { sample, text: spoken, state, taskId, output, expiresAt, saved } = entry
    const isName = (value: unknown) => Predicate.isString(value) && value !== ""
    const isOptional = (value: unknown) => value === undefined || isName(value)
    const isKnown =
      found === version &&
      entry["key"] === key &&
      states.has(state) &&
      [entry["idempotencyKey"], entry["server"], entry["plannedAt"], entry["updatedAt"]].every(isName) &&
      [taskId, output, expiresAt].every(isOptional) &&
      Predicate.hasProperty(sample, "sha256") &&
      Predicate.hasProperty(spoken, "sha256") &&
      (taskId !== undefined || state === "planned" || state === "sent") &&
      (saved === undefined ? state !== "saved" : Predicate.hasProperty(saved, "path") && isName(saved.path))
    return isKnown ? (entry as unknown as Entry) : undefined
  } catch {
    return undefined
  }
}
