/**
 * Voice cloning by a neural model on this machine, with sherpa-onnx: ZipVoice and PocketTTS. The model is the user's, and
 * so is the native addon: `npm install sherpa-onnx-node`.
 *
 * @example
 * ```ts
 * import * as SherpaEngine from "@voiceclone/engine/SherpaEngine"
 *
 * const engine = SherpaEngine.layer({ directory: "models/sherpa-onnx-pocket-tts-int8-2026-01-26" }).pipe(
 *   Layer.provide(AudioDecoderNode.layer()),
 * )
 * ```
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { availableParallelism } from "node:os"
import { AudioDecoder } from "./AudioDecoder.ts"
import { finishSpeech } from "./internal/finishSpeech.ts"
import * as Passages from "./internal/passages.ts"
import { reference } from "./internal/reference.ts"
import * as VoiceProcess from "./internal/voiceProcess.ts"
import { checkModel, problemOf } from "./SherpaModel.ts"
import { utteranceLimit } from "./Speakable.ts"
import { EngineUnavailable, SampleUnusable, type SynthesisError, TextUnspeakable } from "./SynthesisError.ts"
import { type SpeechRequest, Synthesizer } from "./Synthesizer.ts"

/** Which model, and how it is run. */
export interface Options {
  /** Where the model lies; `SherpaModel.checkModel` says what belongs there. */
  readonly directory: string
  /** Threads that compute. Default: all processors but one, at most 4. */
  readonly threads?: number | undefined
  /** Steps of the flow: more sound better and take longer. Default: the model's own. */
  readonly steps?: number | undefined
  /** How much of a sample is listened to, in seconds; all of it where its transcript is known. Default: 10. */
  readonly referenceSeconds?: number | undefined
  /** How long the process may work without a sign of progress before it is ended. Default: 2 minutes. */
  readonly patience?: Duration.Input | undefined
  /** Replaces the process's program: for a bundle that moved the file, and for tests that need one to fail. */
  readonly program?: URL | undefined
}

/** Short sentences are spoken together: the models falter over single words. */
const cut: Passages.Cut = { split: "text", limit: utteranceLimit }

const summaries = {
  zipvoice: "ZipVoice on this machine imitates the sample; it needs to be told what is said in it.",
  pocket: "PocketTTS on this machine imitates the sample; it speaks English.",
} as const

/** The engine. Fails at once where the directory holds no whole model; the model is loaded by `ready`, or when used. */
export const layer = (options: Options): Layer.Layer<Synthesizer, EngineUnavailable, AudioDecoder> =>
  Layer.effect(
    Synthesizer,
    Effect.gen(function* () {
      const decoder = yield* AudioDecoder
      const model = yield* checkModel(options.directory)
      const problem = problemOf(model)
      if (problem !== undefined) return yield* new EngineUnavailable({ retryable: false, detail: problem })
      const numThreads = options.threads ?? Math.min(4, Math.max(1, availableParallelism() - 1))
      const voice = yield* VoiceProcess.make({
        config: { model: { [model.kind]: model.files, numThreads, provider: "cpu" } },
        patience: options.patience ?? "2 minutes",
        program: options.program,
      })

      const start = Effect.fnUntraced(function* (request: SpeechRequest) {
        yield* Passages.inspect(request.text)
        if (model.needsTranscript && (request.transcript ?? "").trim() === "") {
          return yield* new SampleUnusable({
            reason: "no transcript",
            detail: "The voice model has to be told what is said in the sample, and no transcript came with it.",
          })
        }
        const recording = yield* reference(decoder, request, options.referenceSeconds ?? 10)
        const { transcript } = request
        return Stream.fromIterable(Passages.passages(request.text, cut)).pipe(
          Stream.rechunk(1),
          Stream.mapEffect(
            Effect.fnUntraced(function* ({
              pause,
              progress,
              text,
            }): Effect.fn.Return<{ readonly pcm: Int16Array<ArrayBuffer>; readonly progress: number }, SynthesisError> {
              const speech = yield* voice.say({ text, reference: recording, transcript, steps: options.steps })
              if (speech.samples.length > 0) return { pcm: yield* finishSpeech(speech, pause), progress }
              return yield* new TextUnspeakable({
                reason: "refused",
                supported: model.languages.join(", "),
                detail: `The voice model finds nothing to say in “${text.slice(0, 40)}”.`,
              })
            }),
          ),
        )
      })

      return Synthesizer.of({
        description: {
          name: model.kind,
          version: model.name,
          languages: model.languages,
          kind: "neural",
          summary: summaries[model.kind],
        },
        ready: voice.ready,
        inspect: decoder.inspect,
        inspectText: Passages.inspect,
        synthesize: (request) => Stream.unwrap(start(request)).pipe(Stream.withSpan("Synthesizer.synthesize")),
      })
    }),
  )
