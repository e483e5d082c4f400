/**
 * Counts tasks as they come and end, and measures the queue.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import * as SqlClient from "effect/sql/SqlClient"
import { Tasks } from "./Tasks.ts"

const turns = Metric.counter("voiceclone_tasks_total", {
  description: "Tasks that this process accepted, completed or failed (a cancelled task is a failed one)",
  incremental: true,
})
const accepted = Metric.withAttributes(turns, { status: "accepted" })
const completed = Metric.withAttributes(turns, { status: "completed" })
const failed = Metric.withAttributes(turns, { status: "failed" })

const unended = Metric.gauge("voiceclone_tasks", { description: "Tasks that have not ended, by status" })
const pending = Metric.withAttributes(unended, { status: "pending" })
const processing = Metric.withAttributes(unended, { status: "processing" })
const age = Metric.gauge("voiceclone_queue_age_seconds", {
  description: "How long the oldest pending task has waited",
  attributes: { unit: "s" },
})

const counted = (counter: typeof completed) => (done: boolean) => (done ? Metric.update(counter, 1) : Effect.void)

/** Counts what the given service does. */
export const layer: Layer.Layer<Tasks, never, Tasks> = Layer.effect(
  Tasks,
  Effect.map(Tasks, (tasks) =>
    Tasks.of({
      ...tasks,
      create: (task) =>
        Effect.tap(tasks.create(task), ({ id }) => (id === task.id ? Metric.update(accepted, 1) : Effect.void)),
      complete: (...args) => Effect.tap(tasks.complete(...args), counted(completed)),
      fail: (...args) => Effect.tap(tasks.fail(...args), counted(failed)),
      cancel: (...args) => Effect.tap(tasks.cancel(...args), counted(failed)),
      recover: Effect.tap(tasks.recover, (found) =>
        Metric.update(failed, found.filter(({ status }) => status === "failed").length),
      ),
    }),
  ),
)

/** How often the queue is measured. Whoever reads the metrics asks the database nothing. */
const period = "5 seconds"

/** Measures the queue in the database, over and over, until the scope closes. */
export const layerQueue = Layer.effectDiscard(
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const look = Effect.gen(function* () {
      const rows = yield* sql<{ status: string; tasks: number | bigint; oldest: number | bigint }>`
        select status, count(*) as tasks, min(created_at) as oldest from tasks
        where status in ('pending', 'processing') group by status`
      const now = yield* Clock.currentTimeMillis
      const of = (status: string) => rows.find((row) => row.status === status)
      const waiting = of("pending")
      yield* Metric.update(pending, Number(waiting?.tasks ?? 0))
      yield* Metric.update(processing, Number(of("processing")?.tasks ?? 0))
      yield* Metric.update(age, waiting === undefined ? 0 : Math.max(0, now - Number(waiting.oldest)) / 1000)
    })
    yield* look.pipe(
      Effect.catchCause((cause) => Effect.logWarning("The queue could not be measured", cause)),
      Effect.repeat(Schedule.spaced(period)),
      Effect.forkScoped,
    )
  }),
)
