/**
 * Ties the work on a task to the request that asked for it. Between the two lie the database and perhaps a restart, so
 * the row of the task bears the request's `traceparent` (https://www.w3.org/TR/trace-context/).
 */
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as HttpTraceContext from "effect/http/HttpTraceContext"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { TaskRecord } from "./Tasks.ts"

/** The `traceparent` of where this runs, if traces go anywhere. */
export const current: Effect.Effect<string | undefined> = Effect.gen(function* () {
  if ((yield* Tracer.Tracer) === Tracer.nativeTracer) return undefined
  const span = yield* Effect.option(Effect.currentSpan)
  return Option.getOrUndefined(Option.map(span, (span) => HttpTraceContext.toHeaders(span)["traceparent"]))
})

/** Traces the work on a task as part of what asked for it. */
export const resume =
  ({ attempts, id, traceparent }: TaskRecord) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan>> => {
    const parent = HttpTraceContext.w3c(Headers.fromInput({ traceparent: traceparent ?? undefined }))
    return work.pipe(
      Effect.withSpan("task", {
        kind: "consumer",
        attributes: { "voiceclone.task.id": id, "voiceclone.task.attempts": attempts },
        ...(Option.isSome(parent) ? { parent: parent.value } : { root: true }),
      }),
      Effect.withTracerEnabled(true),
    )
  }
