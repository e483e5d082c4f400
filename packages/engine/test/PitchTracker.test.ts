import { assert, describe, it } from "@effect/vitest"
import { fliteRate, runFlite } from "../src/internal/flite.ts"
import * as PitchTracker from "../src/PitchTracker.ts"
import { analysisRate } from "../src/Spectrum.ts"
import { flite } from "./voices.ts"

/** A second of all harmonics of a pitch that may change, falling by 6 dB an octave. */
const harmonics = (pitchAt: (seconds: number) => number) => {
  let phase = 0
  return Float32Array.from({ length: analysisRate }, (_, i) => {
    const pitch = pitchAt(i / analysisRate)
    phase += (2 * Math.PI * pitch) / analysisRate
    let sum = 0
    for (let k = 1; k * pitch < 7_000; k++) sum += Math.sin(k * phase) / k
    return 0.1 * sum
  })
}

/** The same every time. */
const noise = (length: number) => {
  let state = 1
  return Float32Array.from({ length }, () => {
    state = (state * 16_807) % 2_147_483_647
    return 0.2 * (state / 2_147_483_647 - 0.5)
  })
}

describe("PitchTracker", () => {
  it.each([60, 82.4, 120, 233, 410, 550])("finds %d Hz to a thousandth", (pitch) => {
    const range = PitchTracker.range(PitchTracker.track(harmonics(() => pitch)))!
    assert.approximately(range.median / pitch, 1, 0.001)
    assert.isBelow(range.spread, 0.02)
  })

  it("follows a pitch that glides over an octave", () => {
    const f0 = PitchTracker.track(harmonics((seconds) => 110 * 2 ** seconds))
    for (const at of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      assert.approximately(12 * Math.log2(f0[Math.round(at / PitchTracker.hop)]! / (110 * 2 ** at)), 0, 0.1)
    }
  })

  it("finds a tone in noise at 10 dB, and nothing in noise alone or in silence", () => {
    const hiss = noise(analysisRate)
    const voice = harmonics(() => 150).map((value, i) => value + hiss[i]!)
    assert.approximately(PitchTracker.range(PitchTracker.track(voice))!.median, 150, 0.5)
    assert.isBelow(PitchTracker.range(PitchTracker.track(hiss))?.voiced ?? 0, 10)
    assert.isUndefined(PitchTracker.range(PitchTracker.track(new Float32Array(analysisRate))))
  })

  it.each([
    ["awb", 90],
    ["slt", 180],
    ["slt", 260],
  ] as const)("finds the pitch that %s is told to speak at, %d Hz", async (name, pitch) => {
    const text = "We were away a year ago, and all our men were well."
    const speech = runFlite(await flite(), { text, voice: { name, pitch, pitchDeviation: 0.1 } })
    assert.strictEqual(fliteRate, analysisRate)
    const { median, voiced } = PitchTracker.range(PitchTracker.track(speech))!
    assert.approximately(12 * Math.log2(median / pitch), 0, 0.3)
    assert.isAbove(voiced, 200)
  })
})
