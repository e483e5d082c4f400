/**
 * What happens to a job, as it happens: one type for the Effect `Stream`, the Promise client's `onEvent`, the command's
 * progress display and its `--json` lines. Every field survives JSON (dates become RFC 3339 strings).
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { monotonicMillis } from "./internal/monotonic.ts"
import type { Task, TaskId } from "./Task.ts"
import type { WavFormat } from "./Wav.ts"

/** The sample is on its way to the server. */
export interface Uploading {
  readonly _tag: "Uploading"
  readonly sentBytes: number
  readonly totalBytes: number
}

/** The server has created the task. From here on it is paid for. */
export interface Submitted {
  readonly _tag: "Submitted"
  readonly taskId: TaskId
}

/** An earlier run has created the task of this job: we go on with it, and pay nothing. */
export interface Resumed {
  readonly _tag: "Resumed"
  readonly taskId: TaskId
  /** What was known of it. */
  readonly state: string
}

/** The server was asked and has answered. */
export interface Polled {
  readonly _tag: "Polled"
  readonly task: Task
}

/** The server doesn't know the task yet, which may be so where it was created just now: it is asked again. */
export interface NotFoundYet {
  readonly _tag: "NotFoundYet"
  readonly taskId: TaskId
  /** For how long it is asked at most, before it is believed. */
  readonly leftMillis: number
}

/** The result is on its way to us. */
export interface Downloading {
  readonly _tag: "Downloading"
  readonly taskId: TaskId
  readonly receivedBytes: number
  /** Absent where the server doesn't say how much it will send. */
  readonly totalBytes?: number
}

/** The whole result is here and is the WAV file that it claims to be. */
export interface Verified {
  readonly _tag: "Verified"
  readonly taskId: TaskId
  readonly bytes: number
  readonly format: WavFormat
  /** How long the speech is, in seconds. */
  readonly seconds: number
  /** Of all bytes, in hexadecimal. */
  readonly sha256: string
}

/** The result stands at its target, synced to disk. */
export interface Saved {
  readonly _tag: "Saved"
  readonly taskId: TaskId
  readonly path: string
}

/** A call went wrong in a way that passes, and is tried again after `delayMillis`. */
export interface Retrying {
  readonly _tag: "Retrying"
  readonly step: "create" | "status" | "download"
  readonly attempt: number
  readonly delayMillis: number
  /** The `_tag` of the error. */
  readonly error: string
  readonly reason: string
}

/**
 * What should outlive the program is held in memory alone, because the runtime keeps nothing: it is gone with the
 * program. Told at the beginning of each job that it concerns.
 */
export interface HeldInMemory {
  readonly _tag: "HeldInMemory"
  /** `journal`: what is known of the jobs. `results`: what comes of them. */
  readonly what: "journal" | "results"
  readonly reason: string
}

/** Whatever can happen; `_tag` says what did. */
export type JobEvent =
  | Uploading
  | Submitted
  | Resumed
  | Polled
  | NotFoundYet
  | Downloading
  | Verified
  | Saved
  | Retrying
  | HeldInMemory

/** Who hears the events of the fiber that provides it. By default no one. */
export const Listener = Context.Reference<(event: JobEvent) => Effect.Effect<void>>("voiceclone/JobEvent/Listener", {
  defaultValue: () => () => Effect.void,
})

/** Tells the {@link Listener} in force. */
export const emit = (event: JobEvent): Effect.Effect<void> => Effect.flatMap(Listener, (listen) => listen(event))

/** Bytes come in far faster than anyone can look: at most one progress event in this many milliseconds. */
const progressIntervalMillis = 100

/**
 * A meter for one transfer: each call counts a chunk and emits the total so far, except where the last event is too
 * fresh. `finish` emits the final count. Counting begins at `start`.
 */
export const meter = (
  toEvent: (bytes: number) => JobEvent,
  start = 0,
): {
  readonly count: (bytes: number) => Effect.Effect<void>
  /** Counts up to a total. */
  readonly reach: (total: number) => Effect.Effect<void>
  readonly finish: Effect.Effect<void>
} => {
  let total = start
  let emittedAt = Number.NEGATIVE_INFINITY
  let emitted = -1
  const reach = (next: number) =>
    Effect.flatMap(monotonicMillis, (now) => {
      total = next
      if (now - emittedAt < progressIntervalMillis) return Effect.void
      emittedAt = now
      emitted = total
      return emit(toEvent(total))
    })
  return {
    count: (bytes) => Effect.suspend(() => reach(total + bytes)),
    reach,
    finish: Effect.suspend(() => (emitted === total ? Effect.void : emit(toEvent(total)))),
  }
}
