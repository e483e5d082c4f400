/**
 * Everything that can go wrong between a sample, a text and speech.
 *
 * The errors are schemas because they cross threads and are stored with failed jobs.
 */
import * as Schema from "effect/Schema"

/**
 * The uploaded bytes cannot serve as a voice sample. Repeating with the same bytes fails the same way.
 *
 * `detail` is one sentence for the person who uploaded them.
 */
export class SampleUnusable extends Schema.TaggedError<SampleUnusable>()("SampleUnusable", {
  reason: Schema.Literals([
    "empty",
    "not audio",
    "truncated",
    "contradictory",
    "damaged",
    "unsupported",
    "too demanding",
    "silent",
    "no speech",
    "no transcript",
  ]),
  detail: Schema.String,
}) {
  override get message(): string {
    return this.detail
  }
}

/**
 * The engine has no voice for this text. Repeating with the same text fails the same way.
 *
 * `supported` names what the engine can speak.
 */
export class TextUnspeakable extends Schema.TaggedError<TextUnspeakable>()("TextUnspeakable", {
  reason: Schema.Literals(["empty", "nothing to say", "unsupported script", "unsupported language", "refused"]),
  supported: Schema.String,
  detail: Schema.String,
}) {
  override get message(): string {
    return this.detail
  }
}

/**
 * The engine itself is missing, damaged or has crashed. The job is not at fault: where `retryable` is true a later
 * attempt may succeed; otherwise someone has to mend the installation as `detail` says.
 */
export class EngineUnavailable extends Schema.TaggedError<EngineUnavailable>()("EngineUnavailable", {
  retryable: Schema.Boolean,
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  override get message(): string {
    return this.detail
  }
}

/** Why `synthesize` failed. */
export const SynthesisError = Schema.Union([SampleUnusable, TextUnspeakable, EngineUnavailable])
export type SynthesisError = typeof SynthesisError.Type
