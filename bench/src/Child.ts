/**
 * Processes of their own: one per measurement, so that none inherits another's heap, and one for the server.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { peakOf } from "../subjects/resident.ts"
import { type Figures, root } from "./Comparison.ts"

const children = new Set<ChildProcess>()
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL")
})
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130))

/** Ends the child with this process, however that ends. */
export const adopt = <A extends ChildProcess>(child: A): A => {
  children.add(child)
  child.once("close", () => children.delete(child))
  return child
}

const start = (command: string, args: ReadonlyArray<string>, environment: NodeJS.ProcessEnv = {}) =>
  adopt(
    spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NODE_OPTIONS: "", ...environment },
    }),
  )

/** Runs a command to its end and gives what it wrote. */
export const output = async (
  command: string,
  args: ReadonlyArray<string>,
  { environment, codes = [0] }: { environment?: NodeJS.ProcessEnv; codes?: ReadonlyArray<number> } = {},
): Promise<string> => {
  const child = start(command, args, environment)
  const [out, err]: [Array<Buffer>, Array<Buffer>] = [[], []]
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk))
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk))
  const [code] = (await once(child, "close")) as [number | null]
  if (!codes.includes(code ?? -1)) {
    throw new Error(`${command} ended with ${code}: ${Buffer.concat(err).toString().trim().slice(-600)}`)
  }
  return Buffer.concat(out).toString()
}

/** Runs a bundled subject, which prints its figures as its last line. */
export const figures = async (
  file: string,
  args: ReadonlyArray<string>,
  flags: ReadonlyArray<string> = [],
): Promise<Figures> => {
  const lines = (await output(process.execPath, [...flags, file, ...args])).trim().split("\n")
  return JSON.parse(lines.at(-1)!) as Figures
}

/** Runs a foreign command and measures it from outside: bash knows its CPU time, /proc its peak. */
export const foreign = async (command: string, args: ReadonlyArray<string>): Promise<Figures> => {
  const began = performance.now()
  const child = start("bash", ["-c", '"$@" >&2 & echo $!; wait $! || exit; times', "bash", command, ...args])
  let text = ""
  let peak = 0
  child.stdout.on("data", (chunk: Buffer) => void (text += chunk.toString()))
  child.stderr.resume()
  const look = setInterval(() => {
    try {
      peak = Math.max(peak, peakOf(Number(text)))
    } catch {
      // it has ended, or this system has no /proc
    }
  }, 10)
  const [code] = (await once(child, "close")) as [number | null]
  clearInterval(look)
  if (code !== 0) throw new Error(`${command} ended with ${code}`)
  const seconds = [
    ...text
      .trim()
      .split("\n")
      .at(-1)!
      .matchAll(/(\d+)m([\d.]+)s/g),
  ]
  const cpu = seconds.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60_000 + Number(rest) * 1000, 0)
  return { cpu, work: cpu, wall: performance.now() - began, ...(peak > 0 ? { rss: peak } : {}) }
}

/** Starts `servers/<name>.ts`, which prints its port. */
export const server = async (name: string): Promise<AsyncDisposable & { readonly origin: string }> => {
  const child = start(process.execPath, [join(root, "servers", `${name}.ts`)])
  child.stderr.pipe(process.stderr)
  const [port] = (await once(child.stdout, "data")) as [Buffer]
  return {
    origin: `http://127.0.0.1:${port.toString().trim()}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(child, "close")
      child.kill("SIGKILL")
      await closed
    },
  }
}
