/**
 * The examples do what they show: each runs as its reader would run it, in a folder with `voice.wav`, and README's
 * blocks are the same programs, or run too.
 */
import * as Wav from "@voiceclone/core/Wav"
import * as EmbeddedServer from "@voiceclone/server/EmbeddedServer"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import * as Fault from "@voiceclone/testing/Fault"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Result from "effect/Result"
import { execFile, execFileSync } from "node:child_process"
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const works = (command: string, ...args: Array<string>): boolean => {
  try {
    execFileSync(command, args, { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

const node = [process.execPath, "--conditions=@voiceclone/source"]
// a machine without curl or Python's requests has no such reader
const hasCurl = works("curl", "--version")
const hasRequests = works("python3", "-c", "import requests")

interface Access {
  readonly baseUrl: string
  readonly apiKey: string
}

let folder: string
let server: EmbeddedServer.EmbeddedServer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "voiceclone-examples-"))
  server = await EmbeddedServer.start({ dataDirectory: join(folder, "data"), port: 0 })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Longer than any result here, so that whoever would go on with it leaves its end. */
const older = Buffer.alloc(2_000_000, "an older speech ")

/** A folder with the sample, and with what an earlier job saved. */
const workplace = () => {
  const cwd = mkdtempSync(join(folder, "run-"))
  copyFileSync(here("../voice.wav"), join(cwd, "voice.wav"))
  writeFileSync(join(cwd, "speech.wav"), older)
  return {
    cwd,
    run: async ([command = "", ...args]: ReadonlyArray<string>, { baseUrl, apiKey }: Access = server) => {
      const env = { ...process.env, XDG_STATE_HOME: cwd, VOICECLONE_BASE_URL: baseUrl, VOICECLONE_API_KEY: apiKey }
      return (await promisify(execFile)(command, args, { cwd, env })).stdout
    },
    saved: () => readFileSync(join(cwd, "speech.wav")),
    parts: () => readdirSync(cwd).filter((name) => name.endsWith(".part")),
  }
}

const assertSpeech = (bytes: Buffer) => {
  const wav = Result.getOrThrowWith(Wav.verify(bytes.subarray(0, Wav.headBytes), bytes.byteLength, false), String)
  assert.deepStrictEqual(wav.format, Wav.resultFormat)
}

/** How a run that must not succeed has ended. */
const failure = async (run: Promise<unknown>): Promise<string> => {
  const error = await run.then(
    () => undefined,
    (error: Error & { readonly stderr?: string }) => error,
  )
  assert.isDefined(error, "it succeeded")
  return error.stderr ?? error.message
}

const programs: ReadonlyArray<[file: string, command: ReadonlyArray<string>, present: boolean]> = [
  ["node.ts", node, true],
  ["effect.ts", node, true],
  ["curl.sh", ["sh"], hasCurl],
  ["python.py", ["python3"], hasRequests],
]
for (const [file, command, present] of programs) {
  it.runIf(present)(
    `${file} does the whole job, and the same job again`,
    async () => {
      const { run, saved, parts } = workplace()
      const first = await run([...command, here(`../${file}`)])
      const speech = saved()
      assertSpeech(speech)
      const second = await run([...command, here(`../${file}`)])
      assert.isTrue(saved().equals(speech))
      assert.deepStrictEqual(parts(), [])
      // those without a journal say which task they were given: the same again
      const tasks = [first, second].map((output) => /^task (.*)$/m.exec(output)?.[1])
      assert.strictEqual(tasks[0], tasks[1])
    },
    60_000,
  )
}

describe.each<[file: string, command: string, present: boolean]>([
  ["curl.sh", "sh", hasCurl],
  ["python.py", "python3", hasRequests],
])("%s", (file, command, present) => {
  const speech = WavFile.tone({ seconds: 10 })
  const cut = Fault.on("result", 1, Fault.cutShort(300_000))
  const scenario = { lifecycle: ["completed"], speech, idempotencyKeys: "acknowledged", faults: [cut] } as const

  const play = async (scenario: FakeApi.Scenario) => {
    const api = FakeApi.make(scenario)
    const server = await FakeServer.start(api)
    const place = workplace()
    const run = (...args: ReadonlyArray<string>) =>
      place.run([command, here(`../${file}`), ...args], { baseUrl: server.baseUrl, apiKey: "key" })
    return { ...place, api, run, [Symbol.asyncDispose]: server.close }
  }

  it.runIf(present)("goes on where an interrupted run stood", async () => {
    await using place = await play(scenario)
    await failure(place.run())
    assert.isTrue(place.saved().equals(older))
    const [part = ""] = place.parts()
    const have = statSync(join(place.cwd, part)).size
    assert.isAbove(have, 0)
    await place.run()
    assert.isTrue(place.saved().equals(speech))
    const ranges = place.api.requestsOf("result").map(({ headers }) => headers["range"])
    assert.deepStrictEqual(ranges, [undefined, `bytes=${have}-`])
    assert.strictEqual(place.api.tasks.length, 1)
  })

  it.runIf(present)("goes on with a task that is named, at a server that keeps no keys", async () => {
    await using place = await play({ ...scenario, idempotencyKeys: "ignored" })
    await failure(place.run())
    await place.run("task-1")
    assert.isTrue(place.saved().equals(speech))
    assert.strictEqual(place.api.requestsOf("create").length, 1)
  })

  it.runIf(present)("begins again where the server sends no ranges", async () => {
    await using place = await play({ ...scenario, serving: { ranges: "ignored" } })
    await failure(place.run())
    await place.run()
    assert.isTrue(place.saved().equals(speech))
  })

  it.runIf(present)("is content with a part that is whole", async () => {
    await using place = await play({ ...scenario, faults: [] })
    writeFileSync(join(place.cwd, "speech-task-1.wav.part"), speech)
    await place.run()
    assert.isTrue(place.saved().equals(speech))
  })

  it.runIf(present).each<[what: string, fault: Fault.Misbehaviour]>([
    ["a page instead of the result", Fault.html()],
    ["half of the result, unnoticed by HTTP", Fault.cutShort(300_000, "close")],
  ])("saves nothing where the server sends %s", async (_, fault) => {
    await using place = await play({ ...scenario, faults: [Fault.on("result", "every", fault)] })
    assert.include(await failure(place.run()), "go on with")
    assert.isTrue(place.saved().equals(older))
  })

  it.runIf(present)("says why a task failed", async () => {
    await using place = await play({ ...scenario, lifecycle: [{ status: "failed", error: "The sample is silent" }] })
    assert.include(await failure(place.run()), "The sample is silent")
    assert.isTrue(place.saved().equals(older))
  })

  it.runIf(present)("ends where the server refuses the task, or the key", async () => {
    const faults = [Fault.on("create", 1, Fault.answer(413)), Fault.on("status", 1, Fault.answer(401))]
    await using place = await play({ ...scenario, faults })
    assert.include(await failure(place.run()), "413")
    assert.include(await failure(place.run()), "401")
    assert.strictEqual(place.api.requests.length, 3)
  })
})

it("voice.wav is what make-voice.ts makes", async () => {
  const { cwd, run } = workplace()
  await run([...node, here("../make-voice.ts"), join(cwd, "made.wav")])
  const made = readFileSync(join(cwd, "made.wav"))
  assert.isTrue(made.equals(readFileSync(here("../voice.wav"))))
  assert.isAbove(Result.getOrThrow(Wav.verify(made, made.length, false)).seconds, 10)
})

describe("README", () => {
  const readme = readFileSync(here("../../README.md"), "utf8")
  /** The first block of code under a heading. */
  const blockOf = (heading: string) =>
    new RegExp(`^### ${heading}$[^]*?^\`\`\`\\w+\\n([^]*?)^\`\`\``, "mu").exec(readme)![1]!

  it.each([
    ["Node.js", "node.ts"],
    ["Effect", "effect.ts"],
  ])("%s: shows the program", (heading, file) => {
    const program = readFileSync(here(`../${file}`), "utf8")
    assert.strictEqual(program.slice(program.indexOf("\n") + 1), blockOf(heading))
  })

  const blocks: ReadonlyArray<[heading: string, command: ReadonlyArray<string>, present: boolean]> = [
    ["curl", ["sh", "-euc"], hasCurl],
    ["Python", ["python3", "-c"], hasRequests],
  ]
  for (const [heading, command, present] of blocks) {
    it.runIf(present)(
      `${heading}: runs as it stands`,
      async () => {
        const { run, saved, parts } = workplace()
        await run([...command, blockOf(heading)])
        assertSpeech(saved())
        assert.deepStrictEqual(parts(), [])
      },
      60_000,
    )
  }
})
