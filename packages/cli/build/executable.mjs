// Builds a single executable of the command: node build/executable.mjs [--out DIR] [--node PATH] [--name NAME]
//
// `node --build-sea` (26 and later) puts the bundle into a copy of a Node.js. The default is the one that runs this; for
// another system give that system's own binary, of the same version, by --node. What is loaded only by npm, the embedded
// server, is not in it: `serve` and `--local` say so.
import { execFileSync } from "node:child_process"
import { copyFileSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { fileURLToPath } from "node:url"

const here = fileURLToPath(new URL("..", import.meta.url))
const { values } = parseArgs({
  options: {
    out: { type: "string", default: join(here, "dist-executable") },
    node: { type: "string", default: process.execPath },
    name: { type: "string", default: `voiceclone-${process.platform}-${process.arch}` },
  },
})
const out = resolve(values.out)
const isForeign = resolve(values.node) !== process.execPath
mkdirSync(out, { recursive: true })

execFileSync(
  process.execPath,
  [join(here, "node_modules/tsdown/dist/run.mjs"), "-c", "build/executable.config.ts", "-d", out],
  {
    cwd: here,
    stdio: ["ignore", "ignore", "inherit"],
  },
)

const base = join(out, "node")
copyFileSync(values.node, base)
try {
  // the symbols are a fifth of it; never strip what has the program in it already
  if (process.platform === "linux" && !isForeign) execFileSync("strip", [base], { stdio: "ignore" })
} catch {
  // without binutils it stays large
}
const executable = join(out, values.name)
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
