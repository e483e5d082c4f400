// Finds the Chromium that the browser tests run in, and installs one where there is none.
// As a program it prints the path: node scripts/chromium.mjs
import { spawnSync } from "node:child_process"
import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs"
import { homedir } from "node:os"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"

/** Flags for a Chromium that stays quiet: no sandbox (containers), no GPU, no traffic of its own. */
export const chromiumFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]

const commands = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"]

const applications = {
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ],
  win32: ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"]
    .map((name) => process.env[name])
    .filter((directory) => directory !== undefined)
    .map((directory) => join(directory, "Google", "Chrome", "Application", "chrome.exe")),
}

const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

const onSystem = () =>
  [
    ...(process.env.PATH ?? "").split(delimiter).flatMap((directory) => commands.map((name) => join(directory, name))),
    ...(applications[process.platform] ?? []),
  ].find(isExecutable)

/** What `playwright install chromium` put into its cache, newest first. */
const inPlaywrightCache = () => {
  const caches = {
    darwin: join(homedir(), "Library", "Caches", "ms-playwright"),
    win32: join(process.env.LOCALAPPDATA ?? homedir(), "ms-playwright"),
  }
  const root =
    process.env.PLAYWRIGHT_BROWSERS_PATH ?? caches[process.platform] ?? join(homedir(), ".cache", "ms-playwright")
  if (!existsSync(root)) return undefined
  const binaries = [
    ["chrome-linux", "chrome"],
    ["chrome-linux64", "chrome"],
    ["chrome-mac", "Chromium.app", "Contents", "MacOS", "Chromium"],
    ["chrome-win", "chrome.exe"],
    ["chrome-win64", "chrome.exe"],
  ]
  return readdirSync(root)
    .filter((name) => /^chromium-\d+$/.test(name))
    .toSorted((a, b) => Number(b.slice(9)) - Number(a.slice(9)))
    .flatMap((name) => binaries.map((path) => join(root, name, ...path)))
    .find(isExecutable)
}

/** The path of a Chromium that is here, or undefined. `CHROMIUM_PATH` decides when it is set. */
export const findChromium = () => {
  const chosen = process.env.CHROMIUM_PATH
  if (chosen !== undefined && chosen !== "") {
    if (!isExecutable(chosen)) throw new Error(`CHROMIUM_PATH is ${chosen}, which is no executable file.`)
    return chosen
  }
  return onSystem() ?? inPlaywrightCache()
}

const run = (command, args) =>
  spawnSync(command, args, {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  }).status === 0

/** The path of a Chromium, installed first when there is none. Throws with what to do when that fails too. */
export const ensureChromium = () => {
  const found = findChromium()
  if (found !== undefined) return found
  if (process.platform === "linux" && process.getuid?.() === 0 && existsSync("/etc/debian_version")) {
    console.error("Installing Chromium for the browser tests (apt-get install chromium) …")
    const install = ["install", "-y", "--no-install-recommends", "chromium"]
    if (run("apt-get", ["update"]) && run("apt-get", install)) {
      const installed = findChromium()
      if (installed !== undefined) return installed
    }
  }
  console.error("Installing Chromium for the browser tests (playwright install chromium) …")
  const playwright = fileURLToPath(import.meta.resolve("playwright/package.json").replace("package.json", "cli.js"))
  if (run(process.execPath, [playwright, "install", "chromium"])) {
    const installed = findChromium()
    if (installed !== undefined) return installed
  }
  throw new Error("No Chromium found and none could be installed. Install Chromium or Chrome, or set CHROMIUM_PATH.")
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(ensureChromium())
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
