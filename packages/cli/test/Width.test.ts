import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import { execFileSync } from "node:child_process"
import { copyFileSync, existsSync, readFileSync } from "node:fs"
import { assert, beforeAll, describe, it } from "vitest"
import { build, sample, Workplace } from "./command.ts"
import { makeScreen } from "./screen.ts"

beforeAll(build, 60_000)

const connect = (server: FakeServer.FakeServer) => ({
  VOICECLONE_API_KEY: "key",
  VOICECLONE_BASE_URL: server.baseUrl,
  NO_COLOR: "1",
})

/** The rows that the live line takes: it begins with a frame of the spinner. */
const isLive = (row: string): boolean => /^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/.test(row)

// wide letters, marks that combine, emoji that are joined, and one that a font may draw narrow
const names = ["声音の見本.wav", "a\u0301e\u0302.wav", "👩‍👩‍👧‍👦🎙️.wav", "Ω≈ç√.wav", 'mit Leer\'zeichen "und" $x.wav']

describe("a terminal", () => {
  it.for([20, 80])("of %i columns is left with whole lines, whatever the names are", async (columns) => {
    using place = new Workplace()
    await using server = await FakeServer.start(FakeApi.make({ lifecycle: ["processing", "completed"] }))
    for (const name of names) {
      copyFileSync(sample, place.inside(name))
      const quoted = `'${name.replaceAll("'", `'\\''`)}'`
      const args = `clone ${quoted} --text ${quoted} -o out-${quoted}`
      const { bytes, code } = await place.terminal(args, connect(server), columns).ended
      const screen = makeScreen(columns)
      await screen.write(bytes)
      assert.strictEqual(code, 0)
      const [created = "", ready, , saved = "", ...more] = screen.lines()
      assert.match(created, /^✓ Created task task-\d$/)
      assert.strictEqual(ready, "✓ The speech is ready")
      assert.isTrue(saved.startsWith(`Saved out-${name} (`), saved)
      assert.deepStrictEqual(more, [])
      assert.isTrue(existsSync(place.inside(`out-${name}`)))
    }
  })

  it("that is made narrower while a command waits shows one live line, and in the end none", async () => {
    using place = new Workplace()
    const word = `waiting-${"x".repeat(60)}`
    const api = FakeApi.make({ lifecycle: [word, word, "processing", "processing", "completed"] })
    await using server = await FakeServer.start(api)
    const taskId = api.addTask({ owner: "key" })
    const screen = makeScreen(80)
    const run = place.terminal(`wait ${taskId}`, connect(server), 80)
    run.child.stdout?.on("data", (bytes: Buffer) => void screen.write(bytes))
    await run.seen(/Waiting: waiting-x/)
    screen.resize(30)
    execFileSync("stty", ["-F", readFileSync(place.inside("tmp", "tty"), "utf8").trim(), "cols", "30"])
    await run.seen(/processing/)
    await screen.write("")
    assert.isAtMost(screen.rows().filter(isLive).length, 1)
    assert.strictEqual((await run.ended).code, 0)
    await screen.write("")
    assert.deepStrictEqual(screen.rows().filter(isLive), [])
  })

  it.for([
    ["TERM=dumb", { TERM: "dumb" }],
    ["CI=1", { CI: "1" }],
  ] as const)("with %s is written to line by line, without a code of any kind", async ([, env]) => {
    using place = new Workplace()
    await using server = await FakeServer.start(FakeApi.make({ lifecycle: ["completed"] }))
    const args = `clone ${sample} --text Hello -o speech.wav`
    const { stdout } = await place.terminal(args, { ...connect(server), ...env, NO_COLOR: "" }).ended
    assert.notMatch(stdout, /\u001b/)
    assert.match(stdout, /^Created task task-1\r\n(.+\r\n)+Saved speech\.wav .+\r\n$/)
  })
})
