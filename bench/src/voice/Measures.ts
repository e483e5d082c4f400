/** How near one voice is to another. */
import * as PitchTracker from "@voiceclone/engine/PitchTracker"
import type { Recording } from "@voiceclone/engine/Recording"
import { resample } from "@voiceclone/engine/Resampler"
import * as Spectrum from "@voiceclone/engine/Spectrum"
import * as VocalTract from "@voiceclone/engine/VocalTract"
import * as VoiceProfile from "@voiceclone/engine/VoiceProfile"

/** What is compared. */
export interface Voice {
  readonly profile: VoiceProfile.VoiceProfile
  readonly spectra: Spectrum.Spectra
  readonly voiced: ReadonlyArray<number>
  /** Its sounds, without the colour of the voice: 32 Gaussians. */
  readonly sounds: VocalTract.SoundModel
  /** Seconds of speech without pauses. */
  readonly seconds: number
}

const analyse = ({ sampleRate, samples }: Recording) => {
  const signal = resample(samples.subarray(0, 60 * sampleRate), { from: sampleRate, to: Spectrum.analysisRate })
  const spectra = Spectrum.spectra(signal)
  const frames = Spectrum.speechFrames(spectra)
  const voiced = VoiceProfile.voicedFrames(PitchTracker.track(signal), frames)
  return { spectra, frames, voiced: voiced.length > 50 ? voiced : frames }
}

export const measure = (recording: Recording): Voice => {
  const { frames, spectra, voiced } = analyse(recording)
  const profile = VoiceProfile.measure(recording)
  return {
    profile,
    spectra,
    voiced,
    sounds: VocalTract.model(spectra, voiced, 32),
    seconds: frames.length * Spectrum.hop,
  }
}

/** In semitones; undefined for a whisper. */
export const pitchError = (a: Voice, b: Voice): number | undefined =>
  a.profile.pitch === undefined || b.profile.pitch === undefined
    ? undefined
    : Math.abs(12 * Math.log2(a.profile.pitch.median / b.profile.pitch.median))

/** Root mean square over the mel bands that both have, in dB. */
export const ltasDistance = (a: Voice, b: Voice): number => {
  const limit = Math.min(a.profile.bandLimit, b.profile.bandLimit)
  const bands = Spectrum.ltasBank.centres.filter((centre) => centre <= limit).length
  let sum = 0
  for (let band = 0; band < bands; band++) sum += (a.profile.ltas[band]! - b.profile.ltas[band]!) ** 2
  return Math.sqrt(sum / bands)
}

/**
 * How much longer one vocal tract is than the other, as a share: the scale of each voice's formants under a model of the
 * other. The engine's own models have no part in it.
 */
export const tractError = (a: Voice, b: Voice): number => {
  const range = Math.min(a.profile.bandLimit, b.profile.bandLimit) < 5_000 ? "narrow" : "wide"
  const there = VocalTract.formantScales({ b: b.sounds }, a.spectra, a.voiced, range).b
  const back = VocalTract.formantScales({ a: a.sounds }, b.spectra, b.voiced, range).a
  return Math.abs(Math.sqrt(there / back) - 1)
}

/**
 * By traits: pitch, colour, vocal tract and pace, each in units of a difference that is plainly heard (1 semitone, 2 dB,
 * 4 %, 15 %).
 */
export const traitDistance = (a: Voice, b: Voice): number =>
  Math.hypot(
    pitchError(a, b) ?? 0,
    ltasDistance(a, b) / 2,
    tractError(a, b) / 0.04,
    Math.log(a.profile.syllableRate / b.profile.syllableRate) / 0.15,
  )
