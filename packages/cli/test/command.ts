/**
 * Runs the built command as a user does: a process with arguments, an environment, pipes, and a folder of its own.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The voice sample that ships with the repository. */
export const sample = here("../../../examples/voice.wav")

const bundle = here("../dist/voiceclone.js")

/** Builds the one file that users get. */
export const build = (): void => {
  execFileSync(process.execPath, [here("../node_modules/tsdown/dist/run.mjs")], { cwd: here(".."), stdio: "pipe" })
}

/** What a run of the command came to. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A folder of its own for each test's runs. */
export class Workplace implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "voiceclone-cli-"))
  readonly #children = new Set<ChildProcess>()

  /** The names of the files in it, server data aside. */
  files(): ReadonlyArray<string> {
    return readdirSync(this.path)
      .filter((name) => name !== "data" && name !== "state")
      .toSorted()
  }

  /** Starts the command; the process, and what it comes to. */
  start(args: ReadonlyArray<string>, env: Record<string, string> = {}) {
    const { VOICECLONE_API_KEY: _key, VOICECLONE_BASE_URL: _url, VOICECLONE_SERVER_KEYS: _keys, ...outer } = process.env
    const child = spawn(process.execPath, ["--conditions=@voiceclone/source", bundle, ...args], {
      cwd: this.path,
      env: { ...outer, XDG_DATA_HOME: this.path, XDG_STATE_HOME: join(this.path, "state"), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    })
    this.#children.add(child)
    const outcome = { code: null as number | null, stdout: "", stderr: "" }
    child.stdout.on("data", (chunk) => (outcome.stdout += chunk))
    child.stderr.on("data", (chunk) => (outcome.stderr += chunk))
    const ended = new Promise<Outcome>((resolve) =>
      child.on("close", (code) => {
        this.#children.delete(child)
        resolve({ ...outcome, code })
      }),
    )
    /** Resolves with the first match in what was written so far, to either stream. */
    const seen = (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(`${outcome.stdout}\n${outcome.stderr}`)
          if (match !== null) resolve(match)
        }
        child.stdout.on("data", look)
        child.stderr.on("data", look)
        child.on("close", () => reject(new Error(`ended without ${pattern}: ${outcome.stdout}${outcome.stderr}`)))
        look()
      })
    return { child, ended, seen }
  }

  run(args: ReadonlyArray<string>, env?: Record<string, string>): Promise<Outcome> {
    return this.start(args, env).ended
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill("SIGKILL")
    rmSync(this.path, { recursive: true, force: true })
  }
}
