/** A process that may be killed at any moment, and started again. */
import { type ChildProcess, spawn } from "node:child_process"
import { openSync } from "node:fs"
import * as Child from "../Child.ts"

/** How a process ended: its code, or the signal that ended it. */
export type End = number | NodeJS.Signals

export interface Mortal {
  readonly start: () => void
  readonly kill: (signal: NodeJS.Signals) => void
  /** How it ended, once it has. */
  readonly ended: () => Promise<End>
}

/** The command with these arguments; what it says goes into a file. */
export const make = (args: ReadonlyArray<string>, log: string, environment: NodeJS.ProcessEnv): Mortal => {
  const output = openSync(log, "a")
  let child: ChildProcess | undefined
  let ended: Promise<End> = Promise.resolve(0)
  return {
    start: () => {
      const started = Child.adopt(
        spawn(process.execPath, [...args], { stdio: ["ignore", output, output], env: environment }),
      )
      child = started
      ended = new Promise((resolve) => started.once("close", (code, signal) => resolve(signal ?? code ?? 0)))
    },
    kill: (signal) => void child?.kill(signal),
    ended: () => ended,
  }
}
