/**
 * Decodes samples in a thread of their own each, which ends with its work: a hostile file costs a bounded time and
 * memory, and nothing else. Where ffmpeg is installed, m4a and mp4 are read too.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import { Worker } from "node:worker_threads"
import * as InProcess from "./AudioDecoder.ts"
import { AudioDecoder, inspect, missing, refused } from "./AudioDecoder.ts"
import { loadInstalled } from "./internal/decode/installed.ts"
import { checkMp4 } from "./internal/decode/mp4.ts"
import type { Answer, Assignment } from "./internal/decodeWorker.ts"
import * as ffmpeg from "./internal/ffmpeg.ts"
import type { Recording } from "./Recording.ts"
import { EngineUnavailable, SampleUnusable } from "./SynthesisError.ts"

/** Two minutes of anything decode in a few seconds. */
const patience = "20 seconds"

/**
 * For the thread's own heap. Audio and WebAssembly lie outside of it and are bounded by what decoders allow: 250 MB of
 * input, 46 MB of decoded samples at a time, the sizes that headers may declare.
 */
const resourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 }

/** Sources run as they are where the runtime strips types; a build has the same files as .js. */
const entry = new URL(
  import.meta.url.endsWith(".ts") ? "./internal/decodeWorker.ts" : "./internal/decodeWorker.js",
  import.meta.url,
)

/** How samples are decoded. */
export interface Options {
  /** The ffmpeg to use for m4a and mp4: a command or a path, by default `ffmpeg`; `false` for none. */
  readonly ffmpeg?: string | false | undefined
  /** Replaces {@link spawn}: for a bundle that moved the worker's file, and for tests that need a thread to fail. */
  readonly spawn?: ((assignment: Assignment) => Worker) | undefined
}

/** Starts the thread that decodes one sample. */
export const spawn = (assignment: Assignment): Worker => {
  // A copy to hand over, because the caller keeps the bytes. Not by slice: that of a Node buffer copies nothing.
  const bytes = new Uint8Array(assignment.bytes)
  return new Worker(entry, {
    workerData: { ...assignment, bytes },
    transferList: [bytes.buffer],
    name: "decoder",
    execArgv: [],
    // Decoders may print; nobody is to read it.
    stdout: true,
    stderr: true,
    resourceLimits,
  })
}

const tooDemanding = (what: string) =>
  new SampleUnusable({ reason: "too demanding", detail: `The sample takes too much ${what} to decode.` })

const run = (worker: Worker): Effect.Effect<Recording, SampleUnusable | EngineUnavailable> =>
  Effect.callback<Recording, SampleUnusable | EngineUnavailable>((resume) => {
    const crashed = (cause: unknown) =>
      Effect.fail(new EngineUnavailable({ retryable: true, detail: "The decoding thread ended early.", cause }))
    worker.on("message", (answer: Answer) => {
      if ("recording" in answer) resume(Effect.succeed(answer.recording))
      else if ("refusal" in answer) resume(Effect.fail(new SampleUnusable(answer.refusal)))
      else resume(Effect.fail("missing" in answer ? missing(answer.missing) : refused(answer.error)))
    })
    worker.on("error", (error: Error & { code?: string }) => {
      resume(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? Effect.fail(tooDemanding("memory")) : crashed(error))
    })
    worker.on("exit", (code) => resume(crashed(`code ${code}`)))
  }).pipe(
    Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.fail(tooDemanding("time")) }),
    Effect.ensuring(Effect.promise(() => worker.terminate())),
  )

/** The decoder for servers. One sample is decoded at a time, so that memory is bounded too. */
export const layer = (options: Options = {}): Layer.Layer<AudioDecoder> =>
  Layer.effect(
    AudioDecoder,
    Effect.gen(function* () {
      const turn = yield* Semaphore.make(1)
      const command = options.ffmpeg ?? "ffmpeg"
      const canReadMp4 = yield* Effect.cached(command === false ? Effect.succeed(false) : ffmpeg.isInstalled(command))
      const start = options.spawn ?? spawn

      const inThread = (assignment: Assignment) =>
        Effect.try({
          try: () => start(assignment),
          catch: (cause) =>
            new EngineUnavailable({ retryable: true, detail: "The decoding thread did not start.", cause }),
        }).pipe(Effect.flatMap(run))

      return AudioDecoder.of({
        inspect: (sample) => Effect.flatMap(canReadMp4, (can) => inspect(sample, can)),
        decode: Effect.fnUntraced(function* (sample) {
          const { container } = yield* inspect(sample, yield* canReadMp4)
          if (container !== "mp4" || command === false) return yield* inThread({ bytes: sample, container })
          yield* Effect.try({ try: () => checkMp4(sample), catch: refused })
          const bytes = yield* ffmpeg
            .toWav(command, sample)
            .pipe(Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.fail(tooDemanding("time")) }))
          return yield* inThread({ bytes, container: "wav" }).pipe(
            // nobody has sent a wav file
            Effect.mapError((error) =>
              error._tag === "SampleUnusable" && error.reason === "empty" ? ffmpeg.damaged() : error,
            ),
          )
        }, turn.withPermit),
      })
    }),
  )

/** Decodes in the calling thread, which stands still meanwhile, without limits or ffmpeg: for scripts and tests. */
export const layerInProcess: Layer.Layer<AudioDecoder> = InProcess.layer(loadInstalled)
