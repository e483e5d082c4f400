/** Several processes at once: one writer to a target, one payer of a job, and locks that outlive nobody. */
import { assert, describe, it } from "@effect/vitest"
import { writeFile } from "node:fs/promises"
import { readlinkSync } from "node:fs"
import { hostname } from "node:os"
import { VoiceClone } from "../src/index.ts"
import * as JobProcess from "./JobProcess.ts"
import * as Scratch from "./Scratch.ts"
import * as SlowDownload from "./SlowDownload.ts"

/** Where processes of this test are numbered. */
const place = () => `${hostname()}/${readlinkSync("/proc/self/ns/pid").replace(/\W+/g, "-")}`

describe("Processes", { timeout: 60_000 }, () => {
  it("that want the same target: one wins, the other is told", async () => {
    await using scene = await SlowDownload.open()
    const { api, line, scratch } = scene
    const first = await JobProcess.start(scratch.clone(line))
    await first.told("Downloading")
    const other = scratch.clone(line, { text: "Another text" })
    const second = await JobProcess.run(other)
    assert.strictEqual(JobProcess.tagOf(second), "TargetBusy")
    if (second._tag === "Error") assert.include(second.error.nextStep, `${scratch.output}.part.lock`)
    assert.strictEqual(JobProcess.tagOf(await first.outcome), "Result")
    assert.strictEqual(await Scratch.digestOf(scratch.output), SlowDownload.exact)
    // its task is paid for, and not lost
    assert.strictEqual(JobProcess.tagOf(await JobProcess.run(other)), "Result")
    assert.strictEqual(api.tasks.length, 2)
  })

  it("with the same job at once: one task", async () => {
    await using scene = await SlowDownload.open()
    const { api, line, scratch } = scene
    const outputs = [1, 2, 3, 4].map((number) => scratch.inside(`speech-${number}.wav`))
    const outcomes = await Promise.all(outputs.map((output) => JobProcess.run(scratch.clone(line, { output }))))
    assert.deepStrictEqual(outcomes.map(JobProcess.tagOf).toSorted(), ["JobBusy", "JobBusy", "JobBusy", "Result"])
    assert.strictEqual(api.tasks.length, 1)
  })

  it("with different jobs share one journal", async () => {
    await using scene = await SlowDownload.open()
    const { api, scratch, server } = scene
    const plans = [1, 2, 3].map((number) =>
      scratch.clone(server, { text: `Text ${number}`, output: scratch.inside(`speech-${number}.wav`) }),
    )
    const outcomes = await Promise.all(plans.map((plan) => JobProcess.run(plan)))
    assert.deepStrictEqual(outcomes.map(JobProcess.tagOf), ["Result", "Result", "Result"])
    assert.strictEqual(api.tasks.length, 3)
    assert.deepStrictEqual(
      (await scratch.entries()).map(({ state }) => state),
      ["saved", "saved", "saved"],
    )
  })

  it("that were killed leave locks that are taken over at once", async () => {
    await using scene = await SlowDownload.open()
    const { api, line, scratch } = scene
    const killed = await JobProcess.start(scratch.clone(line))
    await killed.told("Downloading")
    killed.process.kill("SIGKILL")
    assert.strictEqual((await killed.outcome)._tag, "Killed")
    const [entry] = await scratch.entries()
    for (const lock of [`${scratch.output}.part.lock`, scratch.inside("state", "jobs", `${entry?.key}.lock`)]) {
      assert.notStrictEqual(await Scratch.digestOf(lock), "absent")
    }
    assert.strictEqual(JobProcess.tagOf(await JobProcess.run(scratch.clone(line))), "Result")
    assert.strictEqual(api.tasks.length, 1)
    assert.strictEqual(await Scratch.digestOf(`${scratch.output}.part.lock`), "absent")
  })

  it.each([
    ["a process that lives", () => `${place()} ${process.ppid} `, "TargetBusy"],
    ["a process on another host", () => `elsewhere ${process.pid} 1`, "TargetBusy"],
    ["a process whose number another has by now", () => `${place()} ${process.ppid} 1`, "saved"],
    ["a process in another namespace", () => `${hostname()}/pid-1 4194305 1`, "TargetBusy"],
    ["a process that is gone", () => `${place()} 4194305 1`, "saved"],
  ])("see whose a lock is: %s", async (_, holder, expected) => {
    await using scene = await SlowDownload.open()
    const { api, scratch, server } = scene
    await using client = new VoiceClone({ apiKey: "key", baseUrl: server.baseUrl, journal: false })
    await writeFile(`${scratch.output}.part.lock`, `${holder()}\nnonce\n`)
    const came = await client.download(api.addTask(), { output: scratch.output }).then(
      () => "saved",
      (error: { readonly _tag: string }) => error._tag,
    )
    assert.strictEqual(came, expected)
  })
})
