/**
 * Speaks single sentences, and fits voices to recordings. It is the part of an engine that is worth moving to another thread: everything that burns
 * CPU lies behind it, and one call is one short, independent piece of work.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Equaliser } from "./Equaliser.ts"
import type { Recording } from "./Recording.ts"
import type { SpectralDifferential } from "./SpectralDifferential.ts"
import type { EngineUnavailable, SampleUnusable } from "./SynthesisError.ts"
import type { VoiceWarning } from "./VoiceProfile.ts"

/** One sentence and how to say it. */
export interface Utterance {
  /** ASCII, at most a few hundred characters. */
  readonly text: string
  readonly voice: Voice
  /** Seconds of silence after it; none where absent. */
  readonly pause?: number
}

/** A voice built into the front end, and the traits of it that can be set. Absent traits stay the voice's own. */
export interface Voice {
  readonly name: "slt" | "awb" | "kal16" | "rms"
  /** Mean pitch in Hz. Has no effect on `rms`. */
  readonly pitch?: number
  /** Standard deviation of the pitch in Hz. Has no effect on `rms`. */
  readonly pitchDeviation?: number
  /** Duration of every sound relative to the voice's own: 2 is half as fast. */
  readonly stretch?: number
  /** Scale of formants and pitch together, by resampling: 0.88 sounds like a longer vocal tract. */
  readonly formantScale?: number
  /**
   * Median pitch of the finished speech in Hz, formant scale included. An utterance that misses it is spoken again at a
   * corrected `pitch`.
   */
  readonly medianPitch?: number
  /** The colour. Speech is then longer by `Equaliser.tail` at both ends. */
  readonly equaliser?: Equaliser
  /** The colour of each class of sounds, after the equaliser. */
  readonly differential?: SpectralDifferential
}

/** A voice that was fitted to a recording. */
export interface FittedVoice {
  readonly voice: Voice
  readonly warnings: ReadonlyArray<VoiceWarning>
}

/** The speaker's service. */
export class Speaker extends Context.Service<
  Speaker,
  {
    /**
     * Speech without padding: 22,050 Hz mono, at the engine's level. The buffer is the caller's, whole, to keep or to
     * release. Interruption takes effect at once.
     */
    readonly say: (utterance: Utterance) => Effect.Effect<Int16Array<ArrayBuffer>, EngineUnavailable>
    /** Finds the voice that comes nearest to the recorded one. Interruption takes effect at once. */
    readonly fit: (recording: Recording) => Effect.Effect<FittedVoice, SampleUnusable | EngineUnavailable>
  }
>()("voiceclone/engine/Speaker") {}
