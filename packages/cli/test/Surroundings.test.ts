import { assert, beforeAll, describe, it } from "vitest"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { userInfo } from "node:os"
import { join } from "node:path"
import { assertRefusal, build, jsonLines, sample, Workplace } from "./command.ts"

beforeAll(build, 60_000)

describe.runIf(process.platform === "linux")("a working directory that was removed", () => {
  const inNone = (command: string) => `mkdir gone; cd gone; rmdir ../gone; ${command}`

  it("is named as the cause by what needs it, before anything is paid for", async () => {
    using place = new Workplace()
    const env = { VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: "http://127.0.0.1:1/api" }
    const clone = `voiceclone clone '${sample}' --text Hello. -o speech.wav`
    assertRefusal(await place.shell(inNone(clone), env), 2, /The working directory was removed/, /Go to another one/)
    const json = await place.shell(inNone(`${clone} --json`), env)
    assert.deepStrictEqual(jsonLines(json).at(-1)._tag, "Failed")
  })

  it("keeps nothing from what does without it", async () => {
    using place = new Workplace()
    const listed = await place.shell(inNone("voiceclone list"))
    assert.deepStrictEqual([listed.code, listed.stderr], [0, ""])
  })
})

describe.runIf(process.platform === "linux")("a place in which nothing can be made, not even an error in time", () => {
  it("stops what needs it, and nothing else", async () => {
    using place = new Workplace()
    const nowhere = "/proc/voiceclone"
    assert.strictEqual((await place.run(["list"], { XDG_CACHE_HOME: nowhere })).code, 0)
    const set = ["config", "set", "allow-insecure", "true"]
    assertRefusal(await place.run(set, { XDG_CONFIG_HOME: nowhere }), 2, /Cannot write \/proc/, /set XDG_CONFIG_HOME/)
    writeFileSync(place.inside("jobs.csv"), `text,sample\nOne,${sample}\n`)
    assertRefusal(await place.run(["batch", "jobs.csv", "-o", nowhere]), 12, /Cannot write into \/proc/)
  })
})

describe("a mistyped variable", () => {
  it.each([
    ["VOICECLONE_BASE_ULR", "VOICECLONE_BASE_URL"],
    ["VOICECLONE_APIKEY", "VOICECLONE_API_KEY"],
  ])("%s sends nothing to another server", async (mistyped, meant) => {
    using place = new Workplace()
    const env = { VOICECLONE_BASE_URL: "http://127.0.0.1:1/api", VOICECLONE_API_KEY: "key", [meant]: "" }
    const clone = ["clone", sample, "--text", "Hello.", "-o", "speech.wav"]
    const refused = await place.run(clone, { ...env, [mistyped]: "http://127.0.0.1:1/api" })
    assertRefusal(refused, 2, new RegExp(`${mistyped} is no setting`), new RegExp(`If ${meant} is meant`))
    const status = await place.run(["status", "task-1"], { ...env, [mistyped]: "http://127.0.0.1:1/api" })
    assertRefusal(status, 2, new RegExp(`${mistyped} is no setting`))
  })
})

describe("XDG variables that are no absolute path", () => {
  it("are ignored, as the specification has it", async () => {
    using place = new Workplace()
    mkdirSync(place.inside("home"))
    const env = { HOME: place.inside("home"), XDG_CONFIG_HOME: "config", XDG_STATE_HOME: "state" }
    assert.strictEqual((await place.run(["config", "set", "allow-insecure", "true"], env)).code, 0)
    assert.isTrue(existsSync(place.inside("home", ".config", "voiceclone", "config.json")))
    assert.include((await place.run(["list"], env)).stdout, place.inside("home", ".local", "state", "voiceclone"))
  })

  it.skipIf(process.platform === "win32")("nor is such a HOME taken", async () => {
    using place = new Workplace()
    const doctor = await place.run(["doctor"], {
      HOME: "",
      XDG_STATE_HOME: "",
      VOICECLONE_BASE_URL: "http://127.0.0.1:1/api",
    })
    assert.include(doctor.stdout, join(userInfo().homedir, ".local", "state", "voiceclone", "jobs"))
  })
})
