/**
 * Writes the texts that the command answers with at once, as its own definitions have them.
 */
import { execFileSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Rolldown } from "tsdown"

const writer = fileURLToPath(new URL("printTexts.ts", import.meta.url))

/** A module of CommonJS that is the texts. */
const texts = (): string => {
  const args = ["--conditions=@voiceclone/source", writer]
  const env = { ...process.env, NO_COLOR: "1" }
  return `module.exports = ${execFileSync(process.execPath, args, { encoding: "utf8", env, maxBuffer: 1e8 })}`
}

/** Puts `texts.cjs` beside what is built. */
export const writtenTexts = (): Rolldown.Plugin => ({
  name: "written-texts",
  writeBundle: ({ dir = "dist" }) => writeFileSync(join(dir, "texts.cjs"), texts()),
})
