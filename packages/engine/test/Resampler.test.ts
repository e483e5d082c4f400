import { assert, describe, it } from "@effect/vitest"
import { resample } from "../src/Resampler.ts"

const tone = (frequency: number, rate: number, length: number) =>
  Float32Array.from({ length }, (_, i) => 0.5 * Math.sin((2 * Math.PI * frequency * i) / rate))

/** What remains, in dB under the tone, when the ideal tone is taken away; the ends, where the signal starts, aside. */
const residual = (frequency: number, from: number, to: number) => {
  const output = resample(tone(frequency, from, from), { from, to })
  const ideal = tone(frequency, to, to)
  let error = 0
  let energy = 0
  for (let i = 1_000; i < to - 1_000; i++) {
    error += (output[i]! - ideal[i]!) ** 2
    energy += ideal[i]! ** 2
  }
  return 10 * Math.log10(error / energy)
}

describe("Resampler", () => {
  it.each([100, 440, 1_000, 3_000, 5_000, 6_500, 6_900])("keeps a tone of %i Hz clean", (frequency) => {
    assert.isBelow(residual(frequency, 16_000, 22_050), -79)
    assert.isBelow(residual(frequency, 16_000 * 0.88, 22_050), frequency < 6_000 ? -79 : 0)
  })

  it("keeps what the lower rate can hold and drops the rest", () => {
    assert.isBelow(residual(3_000, 22_050, 16_000), -79)
    const aliased = resample(tone(9_500, 22_050, 22_050), { from: 22_050, to: 16_000 }).subarray(1_000, 15_000)
    assert.isBelow(Math.max(...aliased.map(Math.abs)), 1e-4)
  })

  it("keeps the length and the first sample in place", () => {
    const output = resample(new Float32Array(320).fill(0.25), { from: 16_000, to: 22_050 })
    assert.strictEqual(output.length, 441)
    assert.strictEqual(resample(new Float32Array(0), { from: 16_000, to: 22_050 }).length, 0)
    assert.approximately(output[220]!, 0.25, 1e-4)
  })
})
