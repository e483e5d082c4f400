import { assert, describe, it } from "@effect/vitest"
import { transform } from "../../src/internal/fft.ts"

/** Straight from the definition. */
const bin = (real: Float64Array, imaginary: Float64Array, k: number) => {
  let [re, im] = [0, 0]
  for (const [n, value] of real.entries()) {
    const angle = (-2 * Math.PI * k * n) / real.length
    re += value * Math.cos(angle) - imaginary[n]! * Math.sin(angle)
    im += value * Math.sin(angle) + imaginary[n]! * Math.cos(angle)
  }
  return [re, im] as const
}

describe("fft", () => {
  it.each([1, 2, 4, 8, 32, 64, 512])("is what the definition says of %i points, and turns back", (size) => {
    const [re, im] = [17, 5].map((seed) => Float64Array.from({ length: size }, (_, i) => Math.sin(seed * (i + 1) ** 2)))
    const [real, imaginary] = [re!.slice(), im!.slice()]
    transform(real, imaginary)
    for (let k = 0; k < size; k++) {
      const [wantedRe, wantedIm] = bin(re!, im!, k)
      assert.approximately(real[k]!, wantedRe, 1e-10)
      assert.approximately(imaginary[k]!, wantedIm, 1e-10)
    }
    transform(imaginary, real)
    for (let i = 0; i < size; i++) {
      assert.approximately(real[i]! / size, re![i]!, 1e-13)
      assert.approximately(imaginary[i]! / size, im![i]!, 1e-13)
    }
  })

  it("refuses other sizes", () => {
    assert.throws(() => transform(new Float64Array(6), new Float64Array(6)), RangeError)
  })
})
