import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { assert, beforeAll, describe, it } from "vitest"
import { assertSpeech, build, sample, Workplace } from "./command.ts"

beforeAll(build, 60_000)

const connect = (server: FakeServer.FakeServer) => ({ VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: server.baseUrl })
const cloned = ["clone", sample, "--text", "Hello.", "-o", "speech.wav"]

describe("--quiet", () => {
  it("leaves the result alone, wherever the flag stands, and on a terminal too", async () => {
    using place = new Workplace()
    await using server = await FakeServer.start(FakeApi.make({ lifecycle: ["completed"] }))
    for (const args of [
      ["--quiet", ...cloned],
      [...cloned, "-q"],
    ]) {
      const { code, stdout, stderr } = await place.run(args, connect(server))
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.match(stdout, /^Saved speech\.wav \(.+\)\n$/)
    }
    const screen = await place.terminal(`${cloned.map((word) => `'${word}'`).join(" ")} -q`, connect(server)).ended
    assert.match(screen.stdout, /^Saved speech\.wav \(.+\)\r\n$/)
    const failed = await place.run(["-q", "status", "none"], connect(server))
    assert.match(failed.stderr, /^error: The server knows no task none .+\n {2}Check the task id.+\n$/)
  })
})

describe("--verbose", () => {
  it("tells the chain of causes between the cause and the next step", async () => {
    using place = new Workplace()
    const env = { VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: "http://127.0.0.1:1/api" }
    const { stderr } = await place.run(["status", "x", "--verbose"], env)
    assert.match(stderr, /^error: Cannot reach .+\n( {2}caused by: .+\n)+ {2}Check the network.+\n$/)
    assert.match(stderr, /caused by: Error: connect ECONNREFUSED 127\.0\.0\.1:1 \[ECONNREFUSED\]/)
    assert.notInclude((await place.run(["status", "x"], env)).stderr, "caused by")
  })
})

describe("CI", () => {
  it("is told in plain lines, on a terminal too", async () => {
    using place = new Workplace()
    await using server = await FakeServer.start(FakeApi.make({ lifecycle: ["completed"] }))
    const env = { ...connect(server), CI: "true" }
    const screen = await place.terminal(cloned.map((word) => `'${word}'`).join(" "), env).ended
    assert.match(
      screen.stdout,
      /^Created task task-1\r\ncompleted\r\nThe speech is ready\r\nDownloaded .+\r\nSaved .+\r\n$|^Created task task-1\r\nThe speech is ready\r\nDownloaded .+\r\nSaved .+\r\n$/,
    )
  })
})

describe("a directory as the output", () => {
  it("takes a file that is named after the job, or the task; the same job again is the same file", async () => {
    using place = new Workplace()
    const api = FakeApi.make({ lifecycle: ["completed"] })
    await using server = await FakeServer.start(api)
    mkdirSync(place.inside("out"))
    const into = [...cloned.slice(0, -1), "out"]
    const first = await place.run(into, connect(server))
    assert.match(first.stdout, /^Saved out\/voice-[\da-f]{12}\.wav /, first.stderr)
    assert.strictEqual((await place.run(into, connect(server))).stdout, first.stdout)
    await place.run(["download", "task-1", "-o", "out/"], connect(server))
    const [task = "", job = "", ...more] = readdirSync(place.inside("out"))
    assert.deepStrictEqual([task, more], ["task_task-1.wav", []])
    assertSpeech(readFileSync(place.inside("out", job)))
    assert.lengthOf(api.requestsOf("create"), 1)
    assert.strictEqual((await place.run(into, connect(server))).stdout, first.stdout)
    assert.lengthOf(api.requestsOf("result"), 2, "it stands there still")

    // another recording of that name, and others that have no name of their own
    const other = Buffer.concat([readFileSync(sample), Buffer.alloc(2)])
    mkdirSync(place.inside("other"))
    writeFileSync(place.inside("other", "voice.wav"), other)
    await place.run(["clone", "other/voice.wav", ...into.slice(2)], connect(server))
    for (const bytes of [other, readFileSync(sample), other]) {
      await place.run(["clone", "-", ...into.slice(2)], connect(server), bytes)
    }
    const names = readdirSync(place.inside("out")).map((name) => name.replace(/[\da-f]{12}/, "DIGEST"))
    const expected = ["stdin-DIGEST.wav", "stdin-DIGEST.wav", "voice-DIGEST.wav", "voice-DIGEST.wav"]
    assert.sameMembers(names, ["task_task-1.wav", ...expected])
  })
})
