/**
 * Command lines that go on where one has stopped, for a shell.
 */
import * as Option from "effect/Option"
import type * as Connection from "./Connection.ts"

/** A command line, with the flags that lead to the same server. */
export const commandLine = (
  words: ReadonlyArray<string>,
  { baseUrl, local, data }: Connection.Options = { baseUrl: Option.none(), local: false, data: Option.none() },
): string =>
  [
    "voiceclone",
    ...words,
    ...Option.match(baseUrl, { onNone: () => [], onSome: (url) => ["--base-url", url] }),
    ...(local ? ["--local"] : []),
    ...Option.match(data, { onNone: () => [], onSome: (directory) => ["--data", directory] }),
  ]
    .map(shellWord)
    .join(" ")

/** Waits for a task and saves its speech at `output`, or where another is told. */
export const downloadCommandLine =
  (output: string, flags: Connection.Options) =>
  (taskId: string, otherOutput = output): string =>
    commandLine(["download", taskId, "-o", otherOutput, "--wait"], flags)

/** A word as a shell takes it for itself. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
