/** What of a process lies in memory, by the kernel's own count. */
import { readFileSync } from "node:fs"

const status = (process: number | "self", field: string): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`, "u").exec(readFileSync(`/proc/${process}/status`, "utf8"))?.[1]) * 1024

/** The most bytes that were resident at once. What `getrusage` says instead is never less than the parent had. */
export const peakOf = (process: number | "self"): number => status(process, "VmHWM")

/** Resident bytes that belong to no file: Node.js's own program is 40 to 80 MB, by how much of it the system has mapped. */
export const anonymousOf = (process: number | "self"): number => status(process, "RssAnon")
