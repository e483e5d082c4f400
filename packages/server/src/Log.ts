/**
 * How the server's log is written: on standard error, a line an event, whatever is in it.
 */
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as References from "effect/References"

/** - `logfmt`: `key=value`, for people and for `grep`
 *  - `json`: an object a line, for what collects logs
 *  - `pretty`: in colours, for a terminal while developing; a line may go on in others there
 */
export type Format = "logfmt" | "json" | "pretty"

/** The least serious lines that are written. */
export type Level = Lowercase<LogLevel.LogLevel>

/** Lines that are not written yet. A write for each would cost a busy server more than making them. */
let lines = ""

const flush = () => {
  if (lines === "") return
  const text = lines
  lines = ""
  process.stderr.write(text)
}
process.on("exit", flush)

let isHeld = false

/** Keeps lines back until what it returns is called, so that something else comes before them. */
export const hold = (): (() => void) => {
  isHeld = true
  return () => {
    isHeld = false
    flush()
  }
}

/** Writes lines together at the end of a turn of the event loop, and before the process ends. */
const write = (line: string) => {
  if (lines === "" && !isHeld) setImmediate(flush)
  lines += `${line}\n`
}

const loggers = {
  logfmt: Logger.map(Logger.formatLogFmt, write),
  json: Logger.map(Logger.formatJson, write),
  pretty: Logger.consolePretty(),
}

/** What is said of an event. */
export type Annotations = Readonly<Record<string, string | number | boolean>>

/** Writes the line of an `Effect.log` with annotations at once, and so without a fiber to name. */
export type Direct = (level: LogLevel.Severity, message: string, annotations: Annotations) => void

const quoted = (value: Annotations[string]): string =>
  typeof value !== "string" || /^[^\s"=]*$/u.test(value) ? String(value) : JSON.stringify(value)

let last = { at: 0, text: "" }
/** The time; made once for all lines of a millisecond. */
const timestamp = (): string => {
  const at = Date.now()
  if (at !== last.at) last = { at, text: new Date(at).toISOString() }
  return last.text
}

const directs = new Map<Logger.Logger<unknown, unknown>, Direct>([
  [
    loggers.logfmt,
    (level, message, annotations) => {
      let line = `timestamp=${timestamp()} level=${level.toUpperCase()} message=${quoted(message)}`
      for (const label in annotations) line += ` ${label}=${quoted(annotations[label]!)}`
      write(line)
    },
  ],
  [
    loggers.json,
    (level, message, annotations) =>
      write(JSON.stringify({ message, level: level.toUpperCase(), timestamp: timestamp(), annotations, spans: {} })),
  ],
])

/** For what is written a thousand times a second; `undefined` where others than this module's loggers listen too. */
export const direct = (listening: ReadonlySet<Logger.Logger<unknown, unknown>>): Direct | undefined => {
  const [only] = listening
  return only === undefined || listening.size > 1 ? undefined : directs.get(only)
}

const levels: Readonly<Record<Level, LogLevel.LogLevel>> = {
  all: "All",
  trace: "Trace",
  debug: "Debug",
  info: "Info",
  warn: "Warn",
  error: "Error",
  fatal: "Fatal",
  none: "None",
}

/** Writes the log so. */
export const layer = (format: Format, level: Level) =>
  Layer.mergeAll(
    Layer.succeed(References.MinimumLogLevel, levels[level]),
    Layer.succeed(References.LogToStderr, true),
    Logger.layer([loggers[format]]),
  )
