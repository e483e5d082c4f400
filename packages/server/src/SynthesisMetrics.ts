/**
 * Measures the engine: how long it speaks, and how long the speech is.
 */
import { sampleRate, Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"

const outcomes = Metric.counter("voiceclone_syntheses_total", {
  description: "Attempts to speak a text, by outcome",
  incremental: true,
})
const durations = Metric.histogram("voiceclone_synthesis_duration_seconds", {
  description: "Time that the engine took for a text that it spoke, writing included",
  boundaries: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600],
  attributes: { unit: "s" },
})
const factors = Metric.histogram("voiceclone_synthesis_real_time_factor", {
  description: "Time that the engine took over the length of the speech: below 1 is faster than speaking",
  boundaries: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8],
})
const audio = Metric.counter("voiceclone_synthesis_audio_seconds_total", {
  description: "Length of the speech that was made",
  incremental: true,
  attributes: { unit: "s" },
})

const outcomeOf = (exit: Exit.Exit<unknown, unknown>): "completed" | "interrupted" | "failed" =>
  Exit.isSuccess(exit) ? "completed" : Cause.hasInterruptsOnly(exit.cause) ? "interrupted" : "failed"

/** Measures the given engine. */
export const layer: Layer.Layer<Synthesizer, never, Synthesizer> = Layer.effect(
  Synthesizer,
  Effect.map(Synthesizer, (synthesizer) =>
    Synthesizer.of({
      ...synthesizer,
      synthesize: (request) =>
        Stream.unwrap(
          Effect.map(Clock.currentTimeMillis, (began) => {
            let samples = 0
            return synthesizer.synthesize(request).pipe(
              Stream.tap(({ pcm }) => Effect.sync(() => void (samples += pcm.length))),
              Stream.onExit(
                Effect.fnUntraced(function* (exit) {
                  const outcome = outcomeOf(exit)
                  yield* Metric.update(Metric.withAttributes(outcomes, { outcome }), 1)
                  if (outcome !== "completed") return
                  const seconds = ((yield* Clock.currentTimeMillis) - began) / 1000
                  yield* Metric.update(durations, seconds)
                  yield* Metric.update(audio, samples / sampleRate)
                  if (samples > 0) yield* Metric.update(factors, seconds / (samples / sampleRate))
                }),
              ),
              Stream.withSpan("synthesize", { attributes: { engine: synthesizer.description.name } }),
            )
          }),
        ),
    }),
  ),
)
