/**
 * Writes the texts that the command answers with at once, its man page, and the schema of its JSON lines, as its own
 * definitions have them.
 */
import { execFileSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Rolldown } from "tsdown"

const writer = fileURLToPath(new URL("printTexts.ts", import.meta.url))

/** What the definitions say: they are run as they are, by the Node.js that builds. */
const print = (): { readonly man: string; readonly reference: string; readonly schema: object } => {
  const args = ["--conditions=@voiceclone/source", writer]
  const env = { ...process.env, NO_COLOR: "1" }
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8", env, maxBuffer: 1e8 }))
}

/** Puts `texts.json`, the man page and the schema beside what is built. */
export const writtenTexts = (): Rolldown.Plugin => ({
  name: "written-texts",
  writeBundle: ({ dir = "dist" }) => {
    const { man, reference: _, schema, ...texts } = print()
    writeFileSync(join(dir, "texts.json"), JSON.stringify(texts))
    writeFileSync(join(dir, "voiceclone.1"), man)
    writeFileSync(join(dir, "json-lines.schema.json"), `${JSON.stringify(schema, null, 2)}\n`)
  },
})
