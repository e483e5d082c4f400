import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import { readFileSync } from "node:fs"
import { assert, beforeAll, describe, it } from "vitest"
import { assertSpeech, build, sample, Workplace } from "./command.ts"

beforeAll(build, 60_000)

// A limit on the size of files needs no mount and no rights, and stops a write where a full disk would: in its midst.
describe.runIf(process.platform !== "win32")("a disk that takes no more in the midst of the result", () => {
  it("loses nothing: the task is named, nothing half stands at the output, and the same command saves it later", async () => {
    using place = new Workplace()
    const api = FakeApi.make({ lifecycle: ["completed"] })
    await using server = await FakeServer.start(api)
    const env = { VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: server.baseUrl, SAMPLE: sample }
    const line = `voiceclone clone "$SAMPLE" --text Hello -o speech.wav`
    const full = await place.shell(`ulimit -f 16; ${line}`, env)
    assert.strictEqual(full.code, 12, full.stderr)
    assert.match(full.stderr, /^error: Cannot write speech\.wav\.part: the file is too large/m, full.stderr)
    assert.match(
      full.stderr,
      /Task task-1 exists and is paid for\. .*Go on with: voiceclone download task-1 -o FILE --wait/,
    )
    assert.notInclude(full.stderr, "    at ")
    assert.notInclude(place.files(), "speech.wav")
    const later = await place.shell(line, env)
    assert.strictEqual(later.code, 0, later.stderr)
    assertSpeech(readFileSync(place.inside("speech.wav")))
    assert.lengthOf(api.requestsOf("create"), 1)
  })

  it("under temporary files is told from the output and from the sample", async () => {
    using place = new Workplace()
    const api = FakeApi.make({ lifecycle: ["completed"] })
    await using server = await FakeServer.start(api)
    const env = { VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: server.baseUrl, SAMPLE: sample }
    const piped = `voiceclone create - --text Hello < "$SAMPLE"`
    const told = `voiceclone clone "$SAMPLE" --text Hello -o - | wc -c; exit "\${PIPESTATUS[0]}"`
    for (const line of [piped, told]) {
      const { code, stderr } = await place.shell(`ulimit -f 16; ${line}`, env)
      assert.strictEqual(code, 12, stderr)
      assert.match(stderr, /^error: Cannot write a temporary file: .*too large.*\n {2}.*set TMPDIR to another/m, stderr)
    }
    assert.lengthOf(api.requestsOf("create"), 1)
  })

  it("under the journal stops a job before it is paid for", async () => {
    using place = new Workplace()
    const api = FakeApi.make({ lifecycle: ["completed"] })
    await using server = await FakeServer.start(api)
    const env = { VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: server.baseUrl, SAMPLE: sample }
    const { code, stderr } = await place.shell(`ulimit -f 0; voiceclone create "$SAMPLE" --text Hello`, env)
    assert.strictEqual(code, 15, stderr)
    assert.match(stderr, /^ {2}Make room and permission for it/m)
    assert.lengthOf(api.requestsOf("create"), 0)
  })
})
