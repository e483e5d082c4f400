/** What is left on disk by jobs that were interrupted, killed or damaged, and how they go on from it. */
import { assert, describe, it } from "@effect/vitest"
import { readdir, readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as JobProcess from "./JobProcess.ts"
import * as Scratch from "./Scratch.ts"
import * as SlowDownload from "./SlowDownload.ts"

const filesIn = async (directory: string): Promise<ReadonlyArray<string>> =>
  (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

describe("What is left on disk", { timeout: 60_000 }, () => {
  it("by Ctrl-C is enough to go on with", async () => {
    await using scene = await SlowDownload.open()
    const { api, line, scratch } = scene
    const job = await JobProcess.start(scratch.clone(line))
    await job.told("Downloading")
    await line.reaches(line.forwarded() + 400_000)
    job.process.kill("SIGINT")
    const outcome = await job.outcome
    assert.deepStrictEqual(outcome, { _tag: "Error", error: { _tag: "Error", message: "interrupted" } })
    assert.deepStrictEqual((await readdir(scratch.directory)).toSorted(), [
      "speech.wav.part",
      "speech.wav.part.json",
      "state",
      "voice.wav",
    ])
    const { bytes } = JSON.parse(await readFile(`${scratch.output}.part.json`, "utf8")) as { readonly bytes: number }
    assert.isAbove(bytes, 200_000)
    assert.isAtLeast((await stat(`${scratch.output}.part`)).size, bytes)
    assert.strictEqual(JobProcess.tagOf(await JobProcess.run(scratch.clone(line))), "Result")
    assert.strictEqual(await Scratch.digestOf(scratch.output), SlowDownload.exact)
    assert.strictEqual(api.tasks.length, 1)
    const range = api.requestsOf("result").at(-1)?.headers["range"]
    // this server names no validator: the last 64 KiB are fetched again and compared
    assert.strictEqual(range, `bytes=${bytes - 65_536}-`)
  })

  it("is its owner's alone, and holds no secret", async () => {
    await using scene = await SlowDownload.open()
    const { line, scratch } = scene
    const job = await JobProcess.start(scratch.clone(line))
    await job.told("Downloading")
    await line.reaches(line.forwarded() + 200_000)
    job.process.kill("SIGKILL")
    await job.outcome
    const files = (await filesIn(scratch.directory)).filter((file) => file !== scratch.sample)
    assert.isAtLeast(files.length, 5, files.join())
    for (const file of files) {
      const content = await readFile(file, "latin1")
      for (const secret of [Scratch.secretKey, Scratch.secretText, "RIFF"]) {
        if (secret !== "RIFF" || !file.endsWith(".part")) assert.notInclude(content, secret, file)
      }
    }
    const modes = await Promise.all(
      [scratch.journal, ...(await filesIn(scratch.journal)).filter((file) => file.endsWith(".json"))].map(
        async (path) => ((await stat(path)).mode & 0o777).toString(8),
      ),
    )
    assert.deepStrictEqual(modes, ["700", "600"])
  })

  it("in an entry that cannot be read stops the job, until it is told to pay again", async () => {
    await using scene = await SlowDownload.open()
    const { api, scratch, server } = scene
    assert.strictEqual(JobProcess.tagOf(await JobProcess.run(scratch.clone(server))), "Result")
    const [entry] = await scratch.entries()
    const file = join(scratch.journal, `${entry?.key}.json`)
    for (const damage of ["", "{", "null", `{"version":2}`, "\0".repeat(100)]) {
      await writeFile(file, damage)
      assert.strictEqual(JobProcess.tagOf(await JobProcess.run(scratch.clone(server))), "JournalUnreadable", damage)
    }
    assert.strictEqual(api.tasks.length, 1)
    assert.strictEqual(JobProcess.tagOf(await JobProcess.run(scratch.clone(server, { force: true }))), "Result")
    assert.strictEqual(api.tasks.length, 2)
    assert.strictEqual(await readFile(`${file}.aside`, "utf8"), "\0".repeat(100))
  })

  it("by many killed jobs is finished by resumeAll", async () => {
    await using scene = await SlowDownload.open()
    const { api, line, scratch } = scene
    const outputs = ["Submitted", "Submitted", "Downloading", "Downloading"].map((event, index) => ({
      event,
      output: scratch.inside(`speech-${index}.wav`),
    }))
    for (const { event, output } of outputs) {
      const job = await JobProcess.start(scratch.clone(line, { text: output, output }))
      await job.told(event)
      job.process.kill("SIGKILL")
      assert.strictEqual((await job.outcome)._tag, "Killed")
    }
    const { options } = scratch.clone(line)
    const resumed = await JobProcess.run({ options, call: { name: "resumeAll" } })
    if (resumed._tag !== "Result") assert.fail(JSON.stringify(resumed))
    assert.strictEqual(resumed.result.saved.length, 4, JSON.stringify(resumed.result))
    for (const { output } of outputs) {
      assert.strictEqual(await Scratch.digestOf(output), SlowDownload.exact)
    }
    assert.strictEqual(api.tasks.length, 4)
    assert.strictEqual(api.requestsOf("create").length, 4)
  })
})
