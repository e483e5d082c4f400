import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { assert, beforeAll, describe, it, vi } from "vitest"
import { assertRefusal, build, sample, Workplace } from "./command.ts"

beforeAll(build, 60_000)

describe("serve", () => {
  it("makes a key at the first start, which no log shows, and ends well when it is told to", async () => {
    using place = new Workplace()
    const first = place.start(["serve", "--port", "0", "--data", "data"])
    await first.seen(/API key +made now, and kept in \S+key\n/)
    const key = readFileSync(place.inside("data", "key"), "utf8").trim()
    const [, baseUrl = ""] = await first.seen(/serves at (\S+)/)
    await first.seen(/Stop it with/)
    const status = await place.run(["status", "none"], { VOICECLONE_API_KEY: key, VOICECLONE_BASE_URL: baseUrl })
    assert.strictEqual(status.code, 4, status.stderr)
    first.child.kill("SIGTERM")
    const ended = await first.ended
    assert.strictEqual(ended.code, 0)
    const second = place.start(["serve", "--port", "0", "--data", "data"])
    await second.seen(/Stop it with/)
    second.child.kill("SIGINT")
    const { code, stdout, stderr } = await second.ended
    assert.strictEqual(code, 0)
    assert.notInclude(stdout + stderr + ended.stdout + ended.stderr, key)
    assert.include(stdout, `API key  the one in ${place.inside("data", "key")}\n`)
  })

  it("speaks with the engine of choice, and does not start with one that cannot speak", async () => {
    using place = new Workplace()
    const server = place.start(["serve", "--port", "0", "--data", "data", "--engine", "fixed", "--json"])
    await server.seen(/"engine":\{"name":"fixed-voice"/)
    server.child.kill("SIGTERM")
    await server.ended
    const env = { VOICECLONE_ENGINE: "http", VOICECLONE_ENGINE_URL: "http://127.0.0.1:1" }
    assertRefusal(
      await place.run(["serve", "--port", "0", "--data", "data"], env),
      13,
      /engine http: .* cannot be reached/,
    )
    const listed = await place.run(["engine", "list"], env)
    assert.match(listed.stdout, /^\* http +a speech service/m)
    assertRefusal(await place.run(["engine", "check", "data"]), 13, /holds no ZipVoice and no PocketTTS model/)
  })

  it("takes keys that are made while it runs, until they are revoked", async () => {
    using place = new Workplace()
    const server = place.start(["serve", "--port", "0", "--data", "data", "--json"])
    const [, baseUrl = ""] = await server.seen(/"baseUrl":"([^"]+)"/)
    const made = await place.run(["keys", "create", "anna", "--data", "data", "--json"])
    const { id, key } = JSON.parse(made.stdout)
    const ask = async () =>
      (await fetch(`${baseUrl}/async-clone/tasks`, { headers: { authorization: `Bearer ${key}` } })).status
    assert.strictEqual(await ask(), 200)
    const listed = await place.run(["keys", "list", "--data", "data"])
    assert.match(listed.stdout, new RegExp(`^${id}  anna  \\S+Z\n$`))
    assert.include((await place.run(["keys", "revoke", id, "--data", "data"])).stdout, `${id} is revoked`)
    await vi.waitUntil(async () => (await ask()) === 401, 5000)
    assertRefusal(await place.run(["keys", "revoke", id, "--data", "data"]), 2, /is in force here/)
    assertRefusal(await place.run(["keys", "create", "a b", "--data", "data"]), 2, /cannot be the name of an owner/)
    server.child.kill("SIGTERM")
    await server.ended
  })

  it("is found by those who look after it where it was told to be", async () => {
    using place = new Workplace()
    writeFileSync(place.inside("server.json"), JSON.stringify({ data: place.inside("data") }))
    for (const env of [{ VOICECLONE_CONFIG: place.inside("server.json") }, { VOICECLONE_DATA: place.inside("data") }]) {
      const server = place.start(["serve", "--port", "0", "--json"], env)
      const [, baseUrl = ""] = await server.seen(/"baseUrl":"([^"]+)"/)
      const { key } = JSON.parse((await place.run(["keys", "create", "anna", "--json"], env)).stdout)
      const { status } = await fetch(`${baseUrl}/async-clone/tasks`, { headers: { authorization: `Bearer ${key}` } })
      assert.strictEqual(status, 200)
      const copied = await place.run(["backup", `copy-${Object.keys(env).join()}`], env)
      assert.strictEqual(copied.code, 0, copied.stderr)
      server.child.kill("SIGTERM")
      await server.ended
    }
    const copy = place.inside("copy-VOICECLONE_DATA", "key")
    assert.strictEqual(readFileSync(copy, "utf8"), readFileSync(place.inside("data", "key"), "utf8"))
    const shared = { VOICECLONE_DATA: place.inside("data"), DATABASE_URL: "postgres://127.0.0.1:1/none" }
    assertRefusal(await place.run(["backup", "stale"], shared), 2, /tasks are in PostgreSQL/, /pg_dump/)
  })

  it("serves a page, opens it in the browser of choice, and only for this machine", async () => {
    using place = new Workplace()
    const browser = place.inside("browser")
    writeFileSync(browser, `#!/bin/sh\necho "$1" > "${place.inside("opened")}"\n`, { mode: 0o755 })
    const args = ["serve", "--open", "--port", "0", "--data", "data"]
    const server = place.start([...args, "--json"], { BROWSER: browser })
    const [, pageUrl = ""] = await server.seen(/"pageUrl":"([^"]+)"/)
    await vi.waitUntil(() => existsSync(place.inside("opened")), 5000)
    assert.strictEqual(readFileSync(place.inside("opened"), "utf8").trim(), pageUrl)
    const page = await fetch(pageUrl)
    assert.match(await page.text(), /<h1>Clone a voice<\/h1>/)
    server.child.kill("SIGTERM")
    assert.strictEqual((await server.ended).code, 0)

    const without = place.start(args, { BROWSER: place.inside("nothing") })
    await without.seen(/page +http:\/\/127\.0\.0\.1:\d+\/#\S+ +\(good for one visit\)/)
    await without.seen(/Stop it with/)
    without.child.kill("SIGTERM")
    assert.match((await without.ended).stderr, /No browser could be opened/)

    const everywhere = await place.run([...args, "--host", "0.0.0.0"])
    assertRefusal(everywhere, 2, /the page \(--open\) is for this machine alone, and --host is "0\.0\.0\.0"/)
  })

  it("refuses keys that it cannot read, and never shows them", async () => {
    using place = new Workplace()
    const outcome = await place.run(["serve", "--port", "0"], { VOICECLONE_SERVER_KEYS: "secret-without-owner" })
    assertRefusal(outcome, 2, /VOICECLONE_SERVER_KEYS: entry 1 has no colon/)
    assert.notInclude(outcome.stderr, "secret-without-owner")
  })

  it.runIf(process.platform === "linux")("refuses a directory that nothing can be made in", async () => {
    using place = new Workplace()
    assertRefusal(
      await place.run(["serve", "--port", "0", "--data", "/proc/voiceclone/server"]),
      13,
      /Cannot use the data directory \/proc\/voiceclone\/server: it cannot be made/,
    )
  })

  it("cannot be started twice, neither on its port nor on its data; --local is told what to do instead", async () => {
    using place = new Workplace()
    const server = place.start(["serve", "--port", "0", "--data", "data"])
    const [, port = ""] = await server.seen(/serves at http:\/\/127\.0\.0\.1:(\d+)/)
    assertRefusal(
      await place.run(["serve", "--port", port, "--data", "data2"]),
      13,
      /Port \d+ on 127\.0\.0\.1 is in use/,
    )
    assertRefusal(
      await place.run(["serve", "--port", "0", "--data", "data"]),
      13,
      /another server uses it/,
      /Stop the other server/,
    )
    assertRefusal(
      await place.run(["clone", sample, "--text", "Hello.", "-o", "speech.wav", "--local", "--data", "data"]),
      13,
      /another server uses it/,
      /Leave --local out: set VOICECLONE_BASE_URL to that server, and VOICECLONE_API_KEY to the key in \S+\/data\/key/,
    )
  }, 30_000)
})
