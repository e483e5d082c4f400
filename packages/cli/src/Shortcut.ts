/**
 * The plain forms of `status`, which scripts ask in a loop: they are read here, so that nothing is loaded for reading all
 * the others.
 */

/** What the flags of `status` say. */
export interface Status {
  readonly taskId: string
  readonly baseUrl?: string
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
}

const switches = new Map([
  ["--json", "json"],
  ["--quiet", "quiet"],
  ["-q", "quiet"],
  ["--verbose", "verbose"],
])

/** What a switch takes as its value. */
const truth = /^(?:true|false|yes|no|on|off|y|n|0|1)$/i

/** What is asked, where it is certain to mean the same to the whole command; else nothing. */
export const status = ([command, ...words]: ReadonlyArray<string>): Status | undefined => {
  if (command !== "status") return undefined
  const found: { taskId?: string; baseUrl?: string; json?: true; quiet?: true; verbose?: true } = {}
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ""
    const name = switches.get(word) ?? (word === "--base-url" ? "baseUrl" : "taskId")
    if (Object.hasOwn(found, name)) return undefined
    if (name === "baseUrl" || name === "taskId") {
      const value = name === "baseUrl" ? (words[++index] ?? "") : word
      if (value.trim() === "" || value.startsWith("-") || truth.test(value)) return undefined
      found[name] = value
    } else {
      found[name as "json"] = true
    }
  }
  const { taskId, ...flags } = found
  return taskId === undefined
    ? undefined
    : { json: false, quiet: false, verbose: false, ...flags, taskId: taskId.trim() }
}
