/**
 * How long the command takes to its end, beside a Node.js that does nothing: the whole process, as a shell sees it.
 */
import { accessSync, constants } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { delimiter, join } from "node:path"
import { pathToFileURL } from "node:url"
import { build, type UserConfig } from "tsdown"
import * as Child from "./Child.ts"
import { compare, plain, ratio, root, rounds, save, type Subject, table } from "./Comparison.ts"

const base = "node -e 0"

/** The command as it is published, but built aside: what stands in its own `dist` may be anyone's. */
const command = async (): Promise<string> => {
  const cwd = join(root, "..", "packages", "cli")
  const outDir = join(root, ".build", "cli")
  const config = (await import(pathToFileURL(join(cwd, "tsdown.config.ts")).href)) as {
    readonly default: UserConfig | ReadonlyArray<UserConfig>
  }
  for (const one of [config.default].flat() as ReadonlyArray<UserConfig>) {
    await build({
      ...one,
      cwd,
      outDir,
      config: false,
      logLevel: "error",
    })
  }
  return join(outDir, "voiceclone.cjs")
}

/** The Node.js that runs this, and every other one on the PATH. */
const nodes = async (): Promise<ReadonlyMap<string, string>> => {
  const found = new Map([[process.version, process.execPath]])
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    const node = join(directory, "node")
    try {
      accessSync(node, constants.X_OK)
      const version = (await Child.output(node, ["--version"])).trim()
      if (!found.has(version)) found.set(version, node)
    } catch {
      // none there
    }
  }
  return found
}

/** A server that knows when the last request came in. */
const listen = async () => {
  let arrived = 0
  const server = createServer((_, response) => {
    arrived = performance.now()
    response.end('{"status":"pending"}')
  }).listen(0, "127.0.0.1")
  await new Promise((resolve) => server.once("listening", resolve))
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}/api`,
    arrivedAt: () => arrived,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

export const run = async (): Promise<void> => {
  const bin = await command()
  const server = await listen()
  const environment = {
    VOICECLONE_API_KEY: "bench",
    VOICECLONE_BASE_URL: server.baseUrl,
    XDG_CACHE_HOME: join(root, ".build", "cache"),
    NO_COLOR: "1",
  }
  const times = rounds(20)
  const results = []
  for (const [version, node] of await nodes()) {
    const timed = (name: string, args: ReadonlyArray<string>, end = () => performance.now()): Subject => ({
      name,
      run: async () => {
        const began = performance.now()
        await Child.output(node, args, { environment })
        return { wall: end() - began }
      },
    })
    const outcomes = await compare(
      `command on ${version}`,
      [
        timed(base, ["-e", "0"]),
        timed("voiceclone --version", [bin, "--version"]),
        timed("voiceclone --help", [bin, "--help"]),
        timed("voiceclone completion bash", [bin, "completion", "bash"]),
        timed("voiceclone status, until its request is there", [bin, "status", "task"], server.arrivedAt),
        timed("voiceclone status", [bin, "status", "task"]),
      ],
      times,
    )
    table(`Command on Node.js ${version} (median of ${times})`, outcomes, [
      plain("wall ms", "wall"),
      ratio("wall ×", "wall", outcomes, base),
    ])
    results.push({ version, outcomes })
  }
  await server.close()
  await save("cli", results)
}
