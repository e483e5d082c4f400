/**
 * The server with the embedded engine, in a process of its own, which also measures how late its event loop is.
 *
 * It tells the parent process where it listens. To each message of the parent, what its threads shall do beside, it
 * answers with the figures since the last one.
 */
import * as EmbeddedServer from "@voiceclone/server/EmbeddedServer"
import { createHistogram, monitorEventLoopDelay, performance } from "node:perf_hooks"
import { Worker } from "node:worker_threads"

/** Milliseconds between two looks. What the histograms hold are the times from one to the next. */
const resolution = 5

const [dataDirectory] = process.argv.slice(2)
const server = await EmbeddedServer.start({ dataDirectory: dataDirectory!, port: 0 })

const delay = monitorEventLoopDelay({ resolution })
delay.enable()
const own = createHistogram()
const cpu = () => {
  const { system, user } = process.threadCpuUsage()
  return system + user
}
let before = cpu()
setInterval(() => {
  const now = cpu()
  own.record(Math.max(1, now - before))
  before = now
}, resolution)
let utilization = performance.eventLoopUtilization()
let spinning: Worker | undefined

const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolution)

process.on("message", (beside: "spin" | "rest") => {
  const now = performance.eventLoopUtilization()
  process.send!({
    p50: late(delay.percentile(50)),
    p99: late(delay.percentile(99)),
    worst: late(delay.max),
    own99: own.percentile(99) / 1e3,
    ownWorst: own.max / 1e3,
    busy: performance.eventLoopUtilization(now, utilization).utilization,
  })
  void spinning?.terminate()
  spinning = beside === "spin" ? new Worker("for (;;) {}", { eval: true }) : undefined
  utilization = now
  delay.reset()
  own.reset()
})
process.on("disconnect", () => process.exit())

process.send!({ baseUrl: server.baseUrl, apiKey: server.apiKey })
