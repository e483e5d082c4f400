import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, beforeAll, describe, it } from "vitest"
import { build, elsewhere, jsonLines, Workplace } from "./command.ts"

beforeAll(build, 60_000)

describe("doctor", () => {
  it("finds all well, and says what the server offers", async () => {
    using place = new Workplace()
    await using server = await FakeServer.start(FakeApi.make({ apiKeys: ["right"], idempotencyKeys: "documented" }))
    const env = { VOICECLONE_API_KEY: "right", VOICECLONE_BASE_URL: server.baseUrl, HTTPS_PROXY: "", HTTP_PROXY: "" }
    const { code, stdout, stderr } = await place.run(["doctor"], env)
    assert.strictEqual(code, 0, stdout + stderr)
    assert.match(stdout, /^voiceclone \S+, Node\.js \S+, \S+ \S+\n/)
    assert.match(stdout, /^ok {4}journal {3}\S+\/jobs, .+ left$/m)
    assert.include(stdout, `ok    server    ${server.baseUrl} (VOICECLONE_BASE_URL)\n`)
    assert.match(stdout, /^ok {4}key {7}accepted \(VOICECLONE_API_KEY\)$/m)
    assert.match(stdout, /^ok {4}features {2}repeats a create call safely$/m)
  })

  it("says what to mend, each on its own, and ends with the code of the first", async () => {
    using place = new Workplace()
    await using server = await FakeServer.start(FakeApi.make({ apiKeys: ["right"] }))
    const env = { VOICECLONE_API_KEY: "wrong", VOICECLONE_BASE_URL: server.baseUrl, HTTPS_PROXY: "http://proxy:3128" }
    const wrong = await place.run(["doctor", "--json"], env)
    assert.strictEqual(wrong.code, 3)
    const [{ checks }] = jsonLines(wrong)
    const states = checks.map((check: { name: string; state: string }) => `${check.name} ${check.state}`)
    assert.includeMembers(states, ["proxy trouble", "key bad", "server good"])
    const dead = { ...env, VOICECLONE_BASE_URL: "http://127.0.0.1:1/api" }
    const { code, stdout } = await place.run(["doctor"], dead)
    assert.strictEqual(code, 10)
    assert.match(stdout, /^bad {3}server {4}Cannot reach http:\/\/127\.0\.0\.1:1: .+\n {16}Check the network/m)
    assert.notMatch(stdout, /tls|key/)
  })

  it("says which clock is behind, and what is no place for the journal", async () => {
    using place = new Workplace()
    const date = new Date(Date.now() + 7_200_000).toUTCString()
    await using server = createServer((_, response) =>
      response
        .writeHead(404, { date, "content-type": "application/json" })
        .end('{"detail": "Task not found or result not available"}'),
    ).listen(0, "127.0.0.1")
    await once(server, "listening")
    const { port } = server.address() as AddressInfo
    const { code, stdout } = await place
      .run(["doctor"], {
        VOICECLONE_API_KEY: "key",
        VOICECLONE_BASE_URL: `http://127.0.0.1:${port}/api`,
        XDG_STATE_HOME: place.inside("file"),
      })
      .finally(() => server.closeAllConnections())
    assert.strictEqual(code, 0, stdout)
    assert.match(
      stdout,
      /^look {2}clock {5}it is 1(?:19|20) min \d+ s behind the server's\n {16}Set this machine's clock/m,
    )
    writeFileSync(place.inside("file"), "")
    const env = { VOICECLONE_BASE_URL: "http://127.0.0.1:1/api", XDG_STATE_HOME: place.inside("file") }
    const journal = await place.run(["doctor"], env)
    assert.strictEqual(journal.code, 15)
    assert.match(journal.stdout, /^bad {3}journal {3}.+ cannot be made: .+\n {16}Mend that, or set XDG_STATE_HOME/m)
  })

  it("tells whether the server is there without a key too, and takes no other page for the API", async () => {
    using place = new Workplace()
    await using server = await FakeServer.start(FakeApi.make({ apiKeys: ["right"] }))
    const keyless = (url: string) => place.run(["doctor"], { VOICECLONE_API_KEY: "", VOICECLONE_BASE_URL: url })
    const reached = await keyless(server.baseUrl)
    assert.strictEqual(reached.code, 3)
    assert.match(reached.stdout, /^ok {4}server .+\nok {4}tls {7}plain http\nbad {3}key {7}There is no API key\n/m)
    const dead = await keyless("https://127.0.0.1:1/api")
    assert.strictEqual(dead.code, 10)
    assert.match(dead.stdout, /^bad {3}server {4}Cannot reach/m)
    assert.notInclude(dead.stdout, "certificate")
    using other = await elsewhere()
    const { stdout } = await keyless(other.baseUrl)
    assert.match(stdout, /^bad {3}server {4}The server's answer \(404\) is not what the API promises/m)
  })
})
