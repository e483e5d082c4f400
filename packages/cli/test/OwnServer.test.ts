import { readFileSync } from "node:fs"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { assertRefusal, assertSpeech, build, sample, Workplace } from "./command.ts"

beforeAll(build, 60_000)

/** A minute of speech: long enough for something to happen meanwhile. */
const longText = Array.from({ length: 40 }, (_, index) => `This is sentence number ${index} of a long text.`).join(" ")

describe("our own server", { timeout: 120_000 }, () => {
  const home = new Workplace()
  let baseUrl = ""
  beforeAll(async () => {
    const server = home.start(["serve", "--port", "0", "--data", "data", "--json"])
    baseUrl = (await server.seen(/"baseUrl":"([^"]+)"/))[1] ?? ""
  }, 60_000)
  afterAll(() => home[Symbol.dispose]())

  const makeKey = async (owner: string) => {
    const { stdout } = await home.run(["keys", "create", owner, "--data", "data", "--json"])
    const { id, key } = JSON.parse(stdout) as { readonly id: string; readonly key: string }
    return { id, env: { VOICECLONE_API_KEY: key, VOICECLONE_BASE_URL: baseUrl } }
  }

  it("whose key is revoked in mid-job loses nothing: another key of its owner brings the speech home", async () => {
    using place = new Workplace()
    const cloned = ["clone", sample, "--text", longText, "-o", "speech.wav"]
    const first = await makeKey("anna")
    const run = place.start(cloned, first.env)
    const [, taskId] = await run.seen(/Created task (\S+)/)
    await home.run(["keys", "revoke", first.id, "--data", "data"])
    assertRefusal(
      await run.ended,
      3,
      /does not accept the API key/,
      new RegExp(`Task ${taskId} exists and is paid for\\..+Go on with: voiceclone download ${taskId} -o speech\\.wav`),
    )
    const second = await makeKey("anna")
    const again = await place.run(cloned, second.env)
    assert.strictEqual(again.code, 0, again.stderr)
    assert.include(again.stderr, `Going on with task ${taskId}`)
    assertSpeech(readFileSync(place.inside("speech.wav")))
  })

  it("does the jobs of two terminals at once, on one journal, and cancels one that is at work", async () => {
    using place = new Workplace()
    const { env } = await makeKey("ben")
    const start = (name: string, text: string) =>
      place.terminal(`clone '${sample}' --text '${text}' -o ${name}.wav`, { ...env, NO_COLOR: "1" })
    const [one, two] = [start("one", "One."), start("two", longText)]
    const [, taskId = ""] = await two.seen(/Created task ([\da-f-]+)/)
    const cancelled = await place.run(["cancel", taskId], env)
    assert.match(cancelled.stdout, /^status +failed$/m)
    const outcomes = await Promise.all([one.ended, two.ended])
    assert.deepStrictEqual(
      outcomes.map(({ code }) => code),
      [0, 7],
    )
    assertSpeech(readFileSync(place.inside("one.wav")))
    assert.deepStrictEqual(
      place
        .journal()
        .map(({ state }) => state)
        .toSorted(),
      ["failed", "saved"],
    )
    const listed = await place.run(["list", "--server"], env)
    assert.match(listed.stdout, new RegExp(`^failed .*${taskId}`, "m"))
    assert.match((await place.run(["resume"], env)).stdout, /^Nothing was left to do$/m)
  })
})
