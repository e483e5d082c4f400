// Installs the command as a user of npm would: npm run test:install
//
// Packs what is published, offers it at a registry on this machine, which leads to the usual one for all other packages,
// installs it globally into a directory of its own, and uses it: its version, its man page, a job on an embedded server, a
// server that runs beside it, and the same by npx. Packages are built first where needed.
import { execFile, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const place = mkdtempSync(join(tmpdir(), "voiceclone-install-"))
const prefix = join(place, "prefix")
const command = join(prefix, "bin", "voiceclone")
const sample = join(root, "examples", "voice.wav")
const environment = {
  ...process.env,
  HOME: place,
  npm_config_cache: join(place, "cache"),
  npm_config_audit: "false",
  npm_config_fund: "false",
  XDG_CACHE_HOME: place,
  XDG_CONFIG_HOME: place,
  XDG_DATA_HOME: place,
  XDG_STATE_HOME: place,
  VOICECLONE_BASE_URL: "",
  VOICECLONE_API_KEY: "",
}
const execute = promisify(execFile)
const run = async (program, args, env = {}, cwd = place) => {
  const { stdout } = await execute(program, args, { cwd, env: { ...environment, ...env }, maxBuffer: 1e8 })
  return stdout.trim()
}

/** By their names: the manifest of each published package as it is packed, and its archive. */
const pack = async () => {
  const packs = new Map()
  for (const name of readdirSync(join(root, "packages"))) {
    const directory = join(root, "packages", name)
    if (JSON.parse(readFileSync(join(directory, "package.json"), "utf8")).private === true) continue
    const archive = join(place, `${name}.tgz`)
    await run("pnpm", ["pack", "--out", archive], {}, directory)
    const manifest = JSON.parse(await run("tar", ["-xOzf", archive, "package/package.json"]))
    packs.set(manifest.name, { manifest, bytes: readFileSync(archive) })
  }
  return packs
}

/** A registry of these packages; it sends whoever asks for another one to the registry that npm uses here. */
const offer = async (packs) => {
  const usual = (await execute("npm", ["config", "get", "registry"], { cwd: root })).stdout.trim()
  const server = createServer((request, response) => {
    const name = decodeURIComponent((request.url ?? "/").slice(1))
    const archived = packs.get(name.replace(/^archive\//, ""))
    if (archived === undefined) return response.writeHead(302, { location: new URL(name, usual).href }).end()
    if (name.startsWith("archive/")) return response.end(archived.bytes)
    const { bytes, manifest } = archived
    const dist = {
      tarball: `http://${request.headers.host}/archive/${encodeURIComponent(name)}`,
      integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}`,
    }
    const { version } = manifest
    response.end(
      JSON.stringify({ name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } }),
    )
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}

const check = (holds, what) => {
  if (!holds) throw new Error(what)
  console.log(`✓ ${what}`)
}

/** One job at a server that was installed too. */
const useServer = async () => {
  const server = spawn(command, ["serve", "--port", "0", "--engine", "fixed", "--log-level", "none", "--json"], {
    cwd: place,
    env: environment,
    stdio: ["ignore", "pipe", "inherit"],
  })
  try {
    const { baseUrl, apiKey } = JSON.parse(String((await once(server.stdout, "data"))[0]).split("\n")[0])
    const env = { VOICECLONE_BASE_URL: baseUrl, VOICECLONE_API_KEY: apiKey }
    await run(command, ["clone", sample, "--text", "Hello.", "-o", "served.wav"], env)
  } finally {
    server.kill()
  }
  const [code] = await once(server, "exit")
  check(code === 0, "serve takes a job, and ends well")
}

let registry
try {
  await run("turbo", ["run", "build", "--filter=./packages/*", "--output-logs=errors-only"], {}, root)
  registry = await offer(await pack())
  const { version } = JSON.parse(readFileSync(join(root, "packages", "cli", "package.json"), "utf8"))
  const from = ["--registry", registry.url]
  await run("npm", ["install", "--global", "--prefix", prefix, ...from, "voiceclone"])
  check((await run(command, ["--version"])) === `voiceclone v${version}`, "npm install --global brings the command")
  check(existsSync(join(prefix, "share", "man", "man1", "voiceclone.1")), "and its man page")
  await run(command, ["clone", sample, "--text", "Hello.", "-o", "speech.wav", "--local", "--data", "data"])
  check((await run(command, ["verify", "speech.wav"])).includes("whole"), "clone --local saves speech that is whole")
  await useServer()
  const npx = ["--yes", ...from, "voiceclone", "verify", "served.wav"]
  check((await run("npx", npx)).includes("whole"), "npx runs it, too")
} finally {
  registry?.close()
  rmSync(place, { recursive: true, force: true })
}
