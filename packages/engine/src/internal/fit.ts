/** Measures the voice of a recording and fits a synthetic one to it. It runs in the worker. */
import type { Recording } from "../Recording.ts"
import type { FittedVoice } from "../Speaker.ts"
import { hear, profileOf } from "../VoiceProfile.ts"
import { match } from "./match.ts"

/** Throws a `Refusal` of the sample, or what `match` throws. */
export const fit = (flite: WebAssembly.Module, recording: Recording): FittedVoice => {
  const heard = hear(recording)
  const profile = profileOf(heard)
  return { voice: match(flite, profile, heard), warnings: profile.warnings }
}
