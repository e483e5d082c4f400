import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"
import { assertRefusal, assertSpeech, sample, Workplace } from "./command.ts"

describe.runIf(process.platform === "linux")("the single executable", () => {
  it("does a job without Node.js and npm, and says what is not in it", { timeout: 120_000 }, async () => {
    using place = new Workplace()
    const script = fileURLToPath(new URL("../build/executable.mjs", import.meta.url))
    execFileSync(process.execPath, [script, "--out", place.inside("tmp"), "--name", "voiceclone"], { stdio: "pipe" })
    await using server = await FakeServer.start(FakeApi.make({ lifecycle: ["completed"] }))
    const env = { VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: server.baseUrl, PATH: "" }
    const run = (...args: ReadonlyArray<string>) => place.spawn(place.inside("tmp", "voiceclone"), args, { env }).ended
    assert.match((await run("--version")).stdout, /^voiceclone v\d/)
    const cloned = await run("clone", sample, "--text", "Hello.", "-o", "speech.wav")
    assert.strictEqual(cloned.code, 0, cloned.stderr)
    assertSpeech(readFileSync(place.inside("speech.wav")))
    assertRefusal(await run("serve"), 13, /no embedded server in it/, /Install voiceclone with npm/)
  })
})
