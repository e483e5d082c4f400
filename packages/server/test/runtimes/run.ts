/**
 * Runs the contract on other runtimes, and holds their answers to those on Node.js: `npm run test:runtimes`. The runtimes
 * are some 350 MB, so they are installed when this runs, beside the workspace's own packages.
 */
import { spawn, spawnSync } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { isDeepStrictEqual } from "node:util"
import { build } from "tsdown"

const here = dirname(fileURLToPath(import.meta.url))
const place = join(here, "..", "..", "node_modules", ".cache", "runtimes")
const versions = { bun: "1.4.5", deno: "2.9.6", workerd: "1.20261117.1" }

const run = (command: string, args: ReadonlyArray<string>, cwd = place): string => {
  const { error, status, stderr, stdout } = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 300_000 })
  if (error !== undefined || status !== 0) throw new Error(`${command}: ${error?.message ?? stderr.slice(-2000)}`)
  return stdout
}

const program = (name: string): string => join(place, "node_modules", ".bin", name)

const install = (): void => {
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, "package.json"), JSON.stringify({ private: true, type: "module", dependencies: versions }))
  run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"])
}

const bundle = async (name: string): Promise<void> => {
  await build({
    config: false,
    clean: false,
    entry: { [name]: join(here, `${name}.ts`) },
    outDir: join(place, "dist"),
    platform: "neutral",
    format: "esm",
    dts: false,
    logLevel: "error",
    fixedExtension: true,
    deps: { alwaysBundle: [/^(?!node:)/], onlyBundle: false },
    inputOptions: { resolve: { conditionNames: ["@voiceclone/source", "import", "default"] } },
    outputOptions: { codeSplitting: false },
  })
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

const printed = (command: string, ...args: ReadonlyArray<string>): unknown => JSON.parse(run(command, args))

const workerd = async (): Promise<unknown> => {
  const port = await freePort()
  writeFileSync(
    join(place, "worker.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [(name = "main", worker = (
        modules = [(name = "worker", esModule = embed "dist/worker.mjs")],
        compatibilityDate = "2026-11-01", compatibilityFlags = ["nodejs_compat"]))],
      sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]);`,
  )
  const child = spawn(program("workerd"), ["serve", "worker.capnp"], {
    cwd: place,
    stdio: ["ignore", "ignore", "pipe"],
  })
  let told = ""
  child.stderr.on("data", (chunk: Buffer) => void (told += chunk.toString()))
  try {
    for (let tries = 0; ; tries++) {
      const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)
      if (response?.ok === true) return await response.json()
      if (response !== undefined) throw new Error(await response.text())
      if (tries === 100 || child.exitCode !== null) throw new Error(`workerd does not answer: ${told.slice(-2000)}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  } finally {
    child.kill("SIGKILL")
  }
}

install()
rmSync(join(place, "dist"), { recursive: true, force: true })
for (const name of ["printing", "worker"]) await bundle(name)
const printing = join("dist", "printing.mjs")
const expected = printed(process.execPath, printing)
const runtimes: Readonly<Record<string, () => unknown>> = {
  Bun: () => printed(program("bun"), printing),
  Deno: () => printed(program("deno"), "run", "--no-prompt", "--allow-env", printing),
  workerd,
}
for (const [name, answers] of Object.entries(runtimes)) {
  try {
    const seen = await answers()
    if (isDeepStrictEqual(seen, expected)) {
      console.log(`ok    ${name}`)
      continue
    }
    console.error(`FAIL  ${name}\n  expected ${JSON.stringify(expected)}\n  but got  ${JSON.stringify(seen)}`)
  } catch (error) {
    console.error(`FAIL  ${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
  process.exitCode = 1
}
