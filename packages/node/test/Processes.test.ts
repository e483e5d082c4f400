/** Several processes at once: one writer to a target, one payer of a job, and locks that outlive nobody. */
import { assert, describe, it } from "@effect/vitest"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import * as WavFile from "@voiceclone/testing/WavFile"
import { writeFile } from "node:fs/promises"
import { readlinkSync } from "node:fs"
import { hostname } from "node:os"
import { VoiceClone } from "../src/index.ts"
import * as JobProcess from "./JobProcess.ts"
import * as Scratch from "./Scratch.ts"
import * as Throttle from "./Throttle.ts"

/** Where processes of this test are numbered. */
const place = () => `${hostname()}/${readlinkSync("/proc/self/ns/pid").replace(/\W+/g, "-")}`

const speech = WavFile.tone({ seconds: 30 })
const exact = Scratch.sha256(speech)

/** A server with a result that takes a second to download. */
const open = async () => {
  const scratch = await Scratch.open()
  const api = FakeApi.make({ speech, lifecycle: ["completed"] })
  const server = await FakeServer.start(api)
  const line = await Throttle.start(() => server.baseUrl, 1_300_000)
  return {
    scratch,
    api,
    server,
    line,
    [Symbol.asyncDispose]: async () => {
      await line[Symbol.asyncDispose]()
      await server.close()
      await scratch[Symbol.asyncDispose]()
    },
  }
}

const tagOf = (outcome: JobProcess.Outcome) => (outcome._tag === "Error" ? outcome.error._tag : outcome._tag)

describe("Processes", { timeout: 60_000 }, () => {
  it("that want the same target: one wins, the other is told", async () => {
    await using scene = await open()
    const { api, line, scratch } = scene
    const first = await JobProcess.start(scratch.clone(line))
    await first.told("Downloading")
    const other = scratch.clone(line, { text: "Another text" })
    const second = await JobProcess.run(other)
    assert.strictEqual(tagOf(second), "TargetBusy")
    if (second._tag === "Error") assert.include(second.error.nextStep, `${scratch.output}.part.lock`)
    assert.strictEqual(tagOf(await first.outcome), "Result")
    assert.strictEqual(await Scratch.digestOf(scratch.output), exact)
    // its task is paid for, and not lost
    assert.strictEqual(tagOf(await JobProcess.run(other)), "Result")
    assert.strictEqual(api.tasks.length, 2)
  })

  it("with the same job at once: one task", async () => {
    await using scene = await open()
    const { api, line, scratch } = scene
    const outputs = [1, 2, 3, 4].map((number) => scratch.inside(`speech-${number}.wav`))
    const outcomes = await Promise.all(outputs.map((output) => JobProcess.run(scratch.clone(line, { output }))))
    assert.deepStrictEqual(outcomes.map(tagOf).toSorted(), ["JobBusy", "JobBusy", "JobBusy", "Result"])
    assert.strictEqual(api.tasks.length, 1)
  })

  it("with different jobs share one journal", async () => {
    await using scene = await open()
    const { api, scratch, server } = scene
    const plans = [1, 2, 3].map((number) =>
      scratch.clone(server, { text: `Text ${number}`, output: scratch.inside(`speech-${number}.wav`) }),
    )
    const outcomes = await Promise.all(plans.map((plan) => JobProcess.run(plan)))
    assert.deepStrictEqual(outcomes.map(tagOf), ["Result", "Result", "Result"])
    assert.strictEqual(api.tasks.length, 3)
    assert.deepStrictEqual(
      (await scratch.entries()).map(({ state }) => state),
      ["saved", "saved", "saved"],
    )
  })

  it("that were killed leave locks that are taken over at once", async () => {
    await using scene = await open()
    const { api, line, scratch } = scene
    const killed = await JobProcess.start(scratch.clone(line))
    await killed.told("Downloading")
    killed.process.kill("SIGKILL")
    assert.strictEqual((await killed.outcome)._tag, "Killed")
    const [entry] = await scratch.entries()
    for (const lock of [`${scratch.output}.part.lock`, scratch.inside("state", "jobs", `${entry?.key}.lock`)]) {
      assert.notStrictEqual(await Scratch.digestOf(lock), "absent")
    }
    assert.strictEqual(tagOf(await JobProcess.run(scratch.clone(line))), "Result")
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
    await using scene = await open()
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
