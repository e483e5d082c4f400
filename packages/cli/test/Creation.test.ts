import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import { readFileSync, readdirSync, writeFileSync } from "node:fs"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { assertRefusal, build, sample, screenLines, Workplace } from "./command.ts"

beforeAll(build, 60_000)

const api = FakeApi.make()
const env = { VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: "" }
let server: FakeServer.FakeServer
beforeAll(async () => {
  server = await FakeServer.start(api)
  env.VOICECLONE_BASE_URL = server.baseUrl
})
afterAll(() => server.close())

const created = (taskId: string) => api.tasks.find(({ id }) => id === taskId.trim())

describe("a sample from standard input", () => {
  it("is sent as it is, by a name that says what it is, and is the same job as the file", async () => {
    using place = new Workplace()
    const piped = await place.run(["create", "-", "--text", "Hello."], env, readFileSync(sample))
    assert.strictEqual(piped.code, 0, piped.stderr)
    const task = created(piped.stdout)
    assert.deepStrictEqual([task?.sample.name, task?.sample.type], ["stdin.wav", "audio/wav"])
    assert.isTrue(readFileSync(sample).equals(task?.sample.bytes ?? new Uint8Array()))
    assert.deepStrictEqual(readdirSync(place.inside("tmp")), [])
    const named = await place.run(["create", sample, "--text", "Hello."], env)
    assert.strictEqual(named.stdout, piped.stdout)
  })

  it("is refused where there is none", async () => {
    using place = new Workplace()
    assertRefusal(await place.run(["create", "-", "--text", "Hello."], env), 2, /Standard input is empty/)
    const screen = await place.terminal("create - --text Hello.", { ...env, NO_COLOR: "1" }).ended
    assert.strictEqual(screen.code, 2)
    assert.match(screenLines(screen)[0] ?? "", /^error: The voice sample is .+ a terminal$/)
  })
})

describe("a text", () => {
  it("from a file or standard input is without byte order mark and newlines at its end", async () => {
    using place = new Workplace()
    writeFileSync(place.inside("letter.txt"), "\u{feff}Grüße,\nHanna\r\n\n")
    const args = ["create", sample, "--text-file"]
    const fromFile = await place.run([...args, "letter.txt"], env)
    assert.strictEqual(created(fromFile.stdout)?.text, "Grüße,\nHanna", fromFile.stderr)
    const piped = await place.run([...args, "-"], env, "Grüße,\nHanna\n")
    assert.strictEqual(piped.stdout, fromFile.stdout)
  })

  type Case = [name: string, flags: Array<string>, cause: RegExp, stdin?: Uint8Array]
  const cases: Array<Case> = [
    ["that is none", [], /There is no text: neither --text nor --text-file/],
    ["that is two", ["--text", "Hello.", "--text-file", "letter.txt"], /Both --text and --text-file/],
    ["in no file", ["--text-file", "none.txt"], /Cannot read the text file none\.txt: no such file/],
    ["in a folder", ["--text-file", "."], /Cannot read the text file \.: it is a directory/],
    ["in another encoding", ["--text-file", "-"], /not text in UTF-8/, Uint8Array.of(0x47, 0x72, 0xfc, 0xdf)],
    ["in UTF-16", ["--text-file", "-"], /not text in UTF-8/, Buffer.from("\u{feff}Hello.", "utf16le")],
    ["of nothing", ["--text-file", "-"], /The text is empty/],
  ]
  it.for(cases)("%s is refused", async ([, flags, cause, stdin]) => {
    using place = new Workplace()
    assertRefusal(await place.run(["create", sample, ...flags], env, stdin), 2, cause)
  })

  it("cannot come from where the sample comes from", async () => {
    using place = new Workplace()
    const outcome = await place.run(["create", "-", "--text-file", "-"], env, readFileSync(sample))
    assertRefusal(outcome, 2, /Standard input cannot be both/)
  })
})
