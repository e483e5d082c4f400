/**
 * Puts the page that `serve --open` shows beside the command.
 */
import { cpSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Rolldown } from "tsdown"

/** Where its package builds it. */
const built = fileURLToPath(new URL("dist", import.meta.resolve("@voiceclone/examples/package.json")))

export const page = (): Rolldown.Plugin => ({
  name: "page",
  writeBundle({ dir = "dist" }) {
    cpSync(built, join(dir, "page"), { recursive: true })
  },
})
