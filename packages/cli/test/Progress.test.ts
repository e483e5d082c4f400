import { assert, describe, it } from "vitest"
import * as Progress from "../src/Progress.ts"

describe("Progress", () => {
  it("tells the amount at once, the rate of the last seconds, and the time that is left", () => {
    let now = 0
    const told = Progress.make(() => now)
    assert.strictEqual(told(0, 10_000_000), "0 B of 10.0 MB, 0 %")
    now = 1_000
    assert.strictEqual(told(1_000_000, 10_000_000), "1.0 MB of 10.0 MB, 10 %, 1.0 MB/s, 9.0 s left")
    for (now = 2_000; now <= 10_000; now += 1_000) told(1_000_000, 10_000_000)
    assert.strictEqual(told(1_000_000, 10_000_000), "1.0 MB of 10.0 MB, 10 %")
    now = 12_000
    assert.strictEqual(told(10_000_000, 10_000_000), "10.0 MB of 10.0 MB, 100 %, 1.8 MB/s")
  })

  it("begins anew when the amount does, and knows no end where no one tells it", () => {
    let now = 0
    const told = Progress.make(() => now)
    told(5_000, undefined)
    now = 1_000
    assert.strictEqual(told(15_000, undefined), "15.0 kB, 10.0 kB/s")
    now = 2_000
    assert.strictEqual(told(1_000, undefined), "1.0 kB")
  })
})
