/**
 * What to do after an error, in the command's own words where the library's don't fit a command line.
 */
import type { CommandError } from "./ExitCode.ts"
import { join } from "node:path"
import * as TemporaryDirectory from "./TemporaryDirectory.ts"

/** What the advice depends on, besides the error. */
export interface Situation {
  /** The command creates tasks, and has `--force`. */
  readonly creates?: boolean | undefined
  /** The task that this run has created, or found to exist. */
  readonly task?: string | undefined
  /** The command line that brings such a task home, to another output where one is told. */
  readonly bringHome?: ((taskId: string, otherOutput?: string) => string) | undefined
  /** The command line that does the rest of what was asked. */
  readonly again?: string | undefined
  /** The command brings its own server. */
  readonly local?: boolean | undefined
  /** The command keeps the key that it was given. */
  readonly logsIn?: boolean | undefined
}

/** What to do after an error: one line. */
export const of = (error: CommandError, situation: Situation): string => {
  const { task, bringHome, again } = situation
  const advice = adviceFor(error, situation)
  if (isOver(error)) return advice
  if (task !== undefined && bringHome !== undefined) {
    const isUnwritable = error._tag === "TargetUnwritable" || error._tag === "InvalidInput"
    const goOn = isUnwritable ? bringHome(task, "FILE") : bringHome(task)
    return [`Task ${task} exists and is paid for.`, ...(passes(error) ? [] : [advice]), `Go on with: ${goOn}`].join(" ")
  }
  return again !== undefined && (error._tag === "WaitTimedOut" || error._tag === "TaskNotReady")
    ? `The task goes on at the server. Go on with: ${again}`
    : advice
}

/** What to do when the command was stopped. */
export const afterInterrupt = (
  { creates, task, bringHome, again }: Situation,
  isOutcomeUnknown: boolean,
): string | undefined => {
  if (isOutcomeUnknown) {
    return "The task had been sent, and may exist: run the same command again, and it says what can be done."
  }
  if (task !== undefined && bringHome !== undefined) {
    return `Task ${task} exists and is paid for. Go on with: ${bringHome(task)}`
  }
  if (again !== undefined) return `Go on with: ${again}`
  return creates === true ? "Nothing was paid for." : undefined
}

/** The file of an entry that the journal cannot read, and what to do about it. */
export const forUnreadable = (location: string, key: string): string =>
  `Look into ${join(location, `${key}.json`)} for a task id, which voiceclone download takes.`

/** There is nothing to go on with. */
const isOver = ({ _tag }: CommandError): boolean =>
  _tag === "TaskFailed" ||
  _tag === "ResultExpired" ||
  _tag === "TaskNotFound" ||
  _tag === "AccessDenied" ||
  _tag === "CreateOutcomeUnknown" ||
  _tag === "JournalUnreadable"

/** Doing the same again is all that it takes. */
const passes = ({ _tag }: CommandError): boolean =>
  _tag === "WaitTimedOut" ||
  _tag === "TaskNotReady" ||
  _tag === "ConnectionFailed" ||
  _tag === "ServerUnavailable" ||
  _tag === "TooManyRequests"

/** What to do about a certificate that is not accepted. */
const forCertificate = (reason: string): string | undefined =>
  !reason.includes("TLS certificate")
    ? undefined
    : /authority|self-signed/.test(reason)
      ? "If you trust the server, set NODE_EXTRA_CA_CERTS to a file with the certificate of its authority (PEM)."
      : reason.includes("another host")
        ? "Check the host in the base URL."
        : "Check this machine's clock; if it is right, the server needs another certificate."

const adviceFor = (error: CommandError, situation: Situation): string => {
  const { creates, task, local } = situation
  const payAgain =
    creates === true
      ? "Run the same command with --force to create and pay for a new task."
      : "To create and pay for a new task, run clone or create with --force."
  switch (error._tag) {
    case "TaskFailed":
      return `Mend what the reason names, often the sample or the text. ${payAgain}`
    case "ResultExpired":
      return `The speech is gone from the server. ${payAgain}`
    case "TaskNotFound":
      return creates === true
        ? `The server has forgotten it, or knows it by another API key. ${payAgain}`
        : "Check the task id (voiceclone list shows those of this machine), the API key and the base URL: a task is known only where it was created. If it is gone for good, clone or create with --force pays for a new one."
    case "AccessDenied":
      return error.taskId === undefined
        ? "Set VOICECLONE_API_KEY to a key that may do this."
        : `Set VOICECLONE_API_KEY to the key that the task was created with.${creates === true ? ` ${payAgain}` : ""}`
    case "CreateOutcomeUnknown":
      return `Look at the server's list of tasks or its bill: it may exist, and be paid for. If it isn't there: ${payAgain}`
    case "JournalUnreadable":
      return `${forUnreadable(error.location, error.key)} ${payAgain}`
    case "JournalFailed":
      return `Make room and permission for it, or set XDG_STATE_HOME to another place${task === undefined ? "; without it a job might be paid twice" : ""}.`
    case "CallNotOffered":
      return error.call === "list"
        ? "Run voiceclone list without --server: the journal knows every job that was begun on this machine."
        : error.nextStep
    case "TargetUnwritable":
      return error.path === TemporaryDirectory.what
        ? "Make room where temporary files are, or set TMPDIR to another directory."
        : error.nextStep
    case "ConnectionFailed":
      return forCertificate(error.reason) ?? error.nextStep
    case "InvalidApiKey":
      return setKey(situation)
    case "InvalidInput":
      if (error.input === "apiKey") return setKey(situation)
      return error.nextStep.includes("allowInsecure")
        ? "Use https, or set VOICECLONE_ALLOW_INSECURE=1 for a network that you trust."
        : error.nextStep
    case "DataDirectoryUnusable":
      return local === true && error.reason === "another server uses it"
        ? `Leave --local out: set VOICECLONE_BASE_URL to that server, and VOICECLONE_API_KEY to the key in ${join(error.path, "key")}. Or give this command a --data directory of its own.`
        : error.nextStep
    default:
      return error.nextStep
  }
}

const setKey = ({ creates, logsIn, task }: Situation): string => {
  if (logsIn === true) return "Nothing was kept. Give the whole key, as the server's operator or website shows it."
  const orLocal = task === undefined && creates === true ? "; or use --local" : ""
  return `Run voiceclone login, or set VOICECLONE_API_KEY to a key of this server and VOICECLONE_BASE_URL to the server${orLocal}.`
}
