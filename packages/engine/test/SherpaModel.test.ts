import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { checkModel, problemOf } from "../src/SherpaModel.ts"
import { pocket, zipvoice } from "./models.ts"

const scratch = mkdtempSync(join(tmpdir(), "voiceclone-"))
const inside = (name: string) => join(scratch, name)
beforeAll(async () => {
  await zipvoice(inside("whole"))
  await pocket(inside("pocket"))
  await zipvoice(inside("broken"))
})
afterAll(() => rmSync(scratch, { recursive: true }))

describe("SherpaModel", () => {
  it.live("knows a whole ZipVoice model", () =>
    Effect.gen(function* () {
      const model = yield* checkModel(inside("whole"))
      assert.deepInclude(model, { kind: "zipvoice", name: "whole", missing: [], damaged: [], licence: "LICENSE" })
      assert.deepInclude(model, { sampleRate: 24_000, needsTranscript: true, languages: ["zh", "en"] })
      assert.strictEqual(model.files["decoder"], inside("whole/decoder.int8.onnx"))
      assert.isUndefined(problemOf(model))
    }),
  )

  it.live("knows a PocketTTS model", () =>
    Effect.gen(function* () {
      const model = yield* checkModel(inside("pocket"))
      assert.deepInclude(model, { kind: "pocket", missing: [], damaged: [], needsTranscript: false })
    }),
  )

  it.live("names what is missing, cut short, or only a pointer to a file", () =>
    Effect.gen(function* () {
      rmSync(inside("broken/vocos_24khz.onnx"))
      rmSync(inside("broken/espeak-ng-data/phontab"))
      writeFileSync(inside("broken/encoder.int8.onnx"), "version https://git-lfs.github.com/spec/v1\n")
      const decoder = readFileSync(inside("broken/decoder.int8.onnx"))
      writeFileSync(inside("broken/decoder.int8.onnx"), decoder.subarray(0, decoder.length / 2))
      const model = yield* checkModel(inside("broken"))
      assert.deepStrictEqual(model.missing, ["vocos_24khz.onnx", "espeak-ng-data/phontab"])
      assert.deepStrictEqual(model.damaged, ["encoder.int8.onnx", "decoder.int8.onnx"])
      assert.match(problemOf(model) ?? "", /lacks vocos_24khz\.onnx, .* and has no whole ONNX model in encoder/)
    }),
  )

  it.live.each(["nowhere", "."])("says that %s holds no model", (name) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(checkModel(inside(name)))
      assert.match(error.message, name === "." ? /holds no ZipVoice and no PocketTTS/ : /There is no directory/)
    }),
  )
})
