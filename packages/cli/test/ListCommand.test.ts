import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import { copyFileSync, writeFileSync } from "node:fs"
import { assert, beforeAll, describe, it } from "vitest"
import { build, jsonLines, sample, screenLines, Workplace } from "./command.ts"

beforeAll(build, 60_000)

describe("list", () => {
  it("shows every job, newest first, in columns; no server is asked", async () => {
    using place = new Workplace()
    const api = FakeApi.make({ lifecycle: ["completed"] })
    const server = await FakeServer.start(api)
    const env = { VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: server.baseUrl }
    // a name that no row may be broken by
    copyFileSync(sample, place.inside("声\n音.wav"))
    await place.run(["clone", sample, "--text", "one", "-o", "one.wav"], env)
    await place.run(["create", "声\n音.wav", "--text", "two"], env)
    await place.run(["clone", sample, "--text", "three", "-o", "-"], env)
    await server.close()
    writeFileSync(place.inside("state", "voiceclone", "jobs", "abc.json"), "{")

    const { code, stdout, stderr } = await place.run(["list"])
    assert.strictEqual(code, 0, stderr)
    const at = /\d{4}-\d\d-\d\d \d\d:\d\d/.source
    assert.match(
      stdout,
      new RegExp(
        [
          "^STATE      BEGUN             SAMPLE     OUTPUT OR TASK   EXPIRES",
          `saved      ${at}  voice.wav  standard output  -`,
          `submitted  ${at}  声\u{fffd}音.wav  task-2           -`,
          `saved      ${at}  voice.wav  one.wav          ${at}\n$`,
        ].join("\n"),
      ),
    )
    assert.match(stderr, /^error: The journal's entry \S+\/abc\.json is damaged/)

    const lines = jsonLines(await place.run(["jobs", "--json"]))
    assert.deepStrictEqual(
      lines.map(({ _tag }) => _tag),
      ["Job", "Job", "Job", "Unreadable", "Listed"],
    )
    assert.deepStrictEqual([lines[1].taskId, lines[1].state], ["task-2", "submitted"])
    assert.deepStrictEqual([lines[4].jobs, lines[4].unreadable], [3, 1])

    const screen = await place.terminal("list").ended
    assert.lengthOf(
      screenLines(screen).filter((line) => /^(STATE|saved|submitted) /.test(line)),
      4,
    )
  })

  it("says where it has looked, where there is nothing", async () => {
    using place = new Workplace()
    const { code, stdout } = await place.run(["list"])
    assert.strictEqual(code, 0)
    assert.strictEqual(stdout, `No job is written down in ${place.inside("state", "voiceclone", "jobs")}\n`)
  })
})
