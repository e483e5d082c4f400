/**
 * Who holds a lock: this process, told apart from a later one that is given the same number.
 */
import { type Identity, ProcessIdentity } from "@voiceclone/core/Lock"
import * as Layer from "effect/Layer"
import { readFileSync } from "node:fs"
import { hostname } from "node:os"

/** When a process began, in the kernel's ticks since boot: field 22 of proc(5)'s stat. Empty where there is no /proc. */
const beginning = (pid: number): string => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    // the second field, the program's name, may hold spaces and parentheses
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""
  } catch {
    return ""
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // a process that we may not signal is one that lives
    return (error as NodeJS.ErrnoException).code !== "ESRCH"
  }
}

/** `host pid beginning`: what is on another host is never known to be gone. */
const identity = (): Identity => {
  const host = hostname()
  return {
    name: [host, process.pid, beginning(process.pid)].join(" "),
    isGone: (name) => {
      const [otherHost, pid = "", began = ""] = name.split(" ")
      if (otherHost !== host || !/^\d+$/.test(pid)) return false
      return !isAlive(Number(pid)) || (began !== "" && beginning(Number(pid)) !== began)
    },
  }
}

export const layer: Layer.Layer<never> = Layer.sync(ProcessIdentity, identity)
