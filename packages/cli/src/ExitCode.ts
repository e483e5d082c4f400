/**
 * What the command's exit code says, so that a script can act on it.
 */
import type { TaskError } from "@voiceclone/core/TaskError"
import type { StartError } from "./EmbeddedServer.ts"
import type { PageMissing } from "./Page.ts"
import type { ModelUnavailable } from "./ModelArchive.ts"
import type { Usage } from "./Usage.ts"

/** Every error that a command can end with. */
export type CommandError = TaskError | StartError | ModelUnavailable | PageMissing | Usage

/** The codes by name; 0 is success, 1 is a bug of ours. */
export const ExitCode = {
  usage: 2,
  auth: 3,
  notFound: 4,
  notReady: 5,
  expired: 6,
  taskFailed: 7,
  timedOut: 8,
  corrupt: 9,
  network: 10,
  outcomeUnknown: 11,
  output: 12,
  serverStart: 13,
  busy: 14,
  journal: 15,
  notOffered: 16,
  interrupted: 130,
} as const

/** What each code says to a person. */
export const meanings: ReadonlyArray<readonly [code: number, meaning: string]> = [
  [0, "done"],
  [1, "a bug in voiceclone"],
  [ExitCode.usage, "an input that cannot work: a flag, the sample, the text, the output"],
  [ExitCode.auth, "no API key, a wrong one, or another owner's task"],
  [ExitCode.notFound, "the server knows no such task"],
  [ExitCode.notReady, "the task has no result yet"],
  [ExitCode.expired, "the result was deleted after its time"],
  [ExitCode.taskFailed, "the server could not make the speech"],
  [ExitCode.timedOut, "the task was not finished in time; it goes on"],
  [ExitCode.corrupt, "what arrived is not the result; nothing was saved"],
  [ExitCode.network, "the server cannot be reached, or does not answer as it should"],
  [ExitCode.outcomeUnknown, "the task was sent, but no answer came: it may exist and be paid for"],
  [ExitCode.output, "the output, standard output or a temporary file cannot be written, or a file not played"],
  [ExitCode.serverStart, "a server cannot start, or its data, model or engine cannot be used"],
  [ExitCode.busy, "another run works on the same job, or writes the same output"],
  [ExitCode.journal, "the journal of jobs cannot be used"],
  [ExitCode.notOffered, "the server does not offer what was asked for"],
  [ExitCode.interrupted, "interrupted"],
]

const byTag: Record<CommandError["_tag"], number> = {
  Usage: ExitCode.usage,
  InvalidInput: ExitCode.usage,
  SampleUnreadable: ExitCode.usage,
  RequestRejected: ExitCode.usage,
  OwnerInvalid: ExitCode.usage,
  ConfigurationInvalid: ExitCode.usage,
  InvalidApiKey: ExitCode.auth,
  AccessDenied: ExitCode.auth,
  TaskNotFound: ExitCode.notFound,
  TaskNotReady: ExitCode.notReady,
  ResultExpired: ExitCode.expired,
  TaskFailed: ExitCode.taskFailed,
  WaitTimedOut: ExitCode.timedOut,
  ResultCorrupt: ExitCode.corrupt,
  ConnectionFailed: ExitCode.network,
  ServerUnavailable: ExitCode.network,
  TooManyRequests: ExitCode.network,
  UnexpectedResponse: ExitCode.network,
  ModelUnavailable: ExitCode.network,
  CreateOutcomeUnknown: ExitCode.outcomeUnknown,
  TargetUnwritable: ExitCode.output,
  TargetBusy: ExitCode.busy,
  JobBusy: ExitCode.busy,
  JournalFailed: ExitCode.journal,
  JournalUnreadable: ExitCode.journal,
  CallNotOffered: ExitCode.notOffered,
  PortInUse: ExitCode.serverStart,
  ListenFailed: ExitCode.serverStart,
  DataDirectoryUnusable: ExitCode.serverStart,
  DatabaseNewer: ExitCode.serverStart,
  DatabaseUnusable: ExitCode.serverStart,
  StoreUnusable: ExitCode.serverStart,
  EngineUnusable: ExitCode.serverStart,
  TwoEffects: ExitCode.serverStart,
  BackupFailed: ExitCode.output,
  ApiKeysInvalid: ExitCode.serverStart,
  NodeTooOld: ExitCode.serverStart,
  PageMissing: ExitCode.serverStart,
  ServerNotIncluded: ExitCode.serverStart,
}

/** The code of an error. A missing or malformed API key is a matter of authentication, not of usage. */
export const of = (error: CommandError): number =>
  error._tag === "InvalidInput" && error.input === "apiKey" ? ExitCode.auth : byTag[error._tag]
