// Makes a clean clone ready, then runs one of the workspace's scripts: node scripts/bootstrap.mjs [script] [args…]
//
// It is all that runs on the Node that a machine happens to have (20 or newer), hence Node's builtins only. The
// install brings Node 26 into node_modules/.bin; the script is spawned with that folder first on PATH, as npm would, so
// that its `node` is the carried one. Not through npm itself: npm signals its shell and not what runs in it, so that a
// supervisor's SIGTERM would leave the script behind.
import { spawn } from "node:child_process"
import { createHash, randomUUID } from "node:crypto"
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { constants, tmpdir, userInfo } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const modules = join(root, "node_modules")
const stampFile = join(modules, ".voiceclone-stamp")
const lockName = createHash("sha256").update(`${userInfo().username} ${root}`).digest("hex").slice(0, 16)
const lock = join(tmpdir(), `voiceclone-install-${lockName}`)

/** A lock whose owner has not touched it for this long belongs to a process that is gone. */
const lockStaleAfterMs = 15_000
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

const isWindows = process.platform === "win32"
const [script, ...args] = process.argv.slice(2)

const fail = (message) => {
  console.error(`voiceclone: ${message}`)
  process.exit(1)
}

const readIfThere = (path) => {
  try {
    return readFileSync(path)
  } catch {
    return ""
  }
}

/** The manifests of the workspace: packages/*, apps/*, bench, examples. */
const manifests = () => {
  const inside = (folder) => {
    try {
      return readdirSync(join(root, folder)).map((name) => join(folder, name))
    } catch {
      return []
    }
  }
  return [".", ...inside("packages"), ...inside("apps"), "bench", "examples"].map((folder) =>
    join(folder, "package.json"),
  )
}

/** Says whether node_modules still answers to what the manifests and the lockfile ask for. */
const stamp = () => {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`)
  for (const file of [...manifests().toSorted(), "pnpm-lock.yaml", "pnpm-workspace.yaml", ".pnpmfile.mjs"]) {
    const content = readIfThere(join(root, file))
    hash.update(`${file.replaceAll("\\", "/")} ${content.length}\n`).update(content)
  }
  return hash.digest("hex")
}

const isReady = (wanted) => readIfThere(stampFile).toString() === wanted

/**
 * Runs a program to its end and gives { code, output }. Signals that reach us go on to the child, and a child that
 * died of a signal reports 128 + its number, as shells do.
 */
const run = (command, argv, options) =>
  new Promise((resolve) => {
    const child = spawn(command, argv, { cwd: root, ...options })
    let output = ""
    child.stdout?.on("data", (chunk) => (output += chunk))
    child.stderr?.on("data", (chunk) => (output += chunk))
    const forward = (signal) => {
      if (options.detached && child.pid !== undefined) {
        try {
          process.kill(-child.pid, signal)
        } catch {}
      } else if (signal !== "SIGINT" || !process.stdin.isTTY) {
        // A terminal sends Ctrl-C to our whole group, child included; a supervisor signals us alone.
        child.kill(signal)
      }
    }
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, forward)
    const settle = (code) => {
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(signal, forward)
      resolve({ code, output })
    }
    child.on("error", (error) => {
      output += error.message
      settle(127)
    })
    child.on("close", (code, signal) => settle(code ?? 128 + (constants.signals[signal] ?? 0)))
  })

/** One install at a time: a second bootstrap waits, then finds the stamp in place. */
const withLock = async (wanted, install) => {
  const owner = randomUUID()
  for (let waited = 0; ; waited++) {
    try {
      mkdirSync(lock)
      writeFileSync(join(lock, "owner"), owner)
      break
    } catch (error) {
      if (error.code !== "EEXIST") fail(`cannot take the set-up lock: ${error.message}`)
      if (isReady(wanted)) return
      if (waited === 0) console.error("voiceclone: another set-up is running here; waiting for it …")
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
      if (age > lockStaleAfterMs) {
        // Renamed before it is removed: of two that find it stale, only one can take it away.
        const stale = `${lock}.${owner}`
        try {
          renameSync(lock, stale)
          rmSync(stale, { recursive: true, force: true })
        } catch {}
      }
      await sleep(500)
    }
  }
  const release = () => {
    if (readIfThere(join(lock, "owner")).toString() === owner) rmSync(lock, { recursive: true, force: true })
  }
  const heartbeat = setInterval(() => {
    try {
      utimesSync(lock, new Date(), new Date())
    } catch {}
  }, 2_000)
  process.on("exit", release)
  try {
    if (!isReady(wanted)) await install()
  } finally {
    clearInterval(heartbeat)
    process.off("exit", release)
    release()
  }
}

const noNetwork =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|META_FETCH_FAIL/i

const install = async () => {
  const began = Date.now()
  console.error(`voiceclone: setting up with ${manifest.packageManager} (Node 26 included; once per lockfile) …`)
  const argv = ["--yes", manifest.packageManager, "install", "--frozen-lockfile"]
  // A group of its own, so that a signal ends all of it: npx, pnpm and its workers.
  const options = { stdio: ["ignore", "pipe", "pipe"], shell: isWindows, detached: !isWindows }
  const { code, output } = await run("npx", argv, options)
  if (code === 0) {
    writeFileSync(stampFile, wanted)
    console.error(`voiceclone: ready after ${((Date.now() - began) / 1000).toFixed(0)} s`)
    return
  }
  if (code > 128) process.exit(code)
  console.error(output.trimEnd())
  if (code === 127) fail("npx is not on PATH. Install Node.js 20 or newer with npm (https://nodejs.org), then repeat.")
  if (noNetwork.test(output)) {
    fail("the package registry could not be reached. Connect (or set `npm config set registry …`), then repeat.")
  }
  if (/ERR_PNPM_OUTDATED_LOCKFILE/.test(output)) {
    fail(`pnpm-lock.yaml is behind the manifests. Run \`npx ${manifest.packageManager} install\`, then repeat.`)
  }
  fail("the install failed, as told above. Repeat when its cause is gone.")
}

/** Runs one of package.json's scripts and gives its exit code. */
const runScript = async () => {
  const command = manifest.scripts[script]
  if (command === undefined) fail(`package.json has no script called ${script}.`)
  const environment = Object.entries(process.env).filter(([name]) => name.toUpperCase() !== "PATH")
  const path = `${join(modules, ".bin")}${delimiter}${process.env.PATH ?? ""}`
  const options = { stdio: "inherit", env: { ...Object.fromEntries(environment), PATH: path } }
  // `exec` puts the program in the shell's place, where signals reach it. Scripts are single commands.
  const { code } = isWindows
    ? await run([command, ...args.map((arg) => `"${arg}"`)].join(" "), [], { ...options, shell: true })
    : await run("/bin/sh", ["-c", `exec ${command} "$@"`, script, ...args], options)
  return code
}

if (Number(process.versions.node.split(".")[0]) < 20) {
  fail(`Node.js 20 or newer is needed; this is ${process.version}. Get one from https://nodejs.org, then repeat.`)
}
const wanted = stamp()
if (!isReady(wanted)) await withLock(wanted, install)
if (script !== undefined) process.exitCode = await runScript()
