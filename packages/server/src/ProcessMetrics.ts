/**
 * How the process is: its event loop, its memory, its time on the processors. Read when somebody looks.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import { monitorEventLoopDelay } from "node:perf_hooks"

/** What the delay is measured over, so that a stall of an hour ago does not hide how it is. */
const period = "15 seconds"

/** In milliseconds: how often the loop is looked at. */
const resolution = 10

const delays = Metric.gauge("voiceclone_event_loop_delay_seconds", {
  description: "How much later than due the event loop turned, in the 15 seconds before",
  attributes: { unit: "s" },
})

const gauges = (() => {
  const startTime = Date.now() / 1000 - process.uptime()
  return [
    [
      Metric.gauge("process_resident_memory_bytes", { description: "Resident memory", attributes: { unit: "By" } }),
      () => process.memoryUsage.rss(),
    ],
    [
      Metric.gauge("nodejs_heap_size_used_bytes", {
        description: "JavaScript heap in use",
        attributes: { unit: "By" },
      }),
      () => process.memoryUsage().heapUsed,
    ],
    [
      Metric.gauge("process_start_time_seconds", { description: "When the process began, in seconds since 1970" }),
      () => startTime,
    ],
  ] as const
})()

const cpu = Metric.counter("process_cpu_seconds_total", {
  description: "User and system time of all threads",
  attributes: { unit: "s" },
})

/** What is not counted but looked up. */
const reading = <State>(get: () => State) => ({ get, update: () => {}, modify: () => {} })

const cpuSeconds = () => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1e6
}

/** Measures until the scope closes. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    const histogram = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const histogram = monitorEventLoopDelay({ resolution })
        histogram.enable()
        return histogram
      }),
      (histogram) => Effect.sync(() => histogram.disable()),
    )
    // The histogram counts whole turns: what is beyond the resolution is the delay.
    const beyond = (nanoseconds: number) =>
      histogram.count === 0 ? 0 : Math.max(0, nanoseconds / 1e9 - resolution / 1e3)
    const measure = Effect.gen(function* () {
      for (const [percentile, nanoseconds] of [
        ["50", histogram.percentile(50)],
        ["99", histogram.percentile(99)],
        ["100", histogram.max],
      ] as const) {
        yield* Metric.update(Metric.withAttributes(delays, { percentile }), beyond(nanoseconds))
      }
      histogram.reset()
    })
    yield* Effect.forkScoped(Effect.repeat(measure, Schedule.spaced(period)))

    const registrations = [
      ...gauges.map(([gauge, read]) =>
        Metric.registerUnsafe(
          gauge,
          context,
          reading(() => ({ value: read() })),
        ),
      ),
      Metric.registerUnsafe(
        cpu,
        context,
        reading(() => ({ count: cpuSeconds(), incremental: true })),
      ),
    ]
    yield* Effect.addFinalizer(() => Effect.sync(() => registrations.forEach((one) => one.remove())))
  }),
)
