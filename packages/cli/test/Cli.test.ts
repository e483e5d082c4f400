import { createServer } from "node:net"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { assertRefusal, assertSpeech, build, jsonLines, type Outcome, sample, Workplace } from "./command.ts"

beforeAll(build, 60_000)

/** A minute of speech: long enough to be interrupted in. */
const longText = Array.from({ length: 40 }, (_, index) => `This is sentence number ${index} of a long text.`).join(" ")

describe("with --local", () => {
  it("does the whole job: the result on standard output, the way there on standard error", async () => {
    using place = new Workplace()
    const outcome = await place.run(["clone", sample, "--text", "Good morning.", "-o", "speech.wav", "--local"])
    assert.strictEqual(outcome.code, 0, outcome.stderr)
    assert.match(outcome.stdout, /^Saved speech\.wav \(\d+\.\d s, 22050 Hz, 16 bit, mono, [\d.]+ kB\)\n$/)
    assert.match(outcome.stderr, /^Created task \S+\n(.+\n)*The speech is ready\nDownloaded and checked .+\n$/)
    assertSpeech(readFileSync(place.inside("speech.wav")))
    assert.deepStrictEqual(place.files(), ["speech.wav", "voiceclone"])
  })

  it("prints JSON lines, the last one the outcome", async () => {
    using place = new Workplace()
    const args = ["clone", sample, "--text", "Good morning.", "-o", "speech.wav", "--local", "--json"]
    const outcome = await place.run(args)
    assert.strictEqual(outcome.stderr, "")
    const lines = jsonLines(outcome)
    const tags = new Set(lines.map((line) => line._tag))
    for (const tag of ["Uploading", "Submitted", "Polled", "Downloading", "Verified", "Saved"]) {
      assert.isTrue(tags.has(tag), tag)
    }
    assert.strictEqual(lines.at(-1)._tag, "Done")
    assert.strictEqual(lines.at(-1).path, "speech.wav")
  })

  it("keeps what was paid for when it is interrupted, and says the command that goes on", async () => {
    using place = new Workplace()
    const args = ["clone", sample, "--text", longText, "-o", "speech.wav", "--local", "--data", "data"]
    const run = place.start(args)
    const [, taskId] = await run.seen(/Created task (\S+)/)
    run.child.kill("SIGINT")
    const outcome = await run.ended
    assert.strictEqual(outcome.code, 130)
    assert.strictEqual(outcome.stdout, "")
    assert.deepStrictEqual(place.files(), [])
    const goOn = `download ${taskId} -o speech.wav --wait --local --data data`
    assert.include(outcome.stderr, `Go on with: voiceclone ${goOn}`)
    const second = await place.run(goOn.split(" "))
    assert.strictEqual(second.code, 0, second.stderr)
    assertSpeech(readFileSync(place.inside("speech.wav")))
  }, 60_000)

  it("goes on with the same job instead of paying again, unless forced to", async () => {
    using place = new Workplace()
    const args = ["clone", sample, "--text", "Good morning.", "-o", "speech.wav", "--local"]
    const taskOf = ({ stderr }: Outcome) => /task ([\w-]+)/.exec(stderr)?.[1]
    const first = await place.run(args)
    rmSync(place.inside("speech.wav"))
    const second = await place.run(args)
    assert.strictEqual(second.code, 0, second.stderr)
    assert.match(second.stderr, /^Going on with task \S+, which exists already \(saved\)$/m)
    assert.strictEqual(taskOf(second), taskOf(first))
    assertSpeech(readFileSync(place.inside("speech.wav")))
    const forced = await place.run([...args, "--force"])
    assert.notStrictEqual(taskOf(forced), taskOf(first))
  }, 30_000)

  it("finishes everything that was left with one command", async () => {
    using place = new Workplace()
    for (const name of ["one", "two"]) {
      const run = place.start(["clone", sample, "--text", `${name}. ${longText}`, "-o", `${name}.wav`, "--local"])
      await run.seen(/Created task/)
      run.child.kill("SIGKILL")
      await run.ended
    }
    const resumed = await place.run(["resume", "--local"])
    assert.strictEqual(resumed.code, 0, resumed.stderr)
    assert.match(resumed.stdout, /^2 saved, 0 left$/m)
    assertSpeech(readFileSync(place.inside("one.wav")))
    assertSpeech(readFileSync(place.inside("two.wav")))
    assert.match((await place.run(["resume", "--local"])).stdout, /^Nothing was left to do$/m)
  }, 60_000)
})

describe("with a server", () => {
  const place = new Workplace()
  const env = { VOICECLONE_API_KEY: "key-anna", VOICECLONE_BASE_URL: "" }

  beforeAll(async () => {
    const keys = { VOICECLONE_SERVER_KEYS: "anna:key-anna,ben:key-ben" }
    const server = place.start(["serve", "--port", "0", "--data", "data", "--json"], keys)
    const [, baseUrl] = await server.seen(/"baseUrl":"([^"]+)"/)
    env.VOICECLONE_BASE_URL = baseUrl ?? ""
  })
  afterAll(() => place[Symbol.dispose]())

  it("creates, asks, waits and downloads as separate commands", async () => {
    const created = await place.run(["create", sample, "--text", "Good morning."], env)
    assert.strictEqual(created.code, 0, created.stderr)
    const taskId = created.stdout.trimEnd()
    assert.match(taskId, /^\S+$/)
    const waited = await place.run(["wait", taskId], env)
    assert.match(waited.stdout, /^status +completed$/m)
    const status = await place.run(["status", taskId, "--json"], env)
    assert.strictEqual(JSON.parse(status.stdout).task.status, "completed")
    const downloaded = await place.run(["download", taskId, "-o", "again.wav"], env)
    assert.strictEqual(downloaded.code, 0, downloaded.stderr)
    assertSpeech(readFileSync(place.inside("again.wav")))

    const other = await place.run(["download", taskId, "-o", "theirs.wav"], { ...env, VOICECLONE_API_KEY: "key-ben" })
    assert.strictEqual(other.code, 3)
    assert.notInclude(place.files(), "theirs.wav")
  })

  it("says that a task has no result yet, and how to wait for it", async () => {
    const { stdout } = await place.run(["create", sample, "--text", longText], env)
    const taskId = stdout.trimEnd()
    assertRefusal(
      await place.run(["download", taskId, "-o", "early.wav"], env),
      5,
      /has no result yet \(Task not completed yet\. Current status: (pending|processing)\)/,
      new RegExp(`Go on with: voiceclone download ${taskId} -o early.wav --wait$`),
    )
    assertRefusal(
      await place.run(["wait", taskId, "--timeout", "10ms"], env),
      8,
      /was not finished after/,
      new RegExp(`Go on with: voiceclone wait ${taskId}$`),
    )
    assert.notInclude(place.files(), "early.wav")
  })
})

describe("bad input", () => {
  const place = new Workplace()
  let refused = ""
  const env = { VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: "" }
  beforeAll(async () => {
    mkdirSync(place.inside("folder"))
    writeFileSync(place.inside("empty.wav"), "")
    writeFileSync(place.inside("notes.txt"), "Not a sound.\n")
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    refused = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/api`
    await new Promise((resolve) => server.close(resolve))
    const real = place.start(["serve", "--port", "0", "--data", "data", "--json"], { VOICECLONE_SERVER_KEYS: "a:key" })
    env.VOICECLONE_BASE_URL = (await real.seen(/"baseUrl":"([^"]+)"/))[1] ?? ""
  })
  afterAll(() => place[Symbol.dispose]())

  let outputs = 0
  // a file to write belongs to one run at a time
  const clone = (file: string, text = "Hello.", output = `out-${outputs++}.wav`): Array<string> => [
    "clone",
    file,
    "--text",
    text,
    "-o",
    output,
  ]

  type Case = [name: string, args: Array<string>, code: number, cause: RegExp, env?: () => Record<string, string>]
  const cases: Array<Case> = [
    ["no key", clone(sample), 3, /There is no API key/, () => ({ VOICECLONE_API_KEY: "" })],
    ["a wrong key", clone(sample), 3, /does not accept the API key/, () => ({ VOICECLONE_API_KEY: "wrong" })],
    ["a missing sample", clone("none.wav"), 2, /Cannot read the voice sample none\.wav: there is no such file/],
    ["a folder as sample", clone("folder"), 2, /it is a directory/],
    ["an empty sample", clone("empty.wav"), 2, /The voice sample empty\.wav is empty/],
    ["a sample that is not audio", clone("notes.txt"), 2, /415: The sample is text/],
    ["an empty text", clone(sample, " "), 2, /The text is empty/],
    [
      "an unreachable server",
      ["status", "x"],
      10,
      /the connection was refused/,
      () => ({ VOICECLONE_BASE_URL: refused }),
    ],
    [
      "https where http is spoken",
      ["status", "x"],
      10,
      /it does not speak TLS; is it http, not https\?$/,
      () => ({ VOICECLONE_BASE_URL: env.VOICECLONE_BASE_URL.replace("http:", "https:") }),
    ],
    ["a base URL that is none", ["status", "x", "--base-url", "nowhere"], 2, /"nowhere" is not a URL/],
    ["plain http to a stranger", ["status", "x", "--base-url", "http://example.org"], 2, /in the clear/],
    ["an output nowhere", clone(sample, "Hello.", "none/out.wav"), 2, /There is no directory none/],
    ["an unknown task", ["status", "none"], 4, /The server knows no task none/],
    ["an empty task id", ["status", ""], 2, /<task-id>: "". Expected: the id that create printed/],
    ["a missing argument", ["clone"], 2, /Missing required argument: sample/],
    ["an unknown flag", ["status", "x", "--colour"], 2, /--colour/],
    ["an unknown command", ["clown"], 2, /clown/],
    ["help on an unknown command", ["help", "clown"], 2, /Unknown subcommand "clown"/],
    ["a sample of letters that are flags too", clone("-dash.wav"), 2, /There is no flag -dash\.wav/],
    ["a sample with the letter of the version", clone("-v.wav"), 2, /There is no flag -v\.wav/],
    ["a text that begins with a hyphen", clone(sample, "-hello"), 2, /There is no flag -hello/],
    [
      "a time that is none",
      ["wait", "x", "--timeout", "soon"],
      2,
      /"soon"\. Expected: seconds, or e\.g\. 90s, 10m, 1h, 7d$/m,
    ],
    ["a port that is none", ["serve", "--port", "99999"], 2, /--port is "99999", which is not a port/],
    ["a retention of nothing", ["serve", "--retention", "0s"], 2, /"0s", which is not a time from 1s to 3650d/],
    ["a retention below nothing", ["serve", "--retention=-5s"], 2, /"-5s", which is not a time/],
    ["a retention of ages", ["serve", "--retention", "99999d"], 2, /not a time from 1s to 3650d/],
    [
      "every wrong setting at once",
      ["serve", "--port", "x", "--max-tasks", "0"],
      2,
      /--port is "x".*--max-tasks is "0"/,
    ],
  ]

  it.concurrent.for(cases)("%s", async ([, args, code, cause, more]) => {
    assertRefusal(await place.run(args, { ...env, ...more?.() }), code, cause)
  })

  it("leaves nothing behind", () => {
    assert.deepStrictEqual(place.files(), ["empty.wav", "folder", "notes.txt"])
  })

  it("is a line of JSON for a program", async () => {
    const outcome = await place.run(["clone", "--json", "--colour"])
    assert.strictEqual(outcome.code, 2)
    assert.strictEqual(outcome.stderr, "")
    const [failed, ...more] = jsonLines(outcome)
    assert.deepStrictEqual(more, [])
    assert.deepStrictEqual([failed._tag, failed.error], ["Failed", "Usage"])
    assert.match(failed.message, /--colour/)
    assert.strictEqual(failed.nextStep, "See voiceclone clone --help")
  })
})

describe("--help", () => {
  const commands = [
    "",
    "clone",
    "create",
    "status",
    "wait",
    "download",
    "list",
    "resume",
    "serve",
    "backup",
    "keys create",
    "keys list",
    "keys revoke",
    "engine list",
    "engine check",
    "batch",
    "cancel",
    "verify",
    "play",
    "doctor",
    "login",
    "logout",
    "whoami",
    "config list",
    "config set",
    "config unset",
    "completion",

    "engine install",
  ]
  it.concurrent.for(commands)("of '%s' fits 80 columns and has examples", async (command) => {
    using place = new Workplace()
    const { code, stdout } = await place.run([...command.split(" ").filter((word) => word !== ""), "--help"])
    assert.strictEqual(code, 0)
    assert.deepStrictEqual(
      stdout.split("\n").filter((line) => line.length > 80),
      [],
    )
    assert.include(stdout, "EXAMPLES")
  })
})
