import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import * as Fault from "@voiceclone/testing/Fault"
import * as WavFile from "@voiceclone/testing/WavFile"
import { existsSync, readdirSync } from "node:fs"
import { assert, beforeAll, describe, it, vi } from "vitest"
import { assertRefusal, build, jsonLines, sample, screenLines, Workplace } from "./command.ts"

beforeAll(build, 60_000)

const lifecycle: FakeApi.Lifecycle = ["completed"]
const speech = WavFile.tone({ seconds: 20 })
const connect = (server: FakeServer.FakeServer) => ({ VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: server.baseUrl })
const cloned = ["clone", sample, "--text", "Hello.", "-o", "-"]

describe("-o -", () => {
  it("writes the speech and nothing else, leaves no file, and the job is done", async () => {
    using place = new Workplace()
    const api = FakeApi.make({ lifecycle, speech })
    await using server = await FakeServer.start(api)
    const outcome = await place.run(cloned, connect(server))
    assert.strictEqual(outcome.code, 0, outcome.stderr)
    assert.isTrue(outcome.bytes.equals(speech))
    assert.match(outcome.stderr, /^Wrote the speech to standard output \(20\.0 s, .+\)$/m)
    assert.deepStrictEqual(place.files(), [])
    assert.deepStrictEqual(readdirSync(place.inside("tmp")), [])
    const [{ state, output, saved }] = place.journal()
    assert.deepStrictEqual([state, output, saved.path], ["saved", undefined, "-"])
    const downloaded = await place.run(["download", "task-1", "-o", "-"], connect(server))
    assert.isTrue(downloaded.bytes.equals(speech))
    const again = await place.run(cloned, connect(server))
    assert.isTrue(again.bytes.equals(speech))
    assert.lengthOf(api.requestsOf("create"), 1)
    assert.match((await place.run(["resume"], connect(server))).stdout, /^Nothing was left to do$/m)
  })

  it("goes on without paying when it was killed on the way", async () => {
    using place = new Workplace()
    const api = FakeApi.make({
      lifecycle,
      speech,
      faults: [Fault.on("result", 1, Fault.stall({ afterSent: 100_000 }))],
    })
    await using server = await FakeServer.start(api)
    const run = place.start(cloned, connect(server))
    await vi.waitUntil(() => api.requestsOf("result").length > 0)
    run.child.kill("SIGKILL")
    assert.lengthOf((await run.ended).bytes, 0)
    const [{ state, output }] = place.journal()
    assert.deepStrictEqual([state, output], ["submitted", undefined])
    const second = await place.run(cloned, connect(server))
    assert.isTrue(second.bytes.equals(speech))
    assert.lengthOf(api.requestsOf("create"), 1)
  })

  it("writes not one byte of what is not the result", async () => {
    using place = new Workplace()
    const broken = Uint8Array.from(speech)
    broken.set(new TextEncoder().encode("NOPE"), 0)
    const api = FakeApi.make({ lifecycle, speech: broken })
    await using server = await FakeServer.start(api)
    const outcome = await place.run(cloned, connect(server))
    assertRefusal(outcome, 9, /did not arrive as it should/, /Nothing was saved; .+Go on with: voiceclone download/)
    assert.notInclude(outcome.stderr, "kept in")
    assert.deepStrictEqual(readdirSync(place.inside("tmp")), [])
  })

  it("is quiet, but no success, where the reader goes before the end", async () => {
    using place = new Workplace()
    const api = FakeApi.make({ lifecycle, speech })
    await using server = await FakeServer.start(api)
    const env = { ...connect(server), SAMPLE: sample }
    const line = `voiceclone clone "$SAMPLE" --text Hello -o - | head -c 4; echo " \${PIPESTATUS[0]}"`
    const { stdout, stderr } = await place.shell(line, env)
    assert.strictEqual(stdout, "RIFF 12\n")
    assert.notMatch(stderr, /error|Wrote/)
    assert.notStrictEqual(place.journal()[0].state, "saved")
  })

  it.runIf(existsSync("/dev/full"))("is an error where there is no room", async () => {
    using place = new Workplace()
    await using server = await FakeServer.start(FakeApi.make({ lifecycle, speech }))
    const env = { ...connect(server), SAMPLE: sample }
    const outcome = await place.shell(`voiceclone clone "$SAMPLE" --text Hello -o - > /dev/full`, env)
    assertRefusal(outcome, 12, /Cannot write to standard output: no space left/, /exists and is paid for/)
  })

  it("is refused with --json, and on a terminal, before anything is paid for", async () => {
    using place = new Workplace()
    const api = FakeApi.make()
    await using server = await FakeServer.start(api)
    const [failed] = jsonLines(await place.run([...cloned, "--json"], connect(server)))
    assert.deepStrictEqual([failed._tag, failed.error], ["Failed", "Usage"])
    for (const args of [`clone ${sample} --text Hello -o -`, "download task-1 -o -"]) {
      const screen = await place.terminal(args, { ...connect(server), NO_COLOR: "1" }).ended
      assert.strictEqual(screen.code, 2)
      assert.match(screenLines(screen)[0] ?? "", /^error: Standard output is a terminal/)
    }
    assert.deepStrictEqual(api.requests, [])
  })
})
