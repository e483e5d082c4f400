/**
 * Speaks in a worker thread, so that a server goes on answering. One thread serves all jobs, a sentence at a time in
 * the order of asking; cancelling a job ends the thread only where that job's own sentence is being spoken.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import { Worker } from "node:worker_threads"
import { cacheSuccess, failedToSpeak } from "./Flite.ts"
import type { Answer, Assignment } from "./internal/fliteWorker.ts"
import { Speaker } from "./Speaker.ts"
import { EngineUnavailable, SampleUnusable } from "./SynthesisError.ts"

/** An utterance takes under a second, fitting a voice a few; a thread that is silent for so long has lost its way. */
const patience = "60 seconds"

/** Of the thread's own heap; WebAssembly's memory lies outside. What is young dies soon here, so little room will do. */
const resourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 4 }

/** Sources run as they are where the runtime strips types; a build has the same files as .js. */
const entry = new URL(
  import.meta.url.endsWith(".ts") ? "./internal/fliteWorker.ts" : "./internal/fliteWorker.js",
  import.meta.url,
)

const crashed = (detail: string, cause?: unknown) =>
  new EngineUnavailable({ retryable: true, detail, ...(cause === undefined ? {} : { cause }) })

/** How a thread comes to be. */
export interface Options {
  /** Replaces {@link spawn}: for a bundle that moved the worker's file, and for tests that need a thread to fail. */
  readonly spawn?: ((flite: WebAssembly.Module) => Worker) | undefined
}

/**
 * Starts a thread that speaks with this module. It takes none of the process's own flags: those meant for the main
 * program, such as `--input-type`, keep a thread from starting.
 */
export const spawn = (flite: WebAssembly.Module): Worker =>
  new Worker(entry, { workerData: { flite }, name: "flite", execArgv: [], resourceLimits })

/** The speaker in its thread. The thread starts with the first sentence and never keeps the process alive. */
export const layerSpeaker = (
  module: Effect.Effect<WebAssembly.Module, EngineUnavailable>,
  options: Options = {},
): Layer.Layer<Speaker> =>
  Layer.effect(
    Speaker,
    Effect.gen(function* () {
      const compiled = yield* cacheSuccess(module)
      const turn = yield* Semaphore.make(1)
      const start = options.spawn ?? spawn
      let current: Worker | undefined

      const drop = Effect.suspend(() => {
        const worker = current
        current = undefined
        return worker === undefined ? Effect.void : Effect.promise(() => worker.terminate())
      })
      yield* Effect.addFinalizer(() => drop)

      const obtain = (flite: WebAssembly.Module) =>
        Effect.try({
          try: () => {
            if (current !== undefined) return current
            const worker = start(flite)
            // A thread that dies, even an idle one, is replaced with the next sentence.
            const forget = () => {
              if (current === worker) current = undefined
            }
            worker.on("error", forget).on("exit", forget)
            return (current = worker)
          },
          catch: (cause) => crashed("The synthesis thread did not start.", cause),
        })

      const ask = (worker: Worker, assignment: Assignment) =>
        Effect.callback<Answer, EngineUnavailable>((resume) => {
          const settle = (result: Effect.Effect<Answer, EngineUnavailable>) => {
            worker.off("message", onMessage).off("error", onError).off("exit", onExit).off("messageerror", onError)
            worker.unref()
            resume(result)
          }
          const onMessage = (answer: Answer) => settle(Effect.succeed(answer))
          const onError = (cause: unknown) =>
            settle(Effect.fail(crashed(`The synthesis thread crashed: ${String(cause)}`, cause)))
          const onExit = (code: number) => settle(Effect.fail(crashed(`The synthesis thread ended with code ${code}.`)))
          worker.on("message", onMessage).on("error", onError).on("exit", onExit).on("messageerror", onError)
          worker.ref()
          worker.postMessage(assignment)
          return drop
        })

      const carryOut = Effect.fnUntraced(
        function* (assignment: Assignment) {
          const flite = yield* compiled
          const worker = yield* obtain(flite)
          return yield* ask(worker, assignment)
        },
        (answered) =>
          answered.pipe(
            Effect.timeoutOrElse({
              duration: patience,
              orElse: () => Effect.fail(crashed("The synthesis thread did not answer and was stopped.")),
            }),
            turn.withPermit,
          ),
      )

      return Speaker.of({
        say: Effect.fnUntraced(function* (utterance) {
          const answer = yield* carryOut({ say: utterance })
          return "pcm" in answer ? answer.pcm : yield* failedToSpeak("error" in answer ? answer.error : answer)
        }),
        fit: Effect.fnUntraced(function* (recording) {
          const answer = yield* carryOut({ fit: recording })
          if ("fitted" in answer) return answer.fitted
          if ("refusal" in answer) return yield* new SampleUnusable(answer.refusal)
          return yield* failedToSpeak("error" in answer ? answer.error : answer)
        }),
      })
    }),
  )
