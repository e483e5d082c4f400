/**
 * One of Flite's synthetic voices, always the same: for tests and for trying things out. It checks the sample and does
 * not imitate it, and its description says so.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { AudioDecoder } from "./AudioDecoder.ts"
import { cacheSuccess } from "./Flite.ts"
import * as Speakable from "./Speakable.ts"
import { Speaker, type Voice } from "./Speaker.ts"
import { type EngineDescription, type SpeechRequest, Synthesizer } from "./Synthesizer.ts"

/** What this engine is. */
export const description: EngineDescription = {
  name: "fixed-voice",
  version: "1 (Flite 2.3)",
  languages: ["en-US"],
  kind: "fixed",
  summary: "Flite's synthetic voice slt, always the same: the sample is checked but not imitated.",
}

const voice: Voice = { name: "slt" }

/** The engine over any {@link Speaker}. */
export const layer: Layer.Layer<Synthesizer, never, Speaker | AudioDecoder> = Layer.effect(
  Synthesizer,
  Effect.gen(function* () {
    const speaker = yield* Speaker
    const decoder = yield* AudioDecoder

    const speak = Effect.fnUntraced(function* ({ pause, progress, text }: Speakable.SpeakableUtterance) {
      return { pcm: yield* speaker.say({ text, voice, pause }), progress }
    })

    const start = Effect.fnUntraced(function* ({ sample, text }: SpeechRequest) {
      const utterances = yield* Speakable.fromText(text)
      if (!("samples" in sample)) yield* decoder.inspect(sample)
      return Stream.fromIterable(utterances).pipe(Stream.rechunk(1), Stream.mapEffect(speak))
    })

    return Synthesizer.of({
      description,
      ready: yield* cacheSuccess(Effect.asVoid(speaker.say({ text: "Ready.", voice }))),
      inspect: decoder.inspect,
      inspectText: Speakable.inspect,
      synthesize: (request) => Stream.unwrap(start(request)).pipe(Stream.withSpan("Synthesizer.synthesize")),
    })
  }),
)
