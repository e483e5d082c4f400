import { existsSync, readFileSync } from "node:fs"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { assertSpeech, build, sample, Workplace } from "./command.ts"

beforeAll(build, 60_000)

const api = FakeApi.make({ lifecycle: ["completed"] })
const env = { VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: "", SAMPLE: sample }
let server: FakeServer.FakeServer
beforeAll(async () => {
  server = await FakeServer.start(api)
  env.VOICECLONE_BASE_URL = server.baseUrl
})
afterAll(() => server.close())

const cloned = `voiceclone clone "$SAMPLE" --text Hello -o speech.wav`

describe("a reader that goes away", () => {
  const lines = [
    ["of JSON lines", `${cloned} --json | head -n 1`],
    ["of everything", `${cloned} 2>&1 | grep -m 1 Created`],
    ["of the words", `${cloned} 2> >(head -n 1 >&2)`],
    ["of the result", `${cloned} | true`],
  ] as const
  it.for(lines)("%s ends no job, and nothing is said of it", async ([, line]) => {
    using place = new Workplace()
    const { stderr, stdout } = await place.shell(`set -o pipefail; ${line}; echo "code $?"`, env)
    assert.match(stdout, /^code 0$/m, stderr)
    assert.notInclude(stdout + stderr, "EPIPE")
    assertSpeech(readFileSync(place.inside("speech.wav")))
  })
})

describe.runIf(existsSync("/dev/full"))("a full disk", () => {
  it("under the result: the job is done, and the code says that it could not be told", async () => {
    using place = new Workplace()
    for (const line of [cloned, `${cloned} --json`, "voiceclone status task-1", "voiceclone --help"]) {
      const { code, stderr } = await place.shell(`${line} > /dev/full`, env)
      assert.strictEqual(code, 12, line)
      assert.match(stderr, /^error: Cannot write to standard output: no space left on device\n {2}\S.+\n$/m)
      assert.notInclude(stderr, "    at ")
    }
    assertSpeech(readFileSync(place.inside("speech.wav")))
  })

  it("under the words is no matter", async () => {
    using place = new Workplace()
    const { code, stdout } = await place.shell(`${cloned} 2> /dev/full`, env)
    assert.strictEqual(code, 0)
    assert.match(stdout, /^Saved speech\.wav/)
  })
})
