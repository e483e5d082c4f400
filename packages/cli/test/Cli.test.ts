import * as Wav from "@voiceclone/core/Wav"
import * as Result from "effect/Result"
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { build, type Outcome, sample, Workplace } from "./command.ts"

beforeAll(build, 60_000)

const assertSpeech = (file: string) => {
  const bytes = readFileSync(file)
  const wav = Result.getOrThrowWith(Wav.verify(bytes.subarray(0, Wav.headBytes), bytes.byteLength, false), String)
  assert.deepStrictEqual(wav.format, Wav.resultFormat)
  assert.isAbove(wav.seconds, 0.3)
}

/** A minute of speech: long enough to be interrupted in. */
const longText = Array.from({ length: 40 }, (_, index) => `This is sentence number ${index} of a long text.`).join(" ")

describe("with --local", () => {
  it("does the whole job: the result on standard output, the way there on standard error", async () => {
    using place = new Workplace()
    const outcome = await place.run(["clone", sample, "--text", "Good morning.", "-o", "speech.wav", "--local"])
    assert.strictEqual(outcome.code, 0, outcome.stderr)
    assert.match(outcome.stdout, /^Saved speech\.wav \(\d+\.\d s, 22050 Hz, 16 bit, mono, [\d.]+ kB\)\n$/)
    assert.match(outcome.stderr, /^Created task \S+\n(.+\n)*The speech is ready\nDownloaded and checked .+\n$/)
    assertSpeech(join(place.path, "speech.wav"))
    assert.deepStrictEqual(place.files(), ["speech.wav", "voiceclone"])
  })

  it("prints JSON lines, the last one the outcome", async () => {
    using place = new Workplace()
    const args = ["clone", sample, "--text", "Good morning.", "-o", "speech.wav", "--local", "--json"]
    const { stdout, stderr } = await place.run(args)
    assert.strictEqual(stderr, "")
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
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
    assertSpeech(join(place.path, "speech.wav"))
  }, 60_000)

  it("goes on with the same job instead of paying again, unless forced to", async () => {
    using place = new Workplace()
    const args = ["clone", sample, "--text", "Good morning.", "-o", "speech.wav", "--local"]
    const taskOf = ({ stderr }: Outcome) => /task ([\w-]+)/.exec(stderr)?.[1]
    const first = await place.run(args)
    rmSync(join(place.path, "speech.wav"))
    const second = await place.run(args)
    assert.strictEqual(second.code, 0, second.stderr)
    assert.match(second.stderr, /^Going on with task \S+, which exists already \(saved\)$/m)
    assert.strictEqual(taskOf(second), taskOf(first))
    assertSpeech(join(place.path, "speech.wav"))
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
    assertSpeech(join(place.path, "one.wav"))
    assertSpeech(join(place.path, "two.wav"))
    assert.match((await place.run(["resume", "--local"])).stdout, /^Nothing was left to do$/m)
  }, 60_000)

  it("draws one live line on a terminal, and leaves only steps behind", { timeout: 30_000 }, () => {
    using place = new Workplace()
    const command = [
      process.execPath,
      "--conditions=@voiceclone/source",
      new URL("../dist/voiceclone.js", import.meta.url).pathname,
      `clone ${sample} --text "Good morning." -o speech.wav --local`,
    ].join(" ")
    const screen = execFileSync("script", ["-qfec", `stty cols 60; ${command}`, "/dev/null"], {
      cwd: place.path,
      env: { ...process.env, XDG_DATA_HOME: place.path, XDG_STATE_HOME: place.path, NO_COLOR: "1", TERM: "xterm" },
      encoding: "utf8",
    })
    // what stays on each line once everything before an erasure is gone
    const lines = screen
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(line.lastIndexOf("\u001b[2K") + 1))
    assert.match(
      lines.map((line) => line.replace(/^\[2K/, "").replace(/\r/g, "")).join("\n"),
      /^✓ Created task \S+\n✓ The speech is ready\n✓ Downloaded and checked .+\nSaved speech\.wav .+$/,
    )
    assert.isFalse(screen.includes("\u001b[3"), "NO_COLOR")
  })
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
    assertSpeech(join(place.path, "again.wav"))

    const other = await place.run(["download", taskId, "-o", "theirs.wav"], { ...env, VOICECLONE_API_KEY: "key-ben" })
    assert.strictEqual(other.code, 3)
    assert.isFalse(existsSync(join(place.path, "theirs.wav")))
  })

  it("says that a task has no result yet", async () => {
    const { stdout } = await place.run(["create", sample, "--text", longText], env)
    const early = await place.run(["download", stdout.trimEnd(), "-o", "early.wav"], env)
    assertRefusal(early, 5, /has no result yet \(Task not completed yet\. Current status: (pending|processing)\)/)
    const late = await place.run(["wait", stdout.trimEnd(), "--timeout", "10ms"], env)
    assertRefusal(late, 8, /was not finished after/)
    assert.isFalse(existsSync(join(place.path, "early.wav")))
  })

  it("cannot be started twice: neither on its port nor on its data", async () => {
    const { port } = new URL(env.VOICECLONE_BASE_URL)
    assertRefusal(
      await place.run(["serve", "--port", port, "--data", "data2"]),
      13,
      /Port \d+ on 127\.0\.0\.1 is in use/,
    )
    assertRefusal(await place.run(["serve", "--port", "0", "--data", "data"]), 13, /another server uses it/)
  })
})

describe("serve", () => {
  it("makes a key at the first start, shows it once, and ends well when it is told to", async () => {
    using place = new Workplace()
    const first = place.start(["serve", "--port", "0", "--data", "data"])
    const [, key = ""] = await first.seen(/API key +(vc_\S+) +\(made now/)
    const [, baseUrl = ""] = await first.seen(/serves at (\S+)/)
    await first.seen(/Stop it with/)
    const status = await place.run(["status", "none"], { VOICECLONE_API_KEY: key, VOICECLONE_BASE_URL: baseUrl })
    assert.strictEqual(status.code, 4, status.stderr)
    first.child.kill("SIGTERM")
    const ended = await first.ended
    assert.strictEqual(ended.code, 0)
    const second = place.start(["serve", "--port", "0", "--data", "data"])
    await second.seen(/Stop it with/)
    second.child.kill("SIGINT")
    const { code, stdout, stderr } = await second.ended
    assert.strictEqual(code, 0)
    assert.notInclude(stdout + stderr + ended.stderr, key)
  })

  it("refuses keys that it cannot read, and never shows them", async () => {
    using place = new Workplace()
    const outcome = await place.run(["serve", "--port", "0"], { VOICECLONE_SERVER_KEYS: "secret-without-owner" })
    assertRefusal(outcome, 13, /entry 1 has no colon/)
    assert.notInclude(outcome.stderr, "secret-without-owner")
  })
})

/** One line of cause, one of what to do, nothing on standard output. */
const assertRefusal = ({ code, stdout, stderr }: Outcome, expected: number, cause: RegExp) => {
  assert.strictEqual(code, expected, stderr)
  assert.strictEqual(stdout, "")
  const lines = stderr.trimEnd().split("\n")
  assert.match(lines.at(-2) ?? "", cause)
  assert.match(lines.at(-2) ?? "", /^error: /)
  assert.match(lines.at(-1) ?? "", /^ {2}\S/)
}

describe("bad input", () => {
  const place = new Workplace()
  let refused = ""
  const env = { VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: "" }
  beforeAll(async () => {
    mkdirSync(join(place.path, "folder"))
    writeFileSync(join(place.path, "empty.wav"), "")
    writeFileSync(join(place.path, "notes.txt"), "Not a sound.\n")
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    refused = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/api`
    await new Promise((resolve) => server.close(resolve))
    const real = place.start(["serve", "--port", "0", "--data", "data", "--json"], { VOICECLONE_SERVER_KEYS: "a:key" })
    env.VOICECLONE_BASE_URL = (await real.seen(/"baseUrl":"([^"]+)"/))[1] ?? ""
  })
  afterAll(() => place[Symbol.dispose]())

  const clone = (file: string, text = "Hello.", output = "out.wav"): Array<string> => [
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
    ["a base URL that is none", ["status", "x", "--base-url", "nowhere"], 2, /"nowhere" is not a URL/],
    ["plain http to a stranger", ["status", "x", "--base-url", "http://example.org"], 2, /in the clear/],
    ["an output that is a directory", clone(sample, "Hello.", "folder"), 2, /The output folder is a directory/],
    ["an output nowhere", clone(sample, "Hello.", "none/out.wav"), 2, /There is no directory none/],
    ["an unknown task", ["status", "none"], 4, /The server knows no task none/],
    ["a missing argument", ["clone"], 2, /Missing required argument: sample/],
    ["an unknown flag", ["status", "x", "--colour"], 2, /--colour/],
    ["an unknown command", ["clown"], 2, /clown/],
    ["a time that is none", ["wait", "x", "--timeout", "soon"], 2, /"soon" is not a time/],
    ["a port that is none", ["serve", "--port", "99999"], 2, /99999 is not a port/],
  ]

  it.concurrent.for(cases)("%s", async ([, args, code, cause, more]) => {
    assertRefusal(await place.run(args, { ...env, ...more?.() }), code, cause)
  })

  it("leaves nothing behind", () => {
    assert.deepStrictEqual(place.files(), ["empty.wav", "folder", "notes.txt"])
  })
})
