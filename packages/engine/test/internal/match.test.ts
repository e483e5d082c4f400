import { assert, it } from "@effect/vitest"
import { fit } from "../../src/internal/fit.ts"
import { flite, recordingOf } from "../voices.ts"

it.each([
  { sample: 1.01, match: 1, within: 0 },
  { sample: 1.08, match: 1.08, within: 0.03 },
])(
  "moves no formants by what nobody hears, but by more: × $sample",
  { timeout: 60_000 },
  async ({ sample, match, within }) => {
    const { voice } = fit(await flite(), await recordingOf({ name: "slt", formantScale: sample }))
    assert.strictEqual(voice.name, "slt")
    assert.approximately(voice.formantScale!, match, within)
  },
)
