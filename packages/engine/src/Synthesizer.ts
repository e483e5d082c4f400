/**
 * The port every voice engine implements: a sample and a text in, speech out.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Recording } from "./Recording.ts"
import type { SampleFormat, SampleSource } from "./SampleFormat.ts"
import type { EngineUnavailable, SampleUnusable, SynthesisError, TextUnspeakable } from "./SynthesisError.ts"

/** Samples per second of all speech that leaves an engine. It is mono, 16 bit. */
export const sampleRate = 22_050

/** What an engine is, in words that promise no more than it does. */
export interface EngineDescription {
  readonly name: string
  readonly version: string
  /** BCP 47 tags. */
  readonly languages: ReadonlyArray<string>
  /**
   * - `fixed`: always the same voice; the sample is checked and then ignored
   * - `voice-match`: a synthetic voice fitted to measured traits of the sample
   * - `neural`: a neural model imitates the sample
   */
  readonly kind: "fixed" | "voice-match" | "neural"
  /** One sentence for people. */
  readonly summary: string
}

/** What to say, and in whose voice. */
export interface SpeechRequest {
  /** The voice sample: a file's bytes, in any container that `inspect` accepts, or audio that is decoded already. */
  readonly sample: Uint8Array | Recording
  readonly text: string
  /** What is said in the sample, word for word, where that is known: neural engines imitate better with it. */
  readonly transcript?: string | undefined
}

/** A piece of finished speech. The pieces of one request joined together are the result. */
export interface SpeechChunk {
  /** 22,050 Hz, mono. Its memory is the receiver's own, whole: `BufferMemory.release` gives it back before V8 would. */
  readonly pcm: Int16Array<ArrayBuffer>
  /** Share of the text spoken once this piece is written: above 0, never falling, 1 at the last piece. */
  readonly progress: number
}

/**
 * A voice engine.
 *
 * @example
 * ```ts
 * const speech = Effect.gen(function*() {
 *   const synthesizer = yield* Synthesizer
 *   return yield* Stream.runCollect(synthesizer.synthesize({ sample, text: "Hello there." }))
 * }).pipe(Effect.provide(FliteNode.layer))
 * ```
 */
export class Synthesizer extends Context.Service<
  Synthesizer,
  {
    readonly description: EngineDescription
    /** Speaks a word to see that it can: for a check at boot and for health reports. Free after the first success. */
    readonly ready: Effect.Effect<void, EngineUnavailable>
    /** Says what the sample is, judged by its content alone, or why it cannot be used. */
    readonly inspect: <E = never>(
      sample: Uint8Array | SampleSource<E>,
    ) => Effect.Effect<SampleFormat, SampleUnusable | E>
    /** Whether the engine can speak the text: to be asked before anything is paid for. */
    readonly inspectText: (text: string) => Effect.Effect<void, TextUnspeakable>
    /**
     * Speaks the text piece by piece; memory does not grow with the text. The same request gives the same bytes,
     * unless the engine is neural.
     * Interrupting the stream stops the engine at once.
     */
    readonly synthesize: (request: SpeechRequest) => Stream.Stream<SpeechChunk, SynthesisError>
  }
>()("voiceclone/engine/Synthesizer") {}
