// Writes the errors' reference from their classes in packages/core and the command's exit codes in packages/cli: what
// the page says is what the errors say. A new error fails the types here, and a new exit code the script, until it has
// its place.
import { TaskId } from "@voiceclone/core/Task"
import * as TaskError from "@voiceclone/core/TaskError"
import { readFileSync, writeFileSync } from "node:fs"

const root = new URL("../../../", import.meta.url)

/** What this reads of the command's own module, which no package may import. */
interface ExitCodes {
  readonly ExitCode: Readonly<Record<string, number>>
  readonly of: (error: TaskError.TaskError) => number
}
const codes = (await import(String(new URL("packages/cli/src/ExitCode.ts", root)))) as ExitCodes
const source = readFileSync(new URL("packages/core/src/TaskError.ts", root), "utf8")

const taskId = TaskId("3ce95f12-9ce6-4b54-9879-c523e4c3a653")
const on = { taskId, detail: "what the server says" }

type Examples = { readonly [Tag in TaskError.TaskError["_tag"]]: Extract<TaskError.TaskError, { readonly _tag: Tag }> }

/** One of each, in the order in which a job meets them. */
const examples: Examples = {
  InvalidInput: new TaskError.InvalidInput({
    input: "text",
    reason: "The text is empty",
    nextStep: "Say what the voice shall say.",
  }),
  SampleUnreadable: new TaskError.SampleUnreadable({ sample: "voice.wav", reason: "there is no such file" }),
  InvalidApiKey: new TaskError.InvalidApiKey({ detail: "Invalid or missing API key" }),
  AccessDenied: new TaskError.AccessDenied({ taskId, detail: "Access denied. Task belongs to another user" }),
  TaskNotFound: new TaskError.TaskNotFound({ taskId, detail: "Task not found or result not available" }),
  TaskNotReady: new TaskError.TaskNotReady({ taskId, detail: "Task not completed yet. Current status: processing" }),
  ResultExpired: new TaskError.ResultExpired({ taskId, detail: "Task result has expired and is no longer available" }),
  RequestRejected: new TaskError.RequestRejected({ status: 413, detail: on.detail }),
  CallNotOffered: new TaskError.CallNotOffered({ call: "cancel", status: 404 }),
  TooManyRequests: new TaskError.TooManyRequests({ detail: on.detail, retryAfterMillis: 30_000 }),
  ServerUnavailable: new TaskError.ServerUnavailable({ status: 503, detail: on.detail }),
  UnexpectedResponse: new TaskError.UnexpectedResponse({ status: 200, reason: "it is a web page" }),
  ConnectionFailed: new TaskError.ConnectionFailed({
    origin: "https://voices.example.com",
    reason: "connection refused",
  }),
  CreateOutcomeUnknown: new TaskError.CreateOutcomeUnknown({ reason: "the connection was reset" }),
  TaskFailed: new TaskError.TaskFailed({ taskId, reason: "the sample is silent" }),
  WaitTimedOut: new TaskError.WaitTimedOut({
    taskId,
    waitedMillis: 600_000,
    tally: { polls: 24, statuses: { processing: 24 }, errors: {} },
  }),
  ResultCorrupt: new TaskError.ResultCorrupt({
    taskId,
    reason: "its digest is not the announced one",
    cutShort: false,
    kept: "speech.wav.corrupt",
  }),
  TargetUnwritable: new TaskError.TargetUnwritable({ path: "speech.wav", reason: "no space left on the disk" }),
  TargetBusy: new TaskError.TargetBusy({ path: "speech.wav", lock: "speech.wav.lock" }),
  JobBusy: new TaskError.JobBusy({ key: "KEY", location: "DIRECTORY" }),
  JournalFailed: new TaskError.JournalFailed({ location: "DIRECTORY", reason: "permission denied" }),
  JournalUnreadable: new TaskError.JournalUnreadable({ key: "KEY", location: "DIRECTORY" }),
}

/** The first sentence of a doc comment, without its links. */
const about = (tag: string) => {
  const comment = new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s*export class ${tag} `, "u").exec(source)?.[1]
  if (comment === undefined) throw new Error(`${tag} has no doc comment in TaskError.ts`)
  return comment
    .replaceAll(/^\s*\* ?/gmu, "")
    .replaceAll(/\s+/gu, " ")
    .trim()
}

/** What each code means, under the name that `ExitCode` gives it. */
const meanings: Readonly<Record<string, string>> = {
  usage: "an input that cannot work: a flag, the sample, the text, the output",
  auth: "no API key, a wrong one, or another owner's task",
  notFound: "the server knows no such task",
  notReady: "the task has no result yet",
  expired: "the result was deleted after its time",
  taskFailed: "the server could not make the speech",
  timedOut: "the task was not finished in time; it goes on",
  corrupt: "what arrived is not the result; nothing was saved",
  network: "the server cannot be reached, or does not answer as it should",
  outcomeUnknown: "the task was sent, but no answer came: it may exist and be paid for",
  output: "the output, or standard output, cannot be written",
  serverStart: "the server cannot start",
  busy: "another run works on the same job, or writes the same output",
  journal: "the journal of jobs cannot be used",
  notOffered: "the server does not offer that call",
  interrupted: "interrupted",
}

const unnamed = Object.keys(codes.ExitCode).filter((name) => !(name in meanings))
if (unnamed.length > 0)
  throw new Error(`scripts/errors.ts does not say what these exit codes mean: ${unnamed.join(", ")}`)

const examplesOf = Object.entries(examples) as ReadonlyArray<[string, TaskError.TaskError]>
const tagsOf = (code: number) =>
  examplesOf.filter(([, error]) => codes.of(error) === code).map(([tag]) => `[\`${tag}\`](#${tag.toLowerCase()})`)

const rows = Object.entries(codes.ExitCode).map(([name, code]) => {
  const tags = name === "auth" ? [...tagsOf(code), "[`InvalidInput`](#invalidinput) of `apiKey`"] : tagsOf(code)
  return `| ${code} | ${meanings[name]} | ${tags.join(", ")} |`
})

const sections = examplesOf.map(
  ([tag, error]) => `### ${tag}

${about(tag)}

- **It says:** ${error.message}
- **Next step:** ${error.nextStep}
- **Exit code:** ${codes.of(error)}
`,
)

const page = `---
title: Errors and exit codes
description: Every error, what it says, what to do about it, and the exit code of the command.
sidebar: { order: 1 }
---

Every error is an \`Error\` with three things: a \`_tag\` that names it, a \`message\` of one sentence that names the cause,
and a \`nextStep\`. None of them ever holds an API key. An Effect has them in its type, a Promise rejects with them, and the
command prints them and ends with an exit code.

The command words a next step for a command line, with the task's id where there is one. What stands here is what the
errors themselves say, of one example each.

## Exit codes

| Code | Means | Errors |
| ---- | ----- | ------ |
| 0 | done | |
| 1 | a bug in voiceclone | |
${rows.join("\n")}

## Errors

${sections.join("\n")}`

writeFileSync(new URL("../src/content/docs/reference/errors.md", import.meta.url), page)
