import { assert, describe, it } from "@effect/vitest"
import * as Mixture from "../src/internal/mixture.ts"
import type { Recording } from "../src/Recording.ts"
import * as SpectralDifferential from "../src/SpectralDifferential.ts"
import * as Spectrum from "../src/Spectrum.ts"
import { recordingOf } from "./voices.ts"

const bands = Spectrum.ltasBank.centres.length

/** Two kinds of sounds that take turns, and how loud the formant of each is: 900 Hz for the one, 2400 Hz for the other. */
const turns = (low: number, high: number): Recording => {
  const rate = 22_050
  let seed = 1
  const noise = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647 - 0.5
  const samples = Float32Array.from({ length: 6 * rate }, (_, i) => {
    const isLow = Math.floor(i / (0.2 * rate)) % 2 === 0
    const [frequency, gain] = isLow ? [900, low] : [2_400, high]
    return 0.1 * noise() + 0.2 * gain * Math.sin((2 * Math.PI * frequency * i) / rate)
  })
  return { samples, sampleRate: rate }
}

/** The mean level of a band in dB while the one kind is heard, or the other. */
const levelsOf = ({ samples, sampleRate }: Recording, frequency: number) => {
  const { frames, spectra } = SpectralDifferential.sounds(samples, sampleRate)
  const band = Spectrum.ltasBank.centres.findIndex((centre) => centre > frequency)
  const powers = new Float64Array(bands)
  const sums = [0, 0]
  const counts = [0, 0]
  for (const frame of frames) {
    const time = (frame * Spectrum.hop) % 0.2
    if (time < 0.06 || time > 0.14) continue
    Spectrum.bandPowers(Spectrum.ltasBank, spectra.power, frame, powers)
    const kind = Math.floor((frame * Spectrum.hop) / 0.2) % 2
    sums[kind]! += 10 * Math.log10(powers[band]!)
    counts[kind]!++
  }
  return sums.map((sum, kind) => sum / counts[kind]!)
}

describe("SpectralDifferential", () => {
  it("changes each kind of sound as it differs from the sample's", () => {
    const [voice, sample] = [turns(1, 1), turns(1, 0.4)]
    const soundsOf = ({ sampleRate, samples }: Recording) => SpectralDifferential.sounds(samples, sampleRate)
    const differential = SpectralDifferential.learn(soundsOf(voice), soundsOf(sample), 7_800)
    const samples = SpectralDifferential.apply(voice.samples, voice.sampleRate, differential)
    const contrast = (recording: Recording) => {
      // How far the formant of the one kind stands above the noise that both have.
      const [formant, noise] = [levelsOf(recording, 2_400)[1]!, levelsOf(recording, 1_500)[1]!]
      return formant - noise
    }
    const wanted = contrast(sample)
    const before = Math.abs(contrast(voice) - wanted)
    assert.isAbove(before, 5)
    assert.isBelow(Math.abs(contrast({ samples, sampleRate: voice.sampleRate }) - wanted), 0.75 * before)
  })

  it("leaves speech as it is where nothing differs, and above what the sample holds", async () => {
    const { sampleRate, samples } = await recordingOf({ name: "slt" }, ["The birch canoe slid on the smooth planks."])
    const sounds = SpectralDifferential.sounds(samples, sampleRate)
    const same = SpectralDifferential.learn(sounds, sounds, 7_800)
    const output = SpectralDifferential.apply(samples, sampleRate, same)
    assert.strictEqual(output.length, samples.length)
    const energyOf = (signal: Float32Array) => signal.reduce((sum, value) => sum + value * value, 0)
    const residual = output.map((value, i) => value - samples[i]!)
    assert.isBelow(10 * Math.log10(energyOf(residual) / energyOf(samples)), -25)

    const awb = await recordingOf({ name: "awb" })
    const other = SpectralDifferential.sounds(awb.samples, awb.sampleRate)
    const { gains } = SpectralDifferential.learn(sounds, other, 3_400)
    for (const [i, gain] of gains.entries()) {
      if (Spectrum.ltasBank.centres[i % bands]! > 3_400) assert.strictEqual(gain, 0)
    }
    assert.isAbove(Math.max(...gains), 1)
  })

  it("learns little from what else the same voice says", async () => {
    const soundsOf = async (texts?: ReadonlyArray<string>) => {
      const { sampleRate, samples } = await recordingOf({ name: "slt" }, texts)
      return SpectralDifferential.sounds(samples, sampleRate)
    }
    const others = [
      "The weather will be cold and wet in the north this evening.",
      "We went to the market and bought some fresh bread and apples.",
      "Their youngest daughter wants to become a lawyer.",
      "Please turn down the television and go to bed.",
    ]
    const { classes, gains } = SpectralDifferential.learn(await soundsOf(), await soundsOf(others), 7_800)
    const weighted = gains.map((gain, i) => Math.exp(classes.logWeights[Math.floor(i / bands)]! / 2) * gain)
    assert.isBelow(Math.hypot(...weighted) / Math.sqrt(bands), 3)
  })
})

describe("mixture", () => {
  it("adapts means towards rows as far as it has heard them", () => {
    const mixture = {
      dimensions: 1,
      logWeights: new Float32Array([Math.log(0.5), Math.log(0.5)]),
      means: new Float32Array([-5, 5]),
      variances: new Float32Array([1, 1]),
    }
    const rows = new Float32Array(16).fill(6)
    assert.deepStrictEqual([...Mixture.adapt(mixture, mixture, rows, 16).means], [-5, 5.5])
    const shares = Mixture.shares(mixture, new Float32Array([0, 5]))
    assert.approximately(shares[0]!, 0.5, 1e-6)
    assert.approximately(shares[3]!, 1, 1e-6)
  })
})
