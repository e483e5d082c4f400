/**
 * The lines that `--json` prints, as schemas: the JSON Schema of the documentation comes from them, and the tests hold
 * every line to them.
 */
import * as Schema from "effect/Schema"

/** Counts up when a program that reads the lines would have to change. A new field or kind of line is no such change. */
export const version = 1

const { Boolean, Finite, Literals, optionalKey, String } = Schema
const Time = String.annotate({ description: "RFC 3339, in UTC", format: "date-time" })
const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Sha256 = String.annotate({ description: "SHA-256, in hexadecimal" })
const NextStep = String.annotate({ description: "What to do, for a person" })

const Format = Schema.Struct({ sampleRate: Count, bitsPerSample: Count, channels: Count }).annotate({
  identifier: "Format",
})

const task = {
  id: String,
  status: Literals(["pending", "processing", "completed", "failed", "unknown"]),
  reportedStatus: String,
  error: optionalKey(String),
  progress: optionalKey(Finite),
  queuePosition: optionalKey(Count),
  createdAt: optionalKey(Time),
  startedAt: optionalKey(Time),
  completedAt: optionalKey(Time),
  expiresAt: optionalKey(Time),
  engine: optionalKey(String),
  retryAfterMillis: optionalKey(Finite),
}
const Task = Schema.Struct(task).annotate({ identifier: "Task" })
const received = { taskId: String, bytes: Count, format: Format, seconds: Finite, sha256: Sha256 }
const model = {
  kind: Literals(["pocket", "zipvoice"]),
  directory: String,
  languages: Schema.Array(String),
  name: String,
  files: Schema.Record(String, String),
  missing: Schema.Array(String),
  damaged: Schema.Array(String),
  sampleRate: Count,
  needsTranscript: Boolean,
  licence: optionalKey(String),
}

const line = <const Tag extends string, Fields extends Schema.Struct.Fields>(
  tag: Tag,
  description: string,
  fields: Fields,
) =>
  Schema.Struct({ v: Schema.Literal(version), _tag: Schema.Literal(tag), ...fields }).annotate({
    title: tag,
    description,
  })

/** What happens to a job: `JobEvent` of `@voiceclone/core`. */
const events = [
  line("Uploading", "The sample is on its way", { sentBytes: Count, totalBytes: Count }),
  line("Submitted", "The task exists, and is paid for", { taskId: String }),
  line("Resumed", "The job goes on with the task of an earlier run", { taskId: String, state: String }),
  line("Polled", "The server was asked", { task: Task }),
  line("NotFoundYet", "The server doesn't know the task yet, and is asked again", {
    taskId: String,
    leftMillis: Count,
  }),
  line("Downloading", "The result is on its way", {
    taskId: String,
    receivedBytes: Count,
    totalBytes: optionalKey(Count),
  }),
  line("Verified", "The whole result is here, and is a WAV file", received),
  line("Saved", "The result stands at its place, synced to disk", { taskId: String, path: String }),
  line("Retrying", "A call went wrong, and is tried again", {
    step: Literals(["create", "status", "download"]),
    attempt: Count,
    delayMillis: Finite,
    error: String,
    reason: String,
  }),
  line("HeldInMemory", "What should outlive the program is held in memory alone", {
    what: Literals(["journal", "results"]),
    reason: String,
  }),
] as const

const failure = { error: String, message: String, nextStep: NextStep }
const entryOf = { taskId: optionalKey(String), sample: String, output: optionalKey(String) }

/** What is one of many: a row of a batch, a job of the journal, a task of the server. */
const parts = [
  line("Row", "What became of a row of a batch", {
    row: String,
    state: Literals(["saved", "failed"]),
    sample: String,
    output: String,
    taskId: optionalKey(String),
    bytes: optionalKey(Count),
    seconds: optionalKey(Finite),
    sha256: optionalKey(Sha256),
    error: optionalKey(String),
    message: optionalKey(String),
    nextStep: optionalKey(NextStep),
  }),
  line("Job", "A job of the journal", {
    key: String,
    idempotencyKey: String,
    server: String,
    sample: Schema.Struct({ name: String, bytes: Count, sha256: Sha256 }),
    text: Schema.Struct({ characters: Count, sha256: Sha256 }),
    output: optionalKey(String),
    state: Literals(["planned", "sent", "submitted", "completed", "saved", "failed", "expired", "lost"]),
    taskId: optionalKey(String),
    error: optionalKey(String),
    plannedAt: Time,
    updatedAt: Time,
    expiresAt: optionalKey(Time),
    saved: optionalKey(Schema.Struct({ path: String, bytes: Count, sha256: Sha256 })),
  }),
  line("Task", "A task that the server knows", task),
  line("Unreadable", "An entry of the journal that cannot be read", { key: String, path: String, nextStep: NextStep }),
  line("NotResumed", "A job that could not be finished", { ...entryOf, ...failure }),
  line("OutcomeUnknown", "A job that was sent, and whose answer never came", {
    key: String,
    sample: String,
    output: optionalKey(String),
    nextStep: NextStep,
  }),
  line("NoOutput", "A task that was created without a place for its speech", {
    taskId: optionalKey(String),
    sample: String,
    nextStep: NextStep,
  }),
] as const

/** The last line: how the command ended. */
const outcomes = [
  line("Created", "create: the task exists", { taskId: String }),
  line("Status", "status", { task: Task }),
  line("Completed", "wait: the speech is ready", { task: Task }),
  line("Done", "clone and download: the speech is saved", { path: String, ...received }),
  line("ResumedAll", "resume", { saved: Count, failed: Count, unknown: Count }),
  line("Batch", "batch", { saved: Count, failed: Count, notBegun: Count, bytes: Count, seconds: Finite }),
  line("Listed", "list", { jobs: optionalKey(Count), unreadable: optionalKey(Count), tasks: optionalKey(Count) }),
  line("Cancelled", "cancel", { task: Task }),
  line("Whole", "verify: the file is whole", {
    file: String,
    bytes: Count,
    sha256: Sha256,
    format: Format,
    seconds: Finite,
    peakDecibels: Schema.NullOr(Finite),
    loudnessLufs: Schema.NullOr(Finite),
  }),
  line("Played", "play", { file: String, player: String }),
  line("LoggedIn", "login", { baseUrl: String, file: String }),
  line("LoggedOut", "logout", { baseUrl: String, wasKept: Boolean }),
  line("WhoAmI", "whoami", { baseUrl: String, baseUrlFrom: String, keyFrom: optionalKey(String) }),
  line("Config", "config list", {
    file: String,
    settings: Schema.Record(String, Schema.Struct({ value: String, from: String })),
  }),
  line("Configured", "config set and unset", { name: String, value: optionalKey(String) }),
  line("Checkup", "doctor", {
    platform: String,
    checks: Schema.Array(
      Schema.Struct({
        name: String,
        state: Literals(["good", "trouble", "bad"]),
        message: String,
        nextStep: optionalKey(NextStep),
      }),
    ),
  }),
  line("Listening", "serve", {
    baseUrl: String,
    dataDirectory: String,
    engine: Schema.Struct({
      name: String,
      version: String,
      languages: Schema.Array(String),
      kind: String,
      summary: String,
    }),
    database: optionalKey(String),
    apiKey: optionalKey(String),
    pageUrl: optionalKey(String),
  }),
  line("BackedUp", "backup", { directory: String, tasks: Count, files: Count, missing: Schema.Array(String) }),
  line("KeyCreated", "keys create", { id: String, owner: String, key: String }),
  line("Keys", "keys list", {
    keys: Schema.Array(Schema.Struct({ id: String, owner: String, createdAt: Time, revokedAt: optionalKey(Time) })),
  }),
  line("KeyRevoked", "keys revoke", { id: String }),
  line("Engines", "engine list", {
    engines: Schema.Array(Schema.Struct({ engine: String, summary: String, isChosen: Boolean })),
    models: Schema.Array(Schema.Struct(model)),
  }),
  line("Model", "engine check and install", {
    ...model,
    sha256: optionalKey(Sha256),
    checkedBy: optionalKey(Literals(["flag", "sidecar", "nothing"])),
  }),
  line("Failed", "The command failed", {
    ...failure,
    taskId: optionalKey(String),
    bytes: optionalKey(Count),
    sha256: optionalKey(Sha256),
  }),
  line("Interrupted", "The command was stopped", { nextStep: optionalKey(NextStep), taskId: optionalKey(String) }),
] as const

/** Any line. */
export const JsonLine = Schema.Union([...events, ...parts, ...outcomes])

/** The JSON Schema (2020-12) of a line; open for the fields and kinds that later versions add. */
export const jsonSchema = (): object => {
  const { schema, definitions } = Schema.toJsonSchemaDocument(JsonLine)
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: `A line of voiceclone --json, version ${version}`,
    ...schema,
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions }),
  }
}
