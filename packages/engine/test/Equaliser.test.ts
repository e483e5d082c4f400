import { assert, describe, it } from "@effect/vitest"
import * as Equaliser from "../src/Equaliser.ts"
import { ltasBank } from "../src/Spectrum.ts"

const rate = 22_050
const gains = ltasBank.centres.map((_, band) => 8 * Math.sin(band / 5) - (band > 30 ? 6 : 0))
const equaliser = { gains, isBounded: false }
const flat = { gains: gains.map(() => 0), isBounded: true }

const tone = (frequency: number, length = rate / 2) =>
  Float32Array.from({ length }, (_, i) => 0.3 * Math.sin((2 * Math.PI * frequency * i) / rate))

const gainOf = (frequency: number, equaliser: Equaliser.Equaliser) => {
  const [input, output] = [tone(frequency), Equaliser.equalise(tone(frequency), rate, equaliser)]
  const power = (signal: Float32Array) => signal.subarray(2_000, 9_000).reduce((sum, value) => sum + value * value, 0)
  return 10 * Math.log10(power(output) / power(input))
}

describe("Equaliser", () => {
  it("has the gains that were asked for, and says which it has", () => {
    for (const band of [6, 12, 18, 24, 30, 36]) {
      const centre = ltasBank.centres[band]!
      assert.approximately(gainOf(centre, equaliser), gains[band]!, 1)
      assert.approximately(gainOf(centre, equaliser), Equaliser.response(equaliser, rate, [centre])[0]!, 0.05)
    }
  })

  it("removes what lies above the bands where it is told to", () => {
    assert.approximately(gainOf(7_400, flat), 0, 0.1)
    assert.isBelow(gainOf(8_200, flat), -50)
    assert.approximately(gainOf(9_000, { ...flat, isBounded: false }), 0, 0.1)
  })

  it("delays nothing", () => {
    const click = new Float32Array(3_000)
    click[1_234] = 1
    const output = Equaliser.equalise(click, rate, { ...flat, isBounded: false })
    assert.strictEqual(output.length, click.length + 2 * Equaliser.tail)
    assert.approximately(output[1_234 + Equaliser.tail]!, 1, 1e-6)
  })

  it("filters in pieces as it filters the whole", () => {
    const whole = tone(440, 9_000)
    const expected = Equaliser.equalise(whole, rate, equaliser)
    const sum = new Float32Array(expected.length)
    for (const [from, to] of [
      [0, 1_700],
      [1_700, 6_001],
      [6_001, 9_000],
    ] as const) {
      Equaliser.equalise(whole.subarray(from, to), rate, equaliser).forEach((value, i) => (sum[from + i]! += value))
    }
    for (let i = 0; i < sum.length; i++) assert.approximately(sum[i]!, expected[i]!, 1e-5)
  })
})
