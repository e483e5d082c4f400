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

const loggers = {
  logfmt: Logger.withConsoleError(Logger.formatLogFmt),
  json: Logger.withConsoleError(Logger.formatJson),
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
