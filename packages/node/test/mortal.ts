/**
 * Lets this process die by SIGKILL at one chosen step of its work on files: every call that changes the disk is a step.
 *
 * Imported before anything that holds a function of `node:fs`.
 */
import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"

/** `before` the call, `after` it but before anyone knows, or `torn`: in its midst. */
export type Moment = "before" | "after" | "torn"

const changing = ["open", "write", "writeFile", "fsync", "ftruncate", "rename", "link", "rm", "mkdir"] as const

type Call = (...args: ReadonlyArray<unknown>) => unknown

/** How many steps were taken. */
export let steps = 0

const die = () => process.kill(process.pid, "SIGKILL")

/** Leaves the first half of a write on disk. */
const tear = (name: string, [file, content]: ReadonlyArray<unknown>) => {
  if (name === "write") fs.writeSync(file as number, (content as Uint8Array).subarray(0, 7))
  if (name === "writeFile" || name === "open") fs.closeSync(fs.openSync(file as string, "w"))
}

/** Dies at the given step, counted from 1; at 0 never. */
export const dieAt = (step: number, moment: Moment): void => {
  const calls = fs as unknown as Record<string, Call>
  for (const name of changing) {
    const call = calls[name]
    if (call === undefined) continue
    calls[name] = (...args) => {
      if (name === "open" && typeof args[1] === "string" && args[1].startsWith("r")) return call.apply(fs, [...args])
      steps++
      if (steps !== step) return call.apply(fs, [...args])
      if (moment === "before") return die()
      if (moment === "torn" && (name === "write" || name === "writeFile" || name === "open")) {
        tear(name, args)
        return die()
      }
      return call.apply(fs, [...args.slice(0, -1), die])
    }
  }
  syncBuiltinESMExports()
}
