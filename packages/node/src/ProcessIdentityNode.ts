/**
 * Who holds a lock: this process, told apart from a later one that is given the same number.
 */
import { type Identity, ProcessIdentity } from "@voiceclone/core/Lock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { readFileSync, readlinkSync } from "node:fs"
import { hostname } from "node:os"

/**
 * A process's state, and when it began, in the kernel's ticks since boot: fields 3 and 22 of proc(5)'s stat. Both are
 * empty where there is no /proc, or it hides what is another user's.
 */
const look = (pid: number): { readonly state: string; readonly began: string } => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    // the second field, the program's name, may hold spaces and parentheses
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return { state: fields[0] ?? "", began: fields[19] ?? "" }
  } catch {
    return { state: "", began: "" }
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
    name: [place, process.pid, look(process.pid).began].join(" "),
    isGone: (name) =>
      Effect.sync(() => {
        const [otherPlace, pid = "", began = ""] = name.split(" ")
        if (otherPlace !== place || !/^\d+$/.test(pid)) return false
        const seen = look(Number(pid))
        // one that has ended keeps its number until its parent takes notice, which in a container may be never
        const hasEnded = ["Z", "X"].includes(seen.state)
        const isAnother = began !== "" && seen.began !== "" && seen.began !== began
        return !isAlive(Number(pid)) || hasEnded || isAnother
      }),
  }
}

/** Lets locks know this process, and which others are gone. */
export const layer: Layer.Layer<never> = Layer.sync(ProcessIdentity, identity)
