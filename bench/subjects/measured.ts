/**
 * Runs a subject's work and prints what it cost. CPU is user and system time, of all threads; the peak is of memory that
 * was resident at once.
 */
import { peakOf } from "./resident.ts"

const cpuMillis = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Other systems than Linux have only what `getrusage` says. */
const peakBytes = (): number => {
  try {
    return peakOf("self")
  } catch {
    return process.resourceUsage().maxRSS * 1024
  }
}

/** `cpu` is that of the whole process, its start included; `work` only that of the work. */
export const measured = async (work: () => Promise<Readonly<Record<string, number>> | void>): Promise<void> => {
  const started = cpuMillis()
  const began = performance.now()
  const figures = await work()
  const wall = performance.now() - began
  const cpu = cpuMillis()
  process.stdout.write(`${JSON.stringify({ cpu, work: cpu - started, wall, rss: peakBytes(), ...figures })}\n`)
}

/** The arguments that the bench gave. */
export const argument = (index: number): string => {
  const value = process.argv[index + 2]
  if (value === undefined) throw new Error(`argument ${index} is missing`)
  return value
}
