/**
 * The configuration file: a JSON object whose keys are the settings' names.
 *
 * ```json
 * { "host": "0.0.0.0", "keys": ["anna:vc_…", "ben:vc_…"], "retention": "30d", "private-webhooks": false }
 * ```
 */
import { readFileSync } from "node:fs"
import { nearest } from "./Nearest.ts"
import { reasonOf } from "./SystemError.ts"
import { settings } from "./Settings.ts"

/** What stands in the file, as the environment would have it. */
const plain = (value: unknown): string | undefined => {
  if (value === true) return "yes"
  if (value === false) return "no"
  if (typeof value === "number" || typeof value === "string") return String(value)
  return Array.isArray(value) && value.every((one) => typeof one === "string") ? value.join(",") : undefined
}

/** What the file says, by the name of the setting. What is wrong with it is added to the problems. */
export const read = (path: string, problems: Array<string>): ReadonlyMap<string, string> => {
  const said = new Map<string, string>()
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, "utf8"))
  } catch (error) {
    // Not in V8's words: they quote the text around a mistake, which may be a key.
    const { code } = error as NodeJS.ErrnoException
    problems.push(`${path} ${code === undefined ? "is not JSON" : `cannot be read: ${reasonOf(error)}`}`)
    return said
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    problems.push(`${path} is not a JSON object`)
    return said
  }
  for (const [name, value] of Object.entries(content)) {
    const text = plain(value)
    if (!settings.some((setting) => setting.name === name) || name === "config") {
      problems.push(
        `${path} has ${JSON.stringify(name)}, which is no setting; the nearest is "${nearest(
          name.toLowerCase().replaceAll("_", "-"),
          settings.map((setting) => setting.name),
        )}"`,
      )
    } else if (text === undefined) {
      problems.push(`${name} in ${path} is no text, number, yes or no, or list of texts`)
    } else {
      said.set(name, text)
    }
  }
  return said
}
