// Packs every package that is published, and checks what a user of npm would get: publint on the files and the
// manifest, attw on how TypeScript resolves the types. Packages have to be built first. Changesets name packages: one
// name that nothing has would stop the next release.
import { execFile } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const folder = mkdtempSync(join(tmpdir(), "voiceclone-packs-"))
const execute = promisify(execFile)
const run = (command, args, cwd = root) => execute(command, args, { cwd, shell: process.platform === "win32" })

const manifestOf = (directory) => JSON.parse(readFileSync(join(root, "packages", directory, "package.json"), "utf8"))

const check = async (directory) => {
  const { exports, publishConfig } = manifestOf(directory)
  const archive = join(folder, `${directory}.tgz`)
  try {
    await run("pnpm", ["pack", "--out", archive], join(root, "packages", directory))
    await run("publint", ["run", archive, "--strict"])
    // A program offers nothing to import, so there are no types to resolve.
    if ((publishConfig?.exports ?? exports) !== undefined)
      await run("attw", [archive, "--profile", "esm-only", "--no-emoji", "--no-color"])
    return true
  } catch (error) {
    console.error(`${directory}: ${error.stdout ?? ""}${error.stderr ?? error.message}`)
    return false
  }
}

/** The lines of changesets that name no package of these directories. */
const strayNames = (directories) => {
  const names = new Set(directories.map((directory) => manifestOf(directory).name))
  const folder = join(root, ".changeset")
  return readdirSync(folder)
    .filter((file) => file.endsWith(".md") && file !== "README.md")
    .flatMap((file) => {
      const [, head = ""] = readFileSync(join(folder, file), "utf8").split(/^---$/mu)
      const lines = head.trim().split("\n")
      return lines
        .filter((line) => !names.has(/^"(.+)": (?:major|minor|patch)$/u.exec(line)?.[1]))
        .map((line) => `${file}: ${line}`)
    })
}

try {
  const published = readdirSync(join(root, "packages")).filter((name) => manifestOf(name).private !== true)
  // Two at a time: each takes a core.
  const queue = [...published]
  const worker = async () => {
    let ok = true
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) ok = (await check(next)) && ok
    return ok
  }
  const outcomes = await Promise.all([worker(), worker()])
  console.log(`${published.length} packages packed and checked`)
  const strays = strayNames(published)
  if (strays.length > 0) console.error(`Changesets without a package:\n${strays.join("\n")}`)
  process.exitCode = outcomes.every(Boolean) && strays.length === 0 ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
