import { assert, describe, it } from "@effect/vitest"
import * as WavFile from "../src/WavFile.ts"

describe("WavFile.tone", () => {
  it("is laid down as a result of the API", () => {
    const file = WavFile.tone({ seconds: 0.5, frequency: 441 })
    const view = new DataView(file.buffer)
    const name = (offset: number) => String.fromCharCode(...file.subarray(offset, offset + 4))
    assert.deepStrictEqual([name(0), name(8), name(12), name(36)], ["RIFF", "WAVE", "fmt ", "data"])
    assert.strictEqual(file.byteLength, 44 + 22_050)
    assert.strictEqual(view.getUint32(4, true), file.byteLength - 8)
    assert.deepStrictEqual(
      [view.getUint16(20, true), view.getUint16(22, true), view.getUint32(24, true), view.getUint16(34, true)],
      [1, 1, 22_050, 16],
    )
    assert.deepStrictEqual([view.getUint32(28, true), view.getUint16(32, true)], [44_100, 2])
    assert.strictEqual(view.getUint32(40, true), 22_050)
    // 441 Hz at 22,050 Hz: one period is 50 samples
    const samples = new Int16Array(file.buffer, 44)
    let crossings = 0
    for (let i = 1; i < samples.length; i++) if (samples[i - 1]! < 0 && samples[i]! >= 0) crossings++
    assert.approximately(crossings, 220, 1)
  })
})
