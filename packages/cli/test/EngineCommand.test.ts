import { createHash } from "node:crypto"
import { once } from "node:events"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, beforeAll, describe, it } from "vitest"
import { assertRefusal, build, Workplace } from "./command.ts"

beforeAll(build, 60_000)

/** A PocketTTS model of arithmetic. */
const archive = readFileSync(new URL("../../server/test/pocket.tar.bz2", import.meta.url))
const sha256 = createHash("sha256").update(archive).digest("hex")

/** A server of files by their paths. */
const serving = async (files: Readonly<Record<string, string | Buffer>>) => {
  const server = createServer((request, response) => {
    const file = files[request.url ?? ""]
    if (file === undefined) response.writeHead(404).end("not here")
    else response.writeHead(200, { "content-length": Buffer.byteLength(file) }).end(file)
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await once(server.close(), "close")
    },
  }
}

describe("engine install", () => {
  it("fetches a model, checks it by the digest beside it, and lists it", async () => {
    using place = new Workplace()
    await using server = await serving({
      "/pk.tar.bz2": archive,
      "/pk.tar.bz2.sha256": `${sha256}  pk.tar.bz2\n`,
    })
    const env = { XDG_DATA_HOME: place.inside("home") }
    const installed = await place.run(["engine", "install", `${server.url}/pk.tar.bz2`], env)
    assert.strictEqual(installed.code, 0, installed.stderr)
    assert.include(installed.stderr, `SHA-256 ${sha256}, as the .sha256 beside it says`)
    const directory = place.inside("home", "voiceclone", "models", "pk")
    assert.include(installed.stdout, `PocketTTS in ${directory} is installed`)
    assert.deepStrictEqual(readdirSync(place.inside("home", "voiceclone", "models", ".downloads")), [])
    const listed = await place.run(["engine", "list"], env)
    assert.include(listed.stdout, `  model   PocketTTS in ${directory}`)
    assertRefusal(await place.run(["engine", "install", directory], env), 13, /a model called pk is installed already/)
  })

  it("installs nothing whose digest is another, unknown or missing, and nothing that does not come", async () => {
    using place = new Workplace()
    await using server = await serving({ "/pk.tar.bz2": archive })
    const env = { XDG_DATA_HOME: place.inside("home") }
    const install = (...args: ReadonlyArray<string>) => place.run(["engine", "install", ...args], env)
    const url = `${server.url}/pk.tar.bz2`
    assertRefusal(await install(url), 10, /nothing tells its SHA-256/)
    assertRefusal(await install(url, "--sha256", "0".repeat(64)), 10, /its SHA-256 is [0-9a-f]{64}, and 0{64} was/)
    assertRefusal(await install(`${server.url}/other.tar.gz`, "--sha256", "any"), 10, /404: not here/)
    assertRefusal(await install(url, "--sha256", "abc"), 2, /64 hexadecimal digits, or any/)
    const models = place.inside("home", "voiceclone", "models")
    assert.deepStrictEqual(existsSync(models) ? readdirSync(models) : [], [".downloads"])
  })
})
