/** A disk that is full, and one that has room again. */
import { assert, describe, it } from "@effect/vitest"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import * as WavFile from "@voiceclone/testing/WavFile"
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as JobProcess from "./JobProcess.ts"
import * as Scratch from "./Scratch.ts"
import * as Throttle from "./Throttle.ts"

const run = (command: string, ...args: ReadonlyArray<string>) => execFileSync(command, args, { stdio: "ignore" })

/** A disk of its own, of one MiB. */
const mount = () => {
  const directory = mkdtempSync(join(tmpdir(), "voiceclone-disk-"))
  run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", directory)
  return {
    directory,
    grow: () => run("mount", "-o", "remount,size=16m", directory),
    [Symbol.dispose]: () => {
      run("umount", "-l", directory)
      rmSync(directory, { recursive: true })
    },
  }
}

const canMount = (() => {
  try {
    mount()[Symbol.dispose]()
    return true
  } catch {
    return false
  }
})()

const speech = WavFile.tone({ seconds: 60 })

describe.skipIf(!canMount)("A full disk", { timeout: 60_000 }, () => {
  it.each([
    ["a fast server", 0],
    ["a slow server", 1_500_000],
  ])("is said, and the download goes on once there is room, from %s", async (_, bytesPerSecond) => {
    using disk = mount()
    await using scratch = await Scratch.open()
    const api = FakeApi.make({ speech, lifecycle: ["completed"] })
    await using server = await FakeServer.start(api)
    await using line = await Throttle.start(() => server.baseUrl, bytesPerSecond === 0 ? 1e9 : bytesPerSecond)
    const output = join(disk.directory, "speech.wav")
    const plan = scratch.clone(line, { output })
    const full = await JobProcess.run(plan)
    if (full._tag !== "Error") assert.fail(JSON.stringify(full))
    assert.strictEqual(full.error._tag, "TargetUnwritable")
    assert.match(full.error.message, /the disk is full$/)
    assert.deepStrictEqual(readdirSync(disk.directory).toSorted(), ["speech.wav.part", "speech.wav.part.json"])
    assert.isAbove(statSync(`${output}.part`).size, 700_000)
    disk.grow()
    const saved = await JobProcess.run(plan)
    assert.strictEqual(saved._tag, "Result", JSON.stringify(saved))
    assert.strictEqual(await Scratch.digestOf(output), Scratch.sha256(speech))
    const range = api.requestsOf("result").at(-1)?.headers["range"]
    assert.isAbove(Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1]), 500_000, range)
    assert.strictEqual(api.tasks.length, 1)
  })

  it("without room for the journal nothing is sent", async () => {
    using disk = mount()
    await using scratch = await Scratch.open()
    const api = FakeApi.make({ speech, lifecycle: ["completed"] })
    await using server = await FakeServer.start(api)
    const plan = scratch.clone(server)
    const journal = join(disk.directory, "jobs")
    const filler = join(disk.directory, "filler")
    try {
      writeFileSync(filler, new Uint8Array(2 ** 21))
    } catch {
      // that is the point
    }
    const full = await JobProcess.run({ ...plan, options: { ...plan.options, journal } })
    if (full._tag !== "Error") assert.fail(JSON.stringify(full))
    assert.strictEqual(full.error._tag, "JournalFailed")
    assert.match(full.error.message, /the disk is full$/)
    assert.strictEqual(api.requestsOf("create").length, 0)
    rmSync(filler)
    assert.strictEqual((await JobProcess.run({ ...plan, options: { ...plan.options, journal } }))._tag, "Result")
    assert.strictEqual(api.tasks.length, 1)
  })
})
