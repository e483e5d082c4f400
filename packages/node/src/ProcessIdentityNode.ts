/**
 * Who holds a lock: this process, told apart from a later one that is given the same number.
 */
import { type Identity, ProcessIdentity } from "@voiceclone/core/Lock"
import * as Layer from "effect/Layer"
import { readFileSync, readlinkSync } from "node:fs"
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

/** What numbers processes here: two containers may share a host name, and not one process. */
const pidNamespace = (): string => {
  try {
    return readlinkSync("/proc/self/ns/pid").replace(/\W+/g, "-")
  } catch {
    return "pid"
  }
}

/** `host/namespace pid beginning`: what another host or namespace numbers is never known to be gone. */
const identity = (): Identity => {
  const place = `${hostname()}/${pidNamespace()}`
  return {
    name: [place, process.pid, beginning(process.pid)].join(" "),
    isGone: (name) => {
      const [otherPlace, pid = "", began = ""] = name.split(" ")
      if (otherPlace !== place || !/^\d+$/.test(pid)) return false
      return !isAlive(Number(pid)) || (began !== "" && beginning(Number(pid)) !== began)
    },
  }
}

export const layer: Layer.Layer<never> = Layer.sync(ProcessIdentity, identity)
