/**
 * Waits for all tasks and tells how long the event loop stood still at worst, or what each task weighs.
 */
import { monitorEventLoopDelay } from "node:perf_hooks"
import { setTimeout as sleep } from "node:timers/promises"
import { measured } from "../measured.ts"
import { looks, tasks, weighs } from "./looks.ts"

const resolution = 10

const heapBytes = (): number => {
  // twice, because what is finalized by the first is freed by the second
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

export const watched = async (wait: () => Promise<unknown>): Promise<void> => {
  if (weighs) {
    const before = heapBytes()
    void wait()
    while (looks.count < tasks) await sleep(100)
    await sleep(300)
    process.stdout.write(`${JSON.stringify({ task: (heapBytes() - before) / tasks })}\n`)
    process.exit()
  }
  const delays = monitorEventLoopDelay({ resolution })
  await measured(async () => {
    delays.enable()
    await sleep(50)
    delays.reset()
    await wait()
    // a stall is only seen when it is over
    await sleep(50)
    delays.disable()
    return { stall: Math.max(0, delays.max / 1e6 - resolution) }
  })
}
