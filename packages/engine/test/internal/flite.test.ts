import { assert, it } from "@effect/vitest"
import { runFlite } from "../../src/internal/flite.ts"
import { flite } from "../voices.ts"

it.each(["slt", "awb", "kal16", "rms"] as const)("stretches %s relative to its own pace", async (name) => {
  const module = await flite()
  const text = "A dog ran."
  assert.deepStrictEqual(
    runFlite(module, { text, voice: { name, stretch: 1 } }),
    runFlite(module, { text, voice: { name } }),
  )
})
