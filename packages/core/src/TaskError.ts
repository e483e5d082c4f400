/**
 * Everything that can go wrong with a job, as tagged errors: plain `Error` subclasses with a `_tag`.
 *
 * `message` names the cause in one sentence, `nextStep` says what to do about it. None of them ever holds an API key,
 * or a token.
 */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import type { Task, TaskId } from "./Task.ts"

// --- what the caller gave us ------------------------------------------------------------------------------------

/** An input that cannot work, found out before anything was sent. */
export class InvalidInput extends Data.TaggedError("InvalidInput")<{
  readonly input: "apiKey" | "baseUrl" | "sample" | "text" | "output" | "taskId" | "options"
  readonly reason: string
  readonly nextStep: string
}> {
  override get message(): string {
    return this.reason
  }
}

/** The voice sample cannot be read from where it is. */
export class SampleUnreadable extends Data.TaggedError("SampleUnreadable")<{
  readonly sample: string
  readonly reason: string
}> {
  override get message(): string {
    return `Cannot read the voice sample ${this.sample}: ${this.reason}`
  }
  get nextStep(): string {
    return "Give the path of an audio file of a person speaking, 10 seconds or more."
  }
}

// --- what the server said ---------------------------------------------------------------------------------------

/** 401: the server does not accept the key. */
export class InvalidApiKey extends Data.TaggedError("InvalidApiKey")<{
  readonly detail: string
}> {
  override get message(): string {
    return `The server does not accept the API key (${this.detail})`
  }
  get nextStep(): string {
    return "Check the key, and that it belongs to this server."
  }
}

/** 403: the task, or the call, belongs to someone else. */
export class AccessDenied extends Data.TaggedError("AccessDenied")<{
  readonly taskId?: TaskId
  readonly detail: string
}> {
  override get message(): string {
    return `The server denies access (${this.detail})`
  }
  get nextStep(): string {
    return "Use the API key that the task was created with; its job, run again with force, is paid for by this key."
  }
}

/** 404 on a task. */
export class TaskNotFound extends Data.TaggedError("TaskNotFound")<{
  readonly taskId: TaskId
  readonly detail: string
}> {
  override get message(): string {
    return `The server knows no task ${this.taskId} (${this.detail})`
  }
  get nextStep(): string {
    return "Check the task id and the base URL; a task is only known to the server that created it. Where it is gone for good, its job can be run again with force, which pays for a new one."
  }
}

/** 409: the result is not there yet. A state, not a failure. */
export class TaskNotReady extends Data.TaggedError("TaskNotReady")<{
  readonly taskId: TaskId
  readonly detail: string
}> {
  override get message(): string {
    return `Task ${this.taskId} has no result yet (${this.detail})`
  }
  get nextStep(): string {
    return "Wait for the task, then download again."
  }
}

/** 410: the result was deleted. */
export class ResultExpired extends Data.TaggedError("ResultExpired")<{
  readonly taskId: TaskId
  readonly detail: string
}> {
  override get message(): string {
    return `The result of task ${this.taskId} has expired (${this.detail})`
  }
  get nextStep(): string {
    return "The speech is gone from the server; its job, run again with force, pays for a new task."
  }
}

/** Any other 4xx: the server understood the request and refuses it. */
export class RequestRejected extends Data.TaggedError("RequestRejected")<{
  readonly status: number
  readonly detail: string
}> {
  override get message(): string {
    return `The server refused the request with ${this.status}: ${this.detail}`
  }
  get nextStep(): string {
    switch (this.status) {
      case 404:
        return "Check the base URL; it ends where the API begins, e.g. https://host/api."
      case 413:
        return "Send a smaller sample; a minute of speech is plenty."
      case 415:
        return "Send an audio file as the sample: WAV, MP3, M4A, FLAC, Ogg or WebM."
      default:
        return "Change what the server objects to, then try again."
    }
  }
}

/** 429: too many requests, by the server's own measure. */
export class TooManyRequests extends Data.TaggedError("TooManyRequests")<{
  readonly detail: string
  /** When the server wants to be asked again, in milliseconds. */
  readonly retryAfterMillis?: number
}> {
  override get message(): string {
    return `The server asks for fewer requests (${this.detail})`
  }
  get nextStep(): string {
    return this.retryAfterMillis === undefined
      ? "Try again later."
      : `Try again in ${Duration.format(Duration.millis(this.retryAfterMillis))}.`
  }
}

/** 5xx: the server, or a proxy before it, is in trouble. */
export class ServerUnavailable extends Data.TaggedError("ServerUnavailable")<{
  readonly status: number
  readonly detail: string
  /** When the server wants to be asked again, in milliseconds. */
  readonly retryAfterMillis?: number
}> {
  override get message(): string {
    return `The server cannot answer now (${this.status}: ${this.detail})`
  }
  get nextStep(): string {
    return "Nothing is lost; try again later."
  }
}

/** An answer that is not what the API promises: a status never seen, or a body that isn't what it claims. */
export class UnexpectedResponse extends Data.TaggedError("UnexpectedResponse")<{
  readonly status: number
  readonly reason: string
}> {
  override get message(): string {
    return `The server's answer (${this.status}) is not what the API promises: ${this.reason}`
  }
  get nextStep(): string {
    return "Check that the base URL leads to a voice-cloning API, and that no proxy or login page answers instead."
  }
}

/** 404, 405 or 501 for a call beyond the documented API: this server does without. */
export class CallNotOffered extends Data.TaggedError("CallNotOffered")<{
  readonly call: "list" | "cancel"
  readonly status: number
}> {
  override get message(): string {
    const what = this.call === "list" ? "list tasks" : "cancel a task"
    return `The server does not offer to ${what} (it answered ${this.status})`
  }
  get nextStep(): string {
    return this.call === "list"
      ? "Look into the journal instead: it knows every job that was begun on this machine."
      : "Let the task end; its result is deleted after its time."
  }
}

/** No answer: refused, reset, timed out, name not found, TLS trouble. */
export class ConnectionFailed extends Data.TaggedError("ConnectionFailed")<{
  /** The origin that was called, e.g. `https://example.org`. */
  readonly origin: string
  readonly reason: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return `Cannot reach ${this.origin}: ${this.reason}`
  }
  get nextStep(): string {
    return "Check the network and the base URL, then try again; a task that was created is not lost."
  }
}

// --- what became of the job -------------------------------------------------------------------------------------

/**
 * The create request was sent and no answer came, so a task may exist and may have been paid for. It is never repeated
 * by itself.
 */
export class CreateOutcomeUnknown extends Data.TaggedError("CreateOutcomeUnknown")<{
  readonly reason: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return `The task was sent, but whether it was created is not known: ${this.reason}`
  }
  get nextStep(): string {
    return "Look at the server's list of tasks or its bill: it may exist already. If it doesn't, run the job again with force."
  }
}

/** The server reported `status: "failed"`. */
export class TaskFailed extends Data.TaggedError("TaskFailed")<{
  readonly taskId: TaskId
  readonly reason: string
}> {
  /** What a failed task's snapshot says. */
  static of({ id, error }: Task): TaskFailed {
    return new TaskFailed({ taskId: id, reason: error ?? "the server gives no reason" })
  }
  override get message(): string {
    return `Task ${this.taskId} failed: ${this.reason}`
  }
  get nextStep(): string {
    return "Mend what the reason names, often the sample or the text: that makes a new job. The same one, run again with force, pays for a new task."
  }
}

/** What was observed while waiting. */
export interface WaitTally {
  /** How often the server was asked. */
  readonly polls: number
  /** How often each status was reported, in the server's own words. */
  readonly statuses: Readonly<Record<string, number>>
  /** How often each error came instead, by its `_tag`. */
  readonly errors: Readonly<Record<string, number>>
}

/** We stopped waiting; the task goes on at the server. */
export class WaitTimedOut extends Data.TaggedError("WaitTimedOut")<{
  readonly taskId: TaskId
  readonly waitedMillis: number
  readonly tally: WaitTally
  /** The last snapshot, where one was had. */
  readonly lastSeen?: Task
}> {
  override get message(): string {
    const seen = this.lastSeen === undefined ? "" : ` (last seen ${this.lastSeen.reportedStatus})`
    const seconds = this.waitedMillis / 1000
    const waited = Duration.seconds(seconds < 10 ? seconds : Math.round(seconds))
    return `Task ${this.taskId} was not finished after ${Duration.format(waited)}${seen}`
  }
  get nextStep(): string {
    return "The task goes on at the server and is paid for; wait for the same task id again."
  }
}

/** The bytes received are not the whole, valid result. Nothing was put at the target. */
export class ResultCorrupt extends Data.TaggedError("ResultCorrupt")<{
  readonly taskId: TaskId
  readonly reason: string
  /** Whether only the end is missing, so that fetching it once more may help. */
  readonly cutShort: boolean
  /** The file that what arrived was put into, to be looked at. */
  readonly kept?: string
}> {
  override get message(): string {
    return `The result of task ${this.taskId} did not arrive as it should: ${this.reason}`
  }
  get nextStep(): string {
    const kept = this.kept === undefined ? "" : ` What came is kept in ${this.kept}.`
    return `Nothing was saved; download the same task again.${kept}`
  }
}

/** The target cannot be written: a directory, no permission, no space. */
export class TargetUnwritable extends Data.TaggedError("TargetUnwritable")<{
  readonly path: string
  readonly reason: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return `Cannot write ${this.path}: ${this.reason}`
  }
  get nextStep(): string {
    return "Choose another output, or make room and permission for this one."
  }
}

/** Another process, or another call in this one, writes to the same target now. */
export class TargetBusy extends Data.TaggedError("TargetBusy")<{
  readonly path: string
  /** The lock file. */
  readonly lock: string
}> {
  override get message(): string {
    return `Another download writes ${this.path} now`
  }
  get nextStep(): string {
    return `Let it finish, or choose another output. If nothing runs any more, delete ${this.lock}.`
  }
}

/** Another process, or another call in this one, works on the same job now. */
export class JobBusy extends Data.TaggedError("JobBusy")<{
  /** The journal's key of the job. */
  readonly key: string
  /** Where the journal is. */
  readonly location: string
}> {
  override get message(): string {
    return "The same job (server, sample and text) runs already"
  }
  get nextStep(): string {
    return `Let it finish; running it again afterwards costs nothing. If nothing runs any more, delete ${this.key}.lock in ${this.location}.`
  }
}

/** The journal cannot be read or written, so nothing that costs is done. */
export class JournalFailed extends Data.TaggedError("JournalFailed")<{
  readonly location: string
  readonly reason: string
  /** The task that was created and could not be written down. */
  readonly taskId?: TaskId
  readonly cause?: unknown
}> {
  override get message(): string {
    const task = this.taskId === undefined ? "" : `; task ${this.taskId} was created and is not in it`
    return `Cannot use the journal of jobs in ${this.location}: ${this.reason}${task}`
  }
  get nextStep(): string {
    if (this.taskId !== undefined) return `Keep the task's id, make room for the journal, and download ${this.taskId}.`
    return "Make room and permission for it, or choose another place; without it a job might be paid twice."
  }
}

/** The journal knows something of this job that cannot be read. It may have been paid for. */
export class JournalUnreadable extends Data.TaggedError("JournalUnreadable")<{
  readonly key: string
  readonly location: string
}> {
  override get message(): string {
    return `The journal's entry ${this.key} in ${this.location} is damaged, or of a newer version`
  }
  get nextStep(): string {
    return "Look at it for a task id to download; force creates the task anew, and pays for it, and keeps the entry aside."
  }
}

// --- unions -----------------------------------------------------------------------------------------------------

/** What any call to the API can fail with, whatever it asks. */
export type ApiError =
  | InvalidApiKey
  | RequestRejected
  | TooManyRequests
  | ServerUnavailable
  | UnexpectedResponse
  | ConnectionFailed

/** What creating a task can fail with. */
export type CreateError =
  | ApiError
  | AccessDenied
  | InvalidInput
  | SampleUnreadable
  | CreateOutcomeUnknown
  | JournalFailed

/** What asking for a task's status can fail with. */
export type StatusError = ApiError | AccessDenied | TaskNotFound

/** What listing tasks can fail with. */
export type ListError = ApiError | AccessDenied | CallNotOffered

/** What cancelling a task can fail with. */
export type CancelError = StatusError | CallNotOffered

/** What waiting for a task can fail with. */
export type WaitError = StatusError | TaskFailed | WaitTimedOut

/** What asking for a result can fail with. */
export type ResultError = ApiError | AccessDenied | TaskNotFound | TaskNotReady | ResultExpired

/** What bringing a result into memory can fail with. */
export type ReceiveError = ResultError | ResultCorrupt

/** What a file to write can be refused for. */
export type TargetError = InvalidInput | TargetUnwritable | TargetBusy

/** What saving a result to a file can fail with. */
export type SaveError = ReceiveError | TargetError

/** What the journal can fail with. */
export type JournalError = JournalFailed | JournalUnreadable | JobBusy

/** Why a job whose task is known can't be gone on with. */
export type LostError = AccessDenied | TaskNotFound | TaskFailed | ResultExpired

/** What a whole job can fail with. */
export type CloneError = CreateError | WaitError | SaveError | JournalError

/** Every error of this library. */
export type TaskError = CloneError | CallNotOffered
