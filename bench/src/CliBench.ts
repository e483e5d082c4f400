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
      inputOptions: { resolve: { conditionNames: ["@voiceclone/source", "node", "import", "default"] } },
    })
  }
  return join(outDir, "voiceclone.js")
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

/** A port where nothing listens. */
const deadPort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await new Promise((resolve) => server.once("listening", resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export const run = async (): Promise<void> => {
  const bin = await command()
  const environment = {
    VOICECLONE_API_KEY: "bench",
    VOICECLONE_BASE_URL: `http://127.0.0.1:${await deadPort()}/api`,
    NO_COLOR: "1",
  }
  const times = rounds(20)
  const results = []
  for (const [version, node] of await nodes()) {
    const timed = (name: string, args: ReadonlyArray<string>, fails = false): Subject => ({
      name,
      run: async () => {
        const began = performance.now()
        // a server that can't be reached is what `status` is to say
        await Child.output(node, args, { environment, codes: fails ? [10] : [0] })
        return { wall: performance.now() - began }
      },
    })
    const outcomes = await compare(
      `command on ${version}`,
      [
        timed(base, ["-e", "0"]),
        timed("voiceclone --version", [bin, "--version"]),
        timed("voiceclone --help", [bin, "--help"]),
        timed("voiceclone status, to a dead port", [bin, "status", "task"], true),
      ],
      times,
    )
    table(`Command on Node.js ${version} (median of ${times})`, outcomes, [
      plain("wall ms", "wall"),
      ratio("wall ×", "wall", outcomes, base),
    ])
    results.push({ version, outcomes })
  }
  await save("cli", results)
}
