import { assert, describe, it } from "@effect/vitest"
import * as PitchTracker from "../src/PitchTracker.ts"
import { resample } from "../src/Resampler.ts"
import type { Voice } from "../src/Speaker.ts"
import * as Spectrum from "../src/Spectrum.ts"
import * as VocalTract from "../src/VocalTract.ts"
import * as VoiceProfile from "../src/VoiceProfile.ts"
import { recordingOf } from "./voices.ts"

describe("VocalTract", () => {
  it.each<Voice & { readonly name: "slt" | "awb" | "kal16"; readonly formantScale: number }>([
    { name: "slt", formantScale: 1 },
    { name: "slt", formantScale: 1.18, pitch: 237 },
    { name: "slt", formantScale: 0.85 },
    { name: "awb", formantScale: 1.1 },
    { name: "kal16", formantScale: 0.88, pitch: 91 },
  ])("finds the scale that a voice was warped by: %o", async (voice) => {
    const { sampleRate, samples } = await recordingOf(voice)
    const signal = resample(samples, { from: sampleRate, to: Spectrum.analysisRate })
    const spectra = Spectrum.spectra(signal)
    const frames = VoiceProfile.voicedFrames(PitchTracker.track(signal), Spectrum.speechFrames(spectra))
    for (const range of ["wide", "narrow"] as const) {
      const found = VocalTract.formantScales(VocalTract.baseModels(), spectra, frames, range)[voice.name]
      assert.approximately(found / voice.formantScale, 1, range === "wide" ? 0.03 : 0.06, range)
    }
  })
})
