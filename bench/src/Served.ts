/**
 * A server under test, in a process of its own, and what it costs: /proc knows its CPU time and its memory.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { openSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { peakOf } from "../subjects/resident.ts"
import * as Child from "./Child.ts"
import { root } from "./Comparison.ts"

/** A server that runs. */
export interface Served extends AsyncDisposable {
  readonly port: number
  /** CPU milliseconds of all its processes so far. */
  readonly cpu: () => number
  /** The most bytes that were resident, of all its processes together. */
  readonly peak: () => number
  /** Bytes of memory by kind, once garbage is collected. */
  readonly memory: () => Promise<NodeJS.MemoryUsage>
}

const ticks = Number(spawnSync("getconf", ["CLK_TCK"]).stdout.toString()) || 100

const cpuOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ")
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticks
}

const childrenOf = (pid: number): ReadonlyArray<number> =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number)

const running = (child: ChildProcess, port: number, memory: Served["memory"]): Served => {
  const pids = () => [child.pid!, ...childrenOf(child.pid!)]
  const sum = (of: (pid: number) => number) => pids().reduce((total, pid) => total + of(pid), 0)
  return {
    port,
    cpu: () => sum(cpuOf),
    peak: () => sum(peakOf),
    memory,
    [Symbol.asyncDispose]: async () => {
      const closed = once(child, "close")
      child.kill("SIGTERM")
      const kill = setTimeout(() => child.kill("SIGKILL"), 5000)
      await closed
      clearTimeout(kill)
    },
  }
}

/** Starts `servers/<name>.ts`, or that file as a bundle. Its log goes into a file. */
export const node = async (
  file: string,
  args: ReadonlyArray<string>,
  log: string,
  ...options: ReadonlyArray<string>
): Promise<Served> => {
  const flags = ["--expose-gc", "--conditions=@voiceclone/source", ...options]
  const child = Child.adopt(
    spawn(process.execPath, [...flags, file, ...args], {
      stdio: ["pipe", "pipe", openSync(log, "a")],
      env: { ...process.env, NODE_OPTIONS: "" },
    }),
  )
  const lines = createInterface(child.stdout!)[Symbol.asyncIterator]()
  const line = async () => {
    const { done, value } = await lines.next()
    if (done === true) throw new Error(`${file} has ended: ${readFileSync(log, "utf8").slice(-600)}`)
    return JSON.parse(value)
  }
  const { port } = (await line()) as { readonly port: number }
  return running(child, port, async () => {
    child.stdin!.write("memory\n")
    return (await line()) as NodeJS.MemoryUsage
  })
}

/** The file of a server that is written in TypeScript. */
export const script = (name: string): string => join(root, "servers", `${name}.ts`)

/** A port of this machine that nobody listens on. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  return port
}

/** nginx as a file server for what is in a directory. */
export const nginx = async (directory: string): Promise<Served> => {
  const port = await freePort()
  const configuration = join(directory, "nginx.conf")
  writeFileSync(
    configuration,
    `daemon off; worker_processes 1; pid ${directory}/nginx.pid; error_log ${directory}/nginx.log;
    events { worker_connections 4096; }
    http {
      access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; default_type application/json;
      client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/fastcgi;
      uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
      server { listen 127.0.0.1:${port}; root ${directory}/www; }
    }`,
  )
  const child = Child.adopt(spawn("nginx", ["-p", directory, "-c", configuration], { stdio: "ignore" }))
  child.once("error", () => {})
  for (let tries = 0; ; tries++) {
    try {
      await fetch(`http://127.0.0.1:${port}/`)
      break
    } catch (error) {
      if (tries === 50) throw new Error("nginx does not start; is it installed?", { cause: error })
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  return running(child, port, () => Promise.reject(new Error("nginx has no heap")))
}
