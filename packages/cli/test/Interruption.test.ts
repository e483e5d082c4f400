import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import * as Fault from "@voiceclone/testing/Fault"
import { readFileSync } from "node:fs"
import { setImmediate } from "node:timers/promises"
import { assert, beforeAll, describe, it } from "vitest"
import { assertRefusal, assertSpeech, build, sample, screenLines, Workplace } from "./command.ts"

beforeAll(build, 60_000)

const connect = (server: FakeServer.FakeServer) => ({ VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: server.baseUrl })
const cloned = ["clone", sample, "--text", "Hello.", "-o", "speech.wav"]

describe("a job that is stopped", () => {
  // when a terminal closes, the kernel says so, and the shell too
  it.for([["SIGINT"], ["SIGTERM"], ["SIGHUP", "SIGHUP"]] as const)(
    "by %j says the command that goes on, which does",
    async ([signal, another]) => {
      using place = new Workplace()
      const api = FakeApi.make({ lifecycle: ["processing", "processing", "completed"] })
      await using server = await FakeServer.start(api)
      const run = place.start(cloned, connect(server))
      await run.seen(/processing/)
      run.child.kill(signal)
      await setImmediate()
      if (another !== undefined) run.child.kill(another)
      const { code, stdout, stderr } = await run.ended
      assert.deepStrictEqual([code, stdout], [130, ""])
      const goOn = /^error: Interrupted\n {2}Task task-1 exists and is paid for\. Go on with: voiceclone (.+)\n$/m.exec(
        stderr,
      )
      const second = await place.run((goOn?.[1] ?? "").split(" "), connect(server))
      assert.strictEqual(second.code, 0, second.stderr)
      assertSpeech(readFileSync(place.inside("speech.wav")))
      assert.lengthOf(api.tasks, 1)
    },
  )

  it("by Ctrl-C at a terminal leaves a screen that can be read", async () => {
    using place = new Workplace()
    await using server = await FakeServer.start(FakeApi.make({ lifecycle: ["processing"] }))
    const args = cloned.map((word) => `'${word}'`).join(" ")
    const run = place.terminal(args, { ...connect(server), NO_COLOR: "1" }, 80, "pipe")
    await run.seen(/Waiting: processing/)
    run.child.stdin?.write("\u0003")
    const screen = await run.ended
    assert.strictEqual(screen.code, 130)
    assert.deepStrictEqual(
      screenLines(screen).map((line) => line.replace(/^\^C/, "")),
      [
        "✓ Created task task-1",
        "error: Interrupted",
        "  Task task-1 exists and is paid for. Go on with: voiceclone download task-1 -o speech.wav --wait",
      ],
    )
  })
})

describe("two terminals at once", () => {
  it("pay for one job once: the second is told that it runs already, and finds it done later", async () => {
    using place = new Workplace()
    const api = FakeApi.make({ lifecycle: ["processing", "processing", "completed"] })
    await using server = await FakeServer.start(api)
    const first = place.start(cloned, connect(server))
    await first.seen(/Created task/)
    assertRefusal(await place.run(cloned, connect(server)), 14, /runs already/, /Let it finish/)
    assert.strictEqual((await first.ended).code, 0)
    assert.strictEqual((await place.run(cloned, connect(server))).code, 0)
    assert.lengthOf(api.tasks, 1)
  })
})

describe("a key that is revoked in mid-job", () => {
  it("loses nothing: the task is named, and a key that is accepted brings it home", async () => {
    using place = new Workplace()
    const api = FakeApi.make({
      lifecycle: ["processing", "completed"],
      faults: [Fault.on("status", 2, Fault.answer(401))],
    })
    await using server = await FakeServer.start(api)
    assertRefusal(
      await place.run(cloned, connect(server)),
      3,
      /does not accept the API key/,
      /Task task-1 exists and is paid for\. Run voiceclone login, .+ Go on with: voiceclone download task-1/,
    )
    const again = await place.run(cloned, connect(server))
    assert.strictEqual(again.code, 0, again.stderr)
    assert.lengthOf(api.tasks, 1)
  })
})
