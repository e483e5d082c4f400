/**
 * The flags and arguments that several commands share.
 */
import { TaskId } from "@voiceclone/core/Task"
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Duration from "effect/Duration"

/** `90s`, `10m`, `1h`, `7d`, or bare seconds. */
export const parseDuration = (text: string): Duration.Duration => {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/.exec(text.trim())
  if (match === null) throw new Error("seconds, or e.g. 90s, 10m, 1h, 7d")
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] ?? "s"] ?? 1000
  return Duration.millis(Number(match[1]) * unit)
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export const duration = (name: string) =>
  Flag.String(name).pipe(Flag.mapTryCatch(parseDuration, messageOf), Flag.withMetavar("TIME"))

/** Which server to talk to. */
export const connection = {
  baseUrl: Flag.String("base-url").pipe(
    Flag.withDescription("Where the API begins; else VOICECLONE_BASE_URL"),
    Flag.withMetavar("URL"),
    Flag.optional,
  ),
  local: Flag.Boolean("local").pipe(
    Flag.withDescription("With a server of its own: no account, no network"),
    Flag.withDefault(false),
  ),
  data: Flag.String("data").pipe(
    Flag.withDescription("With --local: the server's data directory"),
    Flag.withMetavar("DIR"),
    Flag.optional,
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("JSON lines: one an event, last the outcome"),
    Flag.withDefault(false),
  ),
}

/** Which server to look after: the one that `serve` with these flags, in this environment, is. */
export const ownServer = {
  config: Flag.String("config").pipe(
    Flag.withDescription("The server's configuration file; else VOICECLONE_CONFIG"),
    Flag.withMetavar("FILE"),
    Flag.optional,
  ),
  data: Flag.String("data").pipe(
    Flag.withDescription("The server's data directory; else VOICECLONE_DATA"),
    Flag.withMetavar("DIR"),
    Flag.optional,
  ),
}

export const output = Flag.String("output").pipe(
  Flag.withAlias("o"),
  Flag.withDescription("The WAV file, or a directory for it; - is stdout"),
  Flag.withMetavar("FILE"),
)

export const timeout = duration("timeout").pipe(
  Flag.withDescription("How long to wait: 90s, 10m, 1h (the default)"),
  Flag.optional,
)

export const taskId = Argument.String("task-id").pipe(
  Argument.withDescription("The id that create printed"),
  Argument.map((id) => TaskId(id.trim())),
  Argument.filter(
    (id) => id !== "",
    () => "the id that create printed",
  ),
)
