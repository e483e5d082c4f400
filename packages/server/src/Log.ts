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

/** Writes lines together at the end of a turn of the event loop, and before the process ends. */
const written = (logger: Logger.Logger<unknown, string>): Logger.Logger<unknown, void> =>
  Logger.map(logger, (line) => {
    if (lines === "") setImmediate(flush)
    lines += `${line}\n`
  })

const loggers = {
  logfmt: written(Logger.formatLogFmt),
  json: written(Logger.formatJson),
  pretty: Logger.consolePretty(),
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
