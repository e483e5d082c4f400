/**
 * Help, version and completions, answered from texts that were written at build time: nothing else is loaded for them.
 */

import { writeSync } from "node:fs"

/** What is written down. */
export interface Texts {
  readonly plain: Painted
  readonly colorful: Painted
  /** By the shell's name. */
  readonly completion: Readonly<Record<string, string>>
}

interface Painted {
  /** By the words that lead to the command. */
  readonly help: Readonly<Record<string, string>>
  readonly version: string
}

/** `help clone` is `clone --help`, and `version` is `--version`: many programs say it so. */
export const spelledOut = (args: ReadonlyArray<string>): ReadonlyArray<string> =>
  args[0] === "help" ? [...args.slice(1), "--help"] : args.length === 1 && args[0] === "version" ? ["--version"] : args

/** The answer to a command line that asks for a text and for nothing besides. */
export const answer = (args: ReadonlyArray<string>, texts: Texts, colors: boolean): string | undefined => {
  const { help, version } = colors ? texts.colorful : texts.plain
  const last = args.at(-1)
  const before = args.slice(0, -1).join(" ")
  if (last === undefined) return help[""]
  if (last === "--help" || last === "-h") return Object.hasOwn(help, before) ? help[before] : undefined
  if (last === "--version" || last === "-v") return before === "" ? version : undefined
  if (before === "completion") return Object.hasOwn(texts.completion, last) ? texts.completion[last] : undefined
  return undefined
}

/** Whether such an answer can be meant; else the texts need not be looked at. */
export const mayAsk = (args: ReadonlyArray<string>): boolean =>
  args.length === 0 || args[0] === "completion" || /^-(?:-help|-version|h|v)$/.test(args.at(-1) ?? "")

/** Whether colours are wanted, as Effect's `TerminalCapabilities` has it. */
export const colors = (env: NodeJS.ProcessEnv, isTerminal: boolean): boolean => {
  const force = env["FORCE_COLOR"] ?? ""
  const isForced = force !== "" && force !== "0" && force.toLowerCase() !== "false"
  return env["TERM"] !== "dumb" && (env["NO_COLOR"] ?? "") === "" && (isForced || isTerminal)
}

/** Writes an answer to standard output. What goes wrong there, but for a reader that has gone, is not told here. */
export const tell = (text: string | undefined): boolean => {
  if (text === undefined) return false
  const bytes = new TextEncoder().encode(text)
  for (let written = 0; written < bytes.byteLength;) {
    try {
      written += writeSync(1, bytes, written)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === "EPIPE") return true
      // a pipe that is full for now
      if (code !== "EAGAIN") return written > 0
    }
  }
  return true
}
