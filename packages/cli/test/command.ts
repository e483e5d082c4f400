/**
 * Runs the built command as a user does: a process with arguments, an environment, pipes, and a folder of its own.
 */
import * as Wav from "@voiceclone/core/Wav"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { JsonLine } from "../src/JsonLine.ts"
import { assert, inject, vi } from "vitest"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The voice sample that ships with the repository. */
export const sample = here("../../../examples/voice.wav")

const directory = inject("commandDirectory")

const examples = here("../../../examples")
const viteCommand = here("../../../examples/node_modules/vite/bin/vite.js")

/** What users get, of these sources. */
export const built = (...names: ReadonlyArray<string>): string => join(directory, "built", ...names)

const bundle = built("voiceclone.cjs")

/** An address at which there is a web server, and nothing of the API. */
export const elsewhere = async (): Promise<{ readonly baseUrl: string } & Disposable> => {
  const server = createServer((_, response) => response.writeHead(404).end("<h1>Nothing here</h1>"))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return { baseUrl: `http://127.0.0.1:${port}`, [Symbol.dispose]: () => server.close() }
}

/** Builds what users get, unless another worker does or has done so. */
export const build = (): Promise<unknown> =>
  vi.waitUntil(() => existsSync(bundle) || buildAlone(), { timeout: 60_000, interval: 100 })

const buildAlone = (): boolean => {
  const beside = join(directory, "beside")
  try {
    mkdirSync(beside)
  } catch {
    return false
  }
  try {
    execFileSync(process.execPath, [viteCommand, "build", "web", "--logLevel", "warn"], {
      cwd: examples,
      stdio: "pipe",
    })
    const tsdown = [here("../node_modules/tsdown/dist/run.mjs"), "--out-dir", beside, "--no-clean"]
    execFileSync(process.execPath, tsdown, { cwd: here(".."), stdio: "pipe" })
    renameSync(beside, built())
  } catch (error) {
    rmSync(beside, { recursive: true })
    throw error
  }
  return true
}

/** What a run of the command came to. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** What went to standard output, as it is. */
  readonly bytes: Buffer
}

/** How a run differs from that of a user at home. */
export interface RunOptions {
  /** What is piped in. Default: nothing, at its end at once. */
  readonly stdin?: string | Uint8Array
  readonly env?: Record<string, string>
  /** Leaves the pipe into it open, to be written to. */
  readonly keepStdin?: boolean
}

/** A folder of its own for each test's runs. */
export class Workplace implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "voiceclone-cli-"))
  readonly #children = new Set<ChildProcess>()

  constructor() {
    mkdirSync(join(this.path, "tmp"))
  }

  /** The path of something in it. */
  inside(...names: ReadonlyArray<string>): string {
    return join(this.path, ...names)
  }

  /** The names of the files in it, what the command keeps for itself aside. */
  files(): ReadonlyArray<string> {
    return readdirSync(this.path)
      .filter((name) => !["config", "data", "state", "tmp"].includes(name))
      .toSorted()
  }

  /** The entries of the journal. */
  journal() {
    const directory = this.inside("state", "voiceclone", "jobs")
    return readdirSync(directory)
      .filter((name) => name.endsWith(".json"))
      .map((name) => JSON.parse(readFileSync(join(directory, name), "utf8")))
  }

  #environment(env: Record<string, string>): NodeJS.ProcessEnv {
    const {
      VOICECLONE_API_KEY: _key,
      VOICECLONE_BASE_URL: _url,
      VOICECLONE_SERVER_KEYS: _keys,
      VOICECLONE_WRITE_SCREENS: _screens,
      CI: _ci,
      ...outer
    } = process.env
    const own = {
      XDG_CACHE_HOME: join(directory, "cache"),
      XDG_CONFIG_HOME: this.inside("config"),
      XDG_DATA_HOME: this.path,
      XDG_STATE_HOME: this.inside("state"),
      TMPDIR: this.inside("tmp"),
      LC_ALL: "C.UTF-8",
    }
    return { ...outer, ...own, ...env }
  }

  /** Starts a program; the process, and what it comes to. */
  spawn(program: string, args: ReadonlyArray<string>, { env = {}, stdin, keepStdin = false }: RunOptions = {}) {
    const child = spawn(program, args, {
      cwd: this.path,
      env: this.#environment(env),
      stdio: [stdin === undefined && !keepStdin ? "ignore" : "pipe", "pipe", "pipe"],
    })
    const { stdout, stderr } = child
    if (stdout === null || stderr === null) throw new Error("pipes were asked for")
    // a command that refuses doesn't read
    child.stdin?.on("error", () => {})
    if (!keepStdin) child.stdin?.end(stdin)
    this.#children.add(child)
    const told: Array<Buffer> = []
    const wrong: Array<Buffer> = []
    stdout.on("data", (chunk: Buffer) => told.push(chunk))
    stderr.on("data", (chunk: Buffer) => wrong.push(chunk))
    const outcome = (code: number | null): Outcome => {
      const bytes = Buffer.concat(told)
      return { code, bytes, stdout: bytes.toString(), stderr: Buffer.concat(wrong).toString() }
    }
    const ended = new Promise<Outcome>((resolve) =>
      child.on("close", (code) => {
        this.#children.delete(child)
        resolve(outcome(code))
      }),
    )
    /** Resolves with the first match in what was written so far, to either stream. */
    const seen = (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve, reject) => {
        const look = () => {
          const { stdout, stderr } = outcome(null)
          const match = pattern.exec(`${stdout}\n${stderr}`)
          if (match !== null) resolve(match)
        }
        stdout.on("data", look)
        stderr.on("data", look)
        child.on("close", () => {
          const { stdout, stderr } = outcome(null)
          reject(new Error(`ended without ${pattern}: ${stdout}${stderr}`))
        })
        look()
      })
    return { child, ended, seen }
  }

  /** Starts the command. */
  start(args: ReadonlyArray<string>, env: Record<string, string> = {}, stdin?: RunOptions["stdin"]) {
    return this.spawn(process.execPath, ["--conditions=@voiceclone/source", bundle, ...args], {
      env,
      ...(stdin === undefined ? {} : { stdin }),
    })
  }

  run(args: ReadonlyArray<string>, env?: Record<string, string>, stdin?: RunOptions["stdin"]): Promise<Outcome> {
    return this.start(args, env, stdin).ended
  }

  /** Runs a line of bash, in which `voiceclone` is the command. */
  shell(line: string, env: Record<string, string> = {}): Promise<Outcome> {
    const define = `voiceclone() { "${process.execPath}" --conditions=@voiceclone/source "${bundle}" "$@"; }`
    return this.spawn("bash", ["-c", `${define}\n${line}`], { env }).ended
  }

  /** Starts the command on a terminal of so many columns, named in `tmp/tty`; its screen is standard output. */
  terminal(args: string, env: Record<string, string> = {}, columns = 80, stdin: "ignore" | "pipe" = "ignore") {
    const line = `stty cols ${columns}; tty > tmp/tty; exec "${process.execPath}" --conditions=@voiceclone/source "${bundle}" ${args}`
    const options = { env: { TERM: "xterm", ...env }, keepStdin: stdin === "pipe" }
    return this.spawn("script", ["-qfec", line, "/dev/null"], options)
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill("SIGKILL")
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** Whether these are the bytes of speech. */
export const assertSpeech = (bytes: Uint8Array): void => {
  const wav = Result.getOrThrowWith(Wav.verify(bytes.subarray(0, Wav.headBytes), bytes.byteLength, false), String)
  assert.deepStrictEqual(wav.format, Wav.resultFormat)
  assert.isAbove(wav.seconds, 0.3)
}

/** One line of cause, one of what to do, nothing on standard output. */
export const assertRefusal = (
  { code, stdout, stderr }: Outcome,
  expected: number,
  cause: RegExp,
  nextStep: RegExp = /\S/,
): void => {
  assert.strictEqual(code, expected, stderr)
  assert.strictEqual(stdout, "")
  const lines = stderr.trimEnd().split("\n")
  assert.match(lines.at(-2) ?? "", cause)
  assert.match(lines.at(-2) ?? "", /^error: /)
  assert.match(lines.at(-1) ?? "", /^ {2}\S/)
  assert.match(lines.at(-1) ?? "", nextStep)
}

const decodeLine = Schema.decodeUnknownSync(Schema.toCodecJson(JsonLine))

/** What a program sees: the JSON of each line, which is what the published schema says and nothing besides. */
export const jsonLines = ({ stdout }: Pick<Outcome, "stdout">) =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => {
      const json = JSON.parse(line)
      decodeLine(json, { onExcessProperty: "error" })
      const { v: _, ...rest } = json
      return rest
    })

/** What stays on each line of a screen once everything before an erasure is gone. */
export const screenLines = ({ stdout }: Outcome): ReadonlyArray<string> =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) =>
      line
        .slice(line.lastIndexOf("\u001b[2K") + 1)
        .replace(/^\[2K/, "")
        .replace(/\r/g, ""),
    )
