/** Whether the process that a lock names is gone, where the system tells less than usual. */
import { assert, describe, it } from "@effect/vitest"
import { ProcessIdentity } from "@voiceclone/core/Lock"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import fs, { existsSync } from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import * as ProcessIdentityNode from "../src/ProcessIdentityNode.ts"

const identity = Effect.runSync(ProcessIdentity.pipe(Effect.provide(ProcessIdentityNode.layer)))

const isGone = (name: string) => Effect.runSync(identity.isGone(name))

/** The name of another process of this machine. */
const nameOf = (pid: number, began: string) => [identity.name.split(" ")[0], pid, began].join(" ")

const statOf = (pid: number) => {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8")
  const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return { state, began: fields[18] ?? "" }
}

describe.skipIf(!existsSync("/proc/self/stat"))("A process", () => {
  it("that was killed is gone, though its parent takes no notice, as in a container without an init", async () => {
    // a program that is no shell any more doesn't wait for what the shell began
    const parent = spawn("sh", ["-c", "sleep 0.05 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] })
    try {
      const [line] = await once(parent.stdout, "data")
      const pid = Number(String(line))
      const { began } = statOf(pid)
      while (statOf(pid).state !== "Z") await new Promise((resolve) => setTimeout(resolve, 10))
      assert.isTrue(isGone(nameOf(pid, began)))
    } finally {
      parent.kill("SIGKILL")
    }
  })

  it("that lives isn't gone, and one that began at another time is", () => {
    const { began } = statOf(process.ppid)
    assert.isFalse(isGone(nameOf(process.ppid, began)))
    assert.isTrue(isGone(nameOf(process.ppid, `${began}1`)))
  })

  it("of which the system tells nothing but that it lives isn't gone: with hidepid, another user's", () => {
    const { began } = statOf(process.ppid)
    const { readFileSync } = fs
    fs.readFileSync = () => {
      throw Object.assign(new Error("hidden"), { code: "ENOENT" })
    }
    syncBuiltinESMExports()
    try {
      assert.isFalse(isGone(nameOf(process.ppid, began)))
    } finally {
      fs.readFileSync = readFileSync
      syncBuiltinESMExports()
    }
  })
})
