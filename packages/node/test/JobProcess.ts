/**
 * Runs the client in processes of their own, made to start fast: the program is bundled once, and its compiled code kept.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { chmod, mkdtemp } from "node:fs/promises"
import { rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { build } from "tsdown"
import type { Line, Plan } from "./job.ts"

/** How a process ended: with a result, with an error, or killed before it could tell either. */
export type Outcome =
  | { readonly _tag: "Result"; readonly result: any; readonly steps: number }
  | { readonly _tag: "Error"; readonly error: { _tag: string; message: string; nextStep?: string } }
  | { readonly _tag: "Killed"; readonly signal: NodeJS.Signals }

/** The tag of its error, or of the outcome itself. */
export const tagOf = (outcome: Outcome): string => (outcome._tag === "Error" ? outcome.error._tag : outcome._tag)

export interface JobProcess {
  readonly process: ChildProcess
  /** The tags of what it has told so far. */
  readonly events: ReadonlyArray<string>
  /** Resolves when it tells this. */
  readonly told: (event: string) => Promise<void>
  /** Rejects where it ends in a way that nobody foresaw. */
  readonly outcome: Promise<Outcome>
}

let bundled: Promise<string> | undefined

const bundle = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), "voiceclone-job-"))
  // another user may run it
  await chmod(directory, 0o755)
  const clean = () => rmSync(directory, { recursive: true, force: true })
  process.once("exit", clean)
  // Vitest ends its workers by this
  process.once("SIGTERM", () => {
    clean()
    process.kill(process.pid, "SIGTERM")
  })
  await build({
    config: false,
    logLevel: "silent",
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    entry: { job: fileURLToPath(new URL("job.ts", import.meta.url)) },
    outDir: directory,
    platform: "node",
    target: "node22",
    dts: false,
    clean: false,
    inputOptions: { resolve: { conditionNames: ["@voiceclone/source", "import", "node", "default"] } },
    outputOptions: { codeSplitting: false },
    deps: { alwaysBundle: [/.*/], onlyBundle: false },
  })
  return directory
}

/** How to run a program. */
export interface Setting {
  /** A command to run it by, e.g. as another user. */
  readonly through?: readonly [string, ...ReadonlyArray<string>] | undefined
}

/** Starts the program. */
export const start = async (plan: Plan, { through }: Setting = {}): Promise<JobProcess> => {
  const directory = await (bundled ??= bundle())
  const program = [process.execPath, join(directory, "job.mjs"), JSON.stringify(plan)] as const
  const [command, ...args] = through === undefined ? program : ([...through, ...program] as const)
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_COMPILE_CACHE: join(directory, "compiled"), NODE_OPTIONS: "" },
  })
  const events: Array<string> = []
  const listeners = new Set<() => void>()
  let complaint = ""
  let ended: Outcome | undefined
  child.stderr.on("data", (chunk) => (complaint += String(chunk)))
  createInterface(child.stdout).on("line", (text) => {
    const line = JSON.parse(text) as Line
    if ("event" in line) events.push(line.event)
    else ended = "error" in line ? { _tag: "Error", ...line } : { _tag: "Result", ...line }
    for (const listen of listeners) listen()
  })
  const outcome = once(child, "close").then(([code, signal]: ReadonlyArray<unknown>): Outcome => {
    if (ended !== undefined) return ended
    if (typeof signal === "string") return { _tag: "Killed", signal: signal as NodeJS.Signals }
    throw new Error(`The job ended with ${String(code)}, and told nothing: ${complaint}`)
  })
  // whoever waits for an event first, hears of the end later
  outcome.catch(() => {})
  const told = (event: string) =>
    new Promise<void>((resolve, reject) => {
      const listen = () => {
        if (!events.includes(event)) return
        listeners.delete(listen)
        resolve()
      }
      listeners.add(listen)
      listen()
      outcome.then(() => reject(new Error(`It ended without telling ${event}`)), reject)
    })
  return { process: child, events, told, outcome }
}

/** Runs the program to its end. */
export const run = async (plan: Plan, setting?: Setting): Promise<Outcome> => (await start(plan, setting)).outcome
