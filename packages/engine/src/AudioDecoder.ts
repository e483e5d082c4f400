/**
 * Decodes voice samples, whatever container they come in, to what a voice is measured from.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { decode } from "./internal/decode/decode.ts"
import { DecoderMissing, type LoadModule } from "./internal/decode/modules.ts"
import { Refusal } from "./internal/refusal.ts"
import type { Recording } from "./Recording.ts"
import * as SampleFormat from "./SampleFormat.ts"
import { EngineUnavailable, SampleUnusable } from "./SynthesisError.ts"

/**
 * The decoder's service.
 *
 * @example
 * ```ts
 * const recording = AudioDecoder.use((decoder) => decoder.decode(sample)).pipe(Effect.provide(AudioDecoderNode.layer()))
 * ```
 */
export class AudioDecoder extends Context.Service<
  AudioDecoder,
  {
    /** Says what the sample is by its first bytes, or why it cannot be decoded here. Cheap: for the time of an upload. */
    readonly inspect: <E = never>(
      sample: Uint8Array | SampleFormat.SampleSource<E>,
    ) => Effect.Effect<SampleFormat.SampleFormat, SampleUnusable | E>
    /**
     * The first two minutes as one channel, at 22,050 Hz or at the sample's own rate where that is lower. Channels are
     * averaged; where they cancel each other out, the loudest stands for all.
     */
    readonly decode: (sample: Uint8Array) => Effect.Effect<Recording, SampleUnusable | EngineUnavailable>
  }
>()("voiceclone/engine/AudioDecoder") {}

/** The typed error for what a decoder threw: what it did not foresee is damage too. */
export const refused = (error: unknown): SampleUnusable =>
  error instanceof Refusal
    ? new SampleUnusable({ reason: error.reason, detail: error.message })
    : new SampleUnusable({ reason: "damaged", detail: "The sample is damaged: its audio does not decode." })

/** The typed error for a decoder that is not installed. */
export const missing = (detail: string): EngineUnavailable => new EngineUnavailable({ retryable: false, detail })

/** The door for m4a and mp4 where nothing can decode them. */
export const needsFfmpeg = new SampleUnusable({
  reason: "unsupported",
  detail:
    "The sample is an m4a or mp4 file, which is read only where ffmpeg is installed; send wav, mp3, ogg, flac or webm.",
})

/** Refuses MP4 files unless something is there that reads them. */
export const inspect = Effect.fnUntraced(function* <E = never>(
  sample: Uint8Array | SampleFormat.SampleSource<E>,
  canReadMp4: boolean,
): Effect.fn.Return<SampleFormat.SampleFormat, SampleUnusable | E> {
  const format = yield* SampleFormat.inspect(sample)
  return format.container === "mp4" && !canReadMp4 ? yield* needsFfmpeg : format
})

/**
 * Decodes in the calling thread, which stands still meanwhile: for a page's worker, a script, a test. Nothing bounds
 * its time; servers use `AudioDecoderNode.layer`. It reads no m4a or mp4.
 *
 * The modules of minimp3-wasm and ogv are given to it compiled, because only a bundler knows where it puts them.
 */
export const layer = (load: LoadModule): Layer.Layer<AudioDecoder> =>
  Layer.succeed(
    AudioDecoder,
    AudioDecoder.of({
      inspect: (sample) => inspect(sample, false),
      decode: Effect.fnUntraced(function* (sample) {
        const { container } = yield* inspect(sample, false)
        return yield* Effect.tryPromise({
          try: () => decode(sample, container, load),
          catch: (error) => (error instanceof DecoderMissing ? missing(error.message) : refused(error)),
        })
      }),
    }),
  )
