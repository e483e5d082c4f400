// Runs every check, or those named: npm test [-- lint tests docs]
//
// A check that passes says one line; one that fails shows its output. The last line counts all of them, tests one by
// one: `N passed, N failed`.
import { spawn } from "node:child_process"
import { mkdirSync, readFileSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { stripVTControlCharacters } from "node:util"
import { ensureChromium } from "./chromium.mjs"
import { ensurePostgres } from "./postgres.mjs"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const report = join(root, "node_modules", ".cache", "voiceclone", "vitest.json")
const environment = {
  ...process.env,
  ASTRO_TELEMETRY_DISABLED: "1",
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  DO_NOT_TRACK: "1",
}

/** Every check, cheapest first. `after` names one that has to end before it begins; `alone` keeps the cores for it. */
const checks = [
  { name: "format", command: ["oxfmt", "--check"] },
  { name: "lint", command: ["oxlint", "--type-aware", "--deny-warnings"] },
  { name: "boundaries", command: ["turbo", "boundaries"] },
  { name: "unused", command: ["knip"] },
  { name: "types", command: ["turbo", "run", "typecheck", "typecheck:root", "--output-logs=errors-only"] },
  { name: "build", command: ["turbo", "run", "build", "--filter=./packages/*", "--output-logs=errors-only"] },
  { name: "packs", command: ["node", "scripts/pack.mjs"], after: "build" },
  { name: "size", command: ["pnpm", "--filter", "@voiceclone/bench", "size"], after: "build", inChromium: true },
  { name: "tests", inChromium: true, command: ["vitest", "run", "--reporter=default", "--reporter=json"], alone: true },
  { name: "docs", command: ["turbo", "run", "build", "look", "--filter=./apps/docs", "--output-logs=errors-only"] },
]

const children = new Set()
const run = ([command, ...args]) =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    })
    children.add(child)
    const output = []
    child.stdout.on("data", (chunk) => output.push(chunk))
    child.stderr.on("data", (chunk) => output.push(chunk))
    const settle = (ok, text) => {
      children.delete(child)
      resolve({ ok, text })
    }
    child.on("error", (error) => settle(false, error.message))
    child.on("close", (code) => settle(code === 0, Buffer.concat(output).toString()))
  })

let passed = 0
let failed = 0

/** Those that the tests run in: others than Chromium where they are named. */
const browsers = [
  "Chromium",
  ...["Firefox", "WebKit"].map((name) => {
    const variable = `${name.toUpperCase()}_PATH`
    return process.env[variable] === undefined ? `no ${variable} is set` : name
  }),
]

/** How many tests passed and failed, by Vitest's own report; without one, the run itself failed. */
const countTests = (ok) => {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, "utf8"))
    // A file that does not load, or an error outside of every test, fails the run without failing a test.
    return { passed: numPassedTests, failed: numFailedTests === 0 && !ok ? 1 : numFailedTests }
  } catch {
    return { passed: 0, failed: 1 }
  }
}

const runCheck = async (check) => {
  const began = Date.now()
  let { command } = check
  let outcome
  try {
    if (check.inChromium === true) environment.CHROMIUM_PATH = ensureChromium()
    if (check.name === "tests") {
      environment.POSTGRES_PATH = ensurePostgres()
      mkdirSync(dirname(report), { recursive: true })
      rmSync(report, { force: true })
      command = [...command, `--outputFile.json=${report}`]
    }
    outcome = await run(command)
  } catch (error) {
    outcome = { ok: false, text: error.message }
  }
  const { ok, text } = outcome
  const count = check.name === "tests" ? countTests(ok) : { passed: ok ? 1 : 0, failed: ok ? 0 : 1 }
  passed += count.passed
  failed += count.failed
  const seconds = `${((Date.now() - began) / 1000).toFixed(1)} s`
  const tests = check.name === "tests" ? `, ${count.passed} tests passed, in Node.js, ${browsers.join(", ")}` : ""
  if (!ok) console.log(`\n${text.trimEnd()}\n`)
  console.log(`${ok ? "ok  " : "FAIL"} ${check.name.padEnd(10)} ${seconds}${tests}`)
  // what passed at the second try is worth a look
  if (ok) for (const [line] of stripVTControlCharacters(text).matchAll(/.*\(retry x\d+\)/gu)) console.log(`    ${line}`)
}

const names = process.argv.slice(2)
const unknown = names.filter((name) => !checks.some((check) => check.name === name))
if (unknown.length > 0) {
  console.error(`No check called ${unknown.join(", ")}. There are: ${checks.map((check) => check.name).join(", ")}.`)
  process.exit(2)
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    for (const child of children) child.kill(signal)
    process.exit(130)
  })
}

const waiting = checks.filter((check) => names.length === 0 || names.includes(check.name))
const running = new Map()
while (waiting.length > 0 || running.size > 0) {
  const index = waiting.findIndex((check) =>
    check.alone === true
      ? running.size === 0
      : ![...waiting, ...running.keys()].some((other) => other.name === check.after),
  )
  const busy = running.size >= 2 || [...running.keys()].some((check) => check.alone === true)
  if (busy || index === -1) {
    await Promise.race(running.values())
    continue
  }
  const [check] = waiting.splice(index, 1)
  running.set(
    check,
    runCheck(check).finally(() => running.delete(check)),
  )
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
