import { assert, describe, it } from "@effect/vitest"
import * as Level from "../src/Level.ts"

const floats = (pcm: Int16Array) => Float32Array.from(pcm, (sample) => sample / 32_767)

describe("Level", () => {
  it("brings quiet and loud signals to the same level", () => {
    for (const amplitude of [0.001, 0.05, 0.9]) {
      const signal = Float32Array.from({ length: 8_000 }, (_, i) => amplitude * Math.sin(i / 7))
      assert.approximately(Level.rms(floats(Level.finish(signal))), Level.target, 0.01)
    }
  })

  it("bends peaks instead of cutting them", () => {
    const clicks = Float32Array.from({ length: 8_000 }, (_, i) => (i % 800 === 0 ? 1 : i % 800 === 1 ? 0.8 : 0))
    const pcm = Level.finish(clicks)
    assert.isBelow(Math.max(...pcm), 32_767)
    assert.isAbove(pcm[0]!, pcm[1]!)
    assert.isAbove(pcm[1]!, 0.7 * 32_767)
  })

  it("cuts padding down to a margin and leaves silence empty", () => {
    const padded = new Float32Array(16_000)
    for (let i = 4_800; i < 8_000; i++) padded[i] = Math.sin(i / 7)
    assert.strictEqual(Level.trim(padded, 16_000).length, 3_200 + 2 * 320)
    assert.strictEqual(Level.trim(new Float32Array(16_000), 16_000).length, 0)
  })
})
