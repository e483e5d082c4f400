/**
 * Puts the licences of what is bundled, and isn't ours, beside the command: each asks to go along with copies.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Rolldown } from "tsdown"

const licenceOf = (root: string): string => {
  const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, string>
  const file = readdirSync(root).find((one) => /^(?:licen[cs]e|copying)(?:\.\w+)?$/i.test(one))
  if (file === undefined) throw new Error(`${name} is bundled, and has no file with its licence`)
  return `${name} ${version}\n\n${readFileSync(join(root, file), "utf8").trim()}`
}

export const licences = (): Rolldown.Plugin => ({
  name: "licences",
  writeBundle({ dir = "dist" }, files) {
    const modules = Object.values(files).flatMap((file) => (file.type === "chunk" ? file.moduleIds : []))
    const roots = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0] ?? []))
    writeFileSync(join(dir, "LICENSES.txt"), `${Array.from(roots).toSorted().map(licenceOf).join("\n\n\n")}\n`)
  },
})
