import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import * as Fault from "@voiceclone/testing/Fault"
import { assert, beforeAll, describe, it } from "vitest"
import { build, sample, screenLines, Workplace } from "./command.ts"

beforeAll(build, 60_000)

const connect = (server: FakeServer.FakeServer) => ({ VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: server.baseUrl })

describe("on a terminal", () => {
  it("draws one live line, and leaves only steps behind", async () => {
    using place = new Workplace()
    const args = `clone ${sample} --text "Good morning." -o speech.wav --local`
    const screen = await place.terminal(args, { NO_COLOR: "1" }, 60).ended
    assert.match(
      screenLines(screen).join("\n"),
      /^✓ Created task \S+\n✓ The speech is ready\n✓ Downloaded and checked .+\nSaved speech\.wav .+$/,
    )
    assert.isFalse(screen.stdout.includes("\u001b[3"), "NO_COLOR")
  }, 30_000)

  it("keeps to ASCII where the locale does, as far as words go by themselves", async () => {
    using place = new Workplace()
    await using server = await FakeServer.start(FakeApi.make({ lifecycle: ["completed"] }))
    const ascii = { ...connect(server), LC_ALL: "C" }
    const screen = await place.terminal(`clone ${sample} --text "Good morning." -o speech.wav`, ascii, 40).ended
    assert.match(screenLines(screen).join("\n"), /\+\S* Created task/)
    const verified = await place.run(["verify", "speech.wav"], ascii)
    for (const { stdout } of [screen, verified]) assert.match(stdout, /^\p{ASCII}+$/u)
  }, 30_000)

  it("marks trouble as trouble", async () => {
    using place = new Workplace()
    const api = FakeApi.make({ lifecycle: ["completed"], faults: [Fault.on("status", 1, Fault.answer(503))] })
    const taskId = api.addTask({ owner: "key" })
    await using server = await FakeServer.start(api)
    const screen = await place.terminal(`wait ${taskId}`, { ...connect(server), NO_COLOR: "1" }).ended
    assert.match(screenLines(screen)[0] ?? "", /^! The server cannot answer now .+; trying again in \d+\.\d s$/)
  })

  it("shows that it waits, and for how long, before the first answer", async () => {
    using place = new Workplace()
    const api = FakeApi.make({ faults: [Fault.on("status", "every", Fault.stall())] })
    const taskId = api.addTask({ owner: "key" })
    await using server = await FakeServer.start(api)
    for (const args of [`wait ${taskId}`, `download ${taskId} -o speech.wav --wait`]) {
      const run = place.terminal(args, connect(server))
      await run.seen(/Asking for task task-1 \(2 s\)/)
      run.child.kill("SIGKILL")
      await run.ended
    }
  })

  it("lets no server move the cursor", async () => {
    using place = new Workplace()
    const error = "\u001b[2J\u001b]0;title\u0007bad"
    const api = FakeApi.make({ lifecycle: [{ status: "failed", error }] })
    const taskId = api.addTask({ owner: "key" })
    await using server = await FakeServer.start(api)
    const screen = await place.terminal(`wait ${taskId}`, connect(server)).ended
    assert.include(screen.stdout, "[2J")
    assert.notInclude(screen.stdout, "\u001b[2J")
    assert.notInclude(screen.stdout, "\u0007")
  })
})
