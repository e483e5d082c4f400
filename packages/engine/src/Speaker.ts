/**
 * Speaks single sentences. It is the part of an engine that is worth moving to another thread: everything that burns
 * CPU lies behind it, and one call is one short, independent piece of work.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { EngineUnavailable } from "./SynthesisError.ts"

/** One sentence and how to say it. */
export interface Utterance {
  /** ASCII, at most a few hundred characters. */
  readonly text: string
  readonly voice: Voice
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
}

/** The speaker's service. */
export class Speaker extends Context.Service<
  Speaker,
  {
    /** Speech without padding: 22,050 Hz mono, at the engine's level. Interruption takes effect at once. */
    readonly say: (utterance: Utterance) => Effect.Effect<Int16Array, EngineUnavailable>
  }
>()("voiceclone/engine/Speaker") {}
