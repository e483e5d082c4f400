import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { assert, beforeAll, describe, it } from "vitest"
import { assertRefusal, build, elsewhere, jsonLines, sample, Workplace } from "./command.ts"
import { screen } from "./screen.ts"

beforeAll(build, 60_000)

const secret = "vc_0123456789abcdef"
const ready = async () => {
  const place = new Workplace()
  const server = await FakeServer.start(FakeApi.make({ lifecycle: ["completed"], apiKeys: [secret] }))
  const kept = place.inside("config", "voiceclone", "credentials.json")
  const close = async () => {
    place[Symbol.dispose]()
    await server.close()
  }
  return { place, server, kept, [Symbol.asyncDispose]: close }
}

describe("login", () => {
  it("keeps a key from a pipe for its owner alone; every command uses it; logout forgets it", async () => {
    await using job = await ready()
    const { place, server, kept } = job
    const login = await place.run(["login", "--base-url", server.baseUrl], {}, `${secret}\n`)
    assert.strictEqual(login.code, 0, login.stderr)
    assert.strictEqual(login.stdout, `Logged in to ${server.baseUrl}; the key is kept in ${kept}\n`)
    assert.strictEqual(statSync(kept).mode & 0o777, 0o600)
    assert.strictEqual(statSync(place.inside("config", "voiceclone")).mode & 0o777, 0o700)
    const cloned = await place.run(["clone", sample, "--text", "Hello.", "-o", "speech.wav"])
    assert.strictEqual(cloned.code, 0, cloned.stderr)
    const who = await place.run(["whoami"])
    assert.match(
      who.stdout,
      /^server {2}http:\S+ \(.+config\.json\)\nkey {5}vc_…ef \(.+credentials\.json\), accepted\n$/,
    )
    const other = await place.run(["whoami"], { VOICECLONE_API_KEY: "wrong" })
    assertRefusal(other, 3, /does not accept the API key/, /Run voiceclone login/)
    const out = await place.run(["logout", "--json"])
    assert.deepStrictEqual(jsonLines(out), [{ _tag: "LoggedOut", baseUrl: server.baseUrl, wasKept: true }])
    assert.notInclude(readFileSync(kept, "utf8"), secret)
    assertRefusal(await place.run(["whoami"]), 3, /There is no API key/)
    for (const { stdout, stderr } of [login, cloned, who, out]) assert.notInclude(stdout + stderr, secret)
  })

  it("keeps no key that the server refuses, none that is missing, and never takes one as an argument", async () => {
    await using job = await ready()
    const { place, server, kept } = job
    const args = ["login", "--base-url", server.baseUrl]
    assertRefusal(
      await place.run(args, {}, "wrong-key\n"),
      3,
      /does not accept the API key/,
      /^ {2}Nothing was kept\. /,
    )
    assertRefusal(await place.run(args, {}, "\n"), 2, /There is no API key on standard input/)
    const argued = await place.run([...args, secret], {}, "")
    assertRefusal(argued, 2, /login takes no argument/, /better take another/)
    assert.notInclude(argued.stderr, secret)
    using other = await elsewhere()
    const there = await place.run(["login", "--base-url", other.baseUrl], {}, secret)
    assertRefusal(there, 10, /answer \(404\) is not what/, /Check that the base URL/)
    assert.isFalse(existsSync(kept))
  })

  it("asks on a terminal, and shows nothing of the key", async () => {
    await using job = await ready()
    const { place, server, kept } = job
    const run = place.terminal(`login --base-url ${server.baseUrl}`, {}, 80, "pipe")
    await run.seen(/API key/)
    run.child.stdin?.write(`${secret}\r`)
    const { code, stdout } = await run.ended
    assert.strictEqual(code, 0, stdout)
    assert.notInclude(stdout, secret)
    assert.notInclude(stdout, "0123")
    assert.include(readFileSync(kept, "utf8"), secret)
  })

  it("that is stopped at the prompt says so on a line of its own", async () => {
    await using job = await ready()
    const run = job.place.terminal(`login --base-url ${job.server.baseUrl}`, { NO_COLOR: "1" }, 80, "pipe")
    await run.seen(/API key/)
    run.child.stdin?.write("\u0003")
    const { bytes, code } = await run.ended
    const [prompt = "", ...rest] = await screen(bytes)
    assert.match(prompt, /^\? API key \(it is not shown\)/)
    assert.deepStrictEqual([code, rest], [130, ["error: Interrupted"]])
    assert.isFalse(existsSync(job.kept))
  })

  it("uses no keys that others can read, and none that cannot be understood", async () => {
    await using job = await ready()
    const { place, server, kept } = job
    await place.run(["login", "--base-url", server.baseUrl], {}, secret)
    chmodSync(kept, 0o644)
    assertRefusal(await place.run(["whoami"]), 2, /Others can read the keys/, /Run: chmod 600 \S+credentials\.json$/)
    writeFileSync(kept, "{")
    assertRefusal(await place.run(["status", "x"]), 2, /Cannot read \S+credentials\.json/)
  })
})

describe("config", () => {
  it("keeps settings, says where each comes from, and lets flags and the environment go first", async () => {
    using place = new Workplace()
    const url = "https://voices.example.com/api"
    assert.strictEqual((await place.run(["config", "set", "base-url", url])).stdout, `base-url is ${url}\n`)
    const list = async (env?: Record<string, string>) =>
      jsonLines(await place.run(["config", "list", "--json"], env))[0]
    assert.deepStrictEqual((await list()).settings["base-url"], {
      value: url,
      from: place.inside("config", "voiceclone", "config.json"),
    })
    const env = { VOICECLONE_BASE_URL: "https://other.example.com/api" }
    assert.strictEqual((await list(env)).settings["base-url"].from, "VOICECLONE_BASE_URL")
    await place.run(["config", "unset", "base-url"])
    assert.strictEqual((await list()).settings["base-url"].from, "the hosted service")
    assertRefusal(await place.run(["config", "set", "base-url", "nowhere"]), 2, /"nowhere" is no base-url/)
    assertRefusal(await place.run(["config", "set", "colour", "red"]), 2, /colour/)
  })
})
