/** The most memory of a process that was resident at once. */
import { readFileSync } from "node:fs"

/** In bytes, by the kernel's own count: what `getrusage` says is never less than the parent had. */
export const peakOf = (process: number | "self"): number =>
  Number(/VmHWM:\s+(\d+)/u.exec(readFileSync(`/proc/${process}/status`, "utf8"))?.[1]) * 1024
