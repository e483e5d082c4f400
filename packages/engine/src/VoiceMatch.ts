/**
 * The embedded default: one of Flite's synthetic voices, fitted to the pitch, the formants, the spectral colour and the
 * pace of the sample. It is not a clone, and its description says so.
 *
 * What is measured of a voice is biometric data. It stays in memory, for at most {@link voicesKept} voices and
 * {@link retention}, so that many tasks with one sample measure it once; it is never written down.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { AudioDecoder } from "./AudioDecoder.ts"
import { cacheSuccess } from "./Flite.ts"
import type { Recording } from "./Recording.ts"
import * as Speakable from "./Speakable.ts"
import { type FittedVoice, Speaker } from "./Speaker.ts"
import type { EngineUnavailable, SampleUnusable } from "./SynthesisError.ts"
import { type EngineDescription, type SpeechRequest, Synthesizer } from "./Synthesizer.ts"
import type { VoiceWarning } from "./VoiceProfile.ts"

/** What this engine is. */
export const description: EngineDescription = {
  name: "voice-match",
  version: "1 (Flite 2.3)",
  languages: ["en-US"],
  kind: "voice-match",
  summary:
    "A synthetic English voice fitted to the sample's pitch, formants, spectral colour and pace: not a clone, for accent, articulation and melody stay its own.",
}

/** How many fitted voices are kept in memory. */
export const voicesKept = 16

/** How long a fitted voice is kept in memory. */
export const retention = "10 minutes"

const meanings: Readonly<Record<VoiceWarning, string>> = {
  short: "holds less than 3 seconds of speech, which makes the match rough; 10 seconds are best",
  whispered: "has no pitch to be found, so that the synthetic voice keeps its own",
  clipped: "is clipped, which colours the match",
  noisy: "is noisy, which colours the match",
  "band limited": "holds no high frequencies, so that those of the match are a guess",
}

const isRecording = (sample: Uint8Array | Recording): sample is Recording => "samples" in sample

/** The SHA-256 of what the sample holds. */
const digestOf = async (sample: Uint8Array | Recording): Promise<string> => {
  const view = isRecording(sample) ? sample.samples : sample
  const bytes = new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength)
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))
  const hexadecimal = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")
  return isRecording(sample) ? `${hexadecimal} at ${sample.sampleRate}` : hexadecimal
}

/** Fits voices to samples, and remembers the last few for a while. */
const makeFitter = Effect.gen(function* () {
  const speaker = yield* Speaker
  const decoder = yield* AudioDecoder
  const scope = yield* Effect.scope
  const known = new Map<string, FittedVoice>()

  const fit = Effect.fnUntraced(function* (
    sample: Uint8Array | Recording,
  ): Effect.fn.Return<FittedVoice, SampleUnusable | EngineUnavailable> {
    const fitted = yield* speaker.fit(isRecording(sample) ? sample : yield* decoder.decode(sample))
    for (const warning of fitted.warnings) yield* Effect.logWarning(`The sample ${meanings[warning]}`)
    return fitted
  })

  return Effect.fn("VoiceMatch.fit")(function* (
    sample: Uint8Array | Recording,
  ): Effect.fn.Return<FittedVoice, SampleUnusable | EngineUnavailable> {
    const digest = yield* Effect.promise(() => digestOf(sample))
    const before = known.get(digest)
    if (before !== undefined) return before
    const fitted = yield* fit(sample)
    known.set(digest, fitted)
    const [oldest] = known.keys()
    if (known.size > voicesKept && oldest !== undefined) known.delete(oldest)
    const forget = () => {
      if (known.get(digest) === fitted) known.delete(digest)
    }
    yield* Effect.sync(forget).pipe(Effect.delay(retention), Effect.forkIn(scope))
    return fitted
  })
})

/** The engine over any {@link Speaker}. */
export const layer: Layer.Layer<Synthesizer, never, Speaker | AudioDecoder> = Layer.effect(
  Synthesizer,
  Effect.gen(function* () {
    const speaker = yield* Speaker
    const decoder = yield* AudioDecoder
    const fit = yield* makeFitter

    const start = Effect.fnUntraced(function* ({ sample, text }: SpeechRequest) {
      const utterances = yield* Speakable.fromText(text)
      const { voice } = yield* fit(sample)
      const speak = Effect.fnUntraced(function* ({ pause, progress, text }: Speakable.SpeakableUtterance) {
        return { pcm: yield* speaker.say({ text, voice, pause }), progress }
      })
      return Stream.fromIterable(utterances).pipe(Stream.rechunk(1), Stream.mapEffect(speak))
    })

    return Synthesizer.of({
      description,
      ready: yield* cacheSuccess(Effect.asVoid(speaker.say({ text: "Ready.", voice: { name: "slt" } }))),
      inspect: decoder.inspect,
      inspectText: Speakable.inspect,
      synthesize: (request) => Stream.unwrap(start(request)).pipe(Stream.withSpan("Synthesizer.synthesize")),
    })
  }),
)
