import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as EngineOptions from "../src/EngineOptions.ts"

const http = { VOICECLONE_ENGINE: "http", VOICECLONE_ENGINE_URL: "http://127.0.0.1:8000" }

describe("EngineOptions", () => {
  it("matches voices where nothing is said", () => {
    assert.deepStrictEqual(EngineOptions.parse({ VOICECLONE_ENGINE: " " }), Result.succeed({ engine: "match" }))
  })

  it("reads what a speech service needs", () => {
    const environment = {
      ...http,
      VOICECLONE_ENGINE_KEY: "secret",
      VOICECLONE_ENGINE_MODEL: "f5",
      VOICECLONE_ENGINE_FORM: "multipart",
      VOICECLONE_ENGINE_FIELDS: "text = utterance, sample=clip,model=",
      VOICECLONE_ENGINE_SPLIT: "text",
    }
    assert.deepInclude(Result.getOrThrow(EngineOptions.parse(environment)), {
      engine: "http",
      url: "http://127.0.0.1:8000",
      key: "secret",
      model: "f5",
      form: "multipart",
      split: "text",
      fields: { text: "utterance", sample: "clip", model: "" },
      allowInsecure: false,
    })
  })

  it("reads what a model needs", () => {
    const environment = { VOICECLONE_ENGINE: "sherpa", VOICECLONE_ENGINE_DIR: "models/a", VOICECLONE_ENGINE_STEPS: "8" }
    assert.deepStrictEqual<unknown>(
      EngineOptions.parse(environment),
      Result.succeed({ engine: "sherpa", directory: "models/a", threads: undefined, steps: 8 }),
    )
  })

  it("lets another engine be chosen over the environment's", () => {
    assert.deepStrictEqual(EngineOptions.parse(http, "match"), Result.succeed({ engine: "match" }))
    assert.isTrue(Result.isFailure(EngineOptions.parse({ ...http, VOICECLONE_ENGINE_URL: "" }, "http")))
  })

  it.each<[Record<string, string>, RegExp]>([
    [{ VOICECLONE_ENGINE: "piper" }, /the engine piper: VOICECLONE_ENGINE is none of match, fixed, http and sherpa$/],
    [{ VOICECLONE_ENGINE: "http" }, /engine http: VOICECLONE_ENGINE_URL is not set/],
    [{ VOICECLONE_ENGINE: "sherpa" }, /VOICECLONE_ENGINE_DIR is not set/],
    [{ VOICECLONE_ENGINE_URL: "http://127.0.0.1" }, /VOICECLONE_ENGINE_URL is set, but the engine is match/],
    [{ ...http, VOICECLONE_ENGINE_MODLE: "f5" }, /VOICECLONE_ENGINE_MODLE is set/],
    [{ ...http, VOICECLONE_ENGINE_FORM: "xml" }, /VOICECLONE_ENGINE_FORM is neither openai nor multipart/],
    [{ ...http, VOICECLONE_ENGINE_FIELDS: "speech=x" }, /VOICECLONE_ENGINE_FIELDS has an entry/],
    [
      { VOICECLONE_ENGINE: "sherpa", VOICECLONE_ENGINE_DIR: "a", VOICECLONE_ENGINE_THREADS: "many" },
      /VOICECLONE_ENGINE_THREADS is not a number/,
    ],
  ])("names what is wrong in %o", (environment, message) => {
    const error = Result.getOrThrow(Result.flip(EngineOptions.parse(environment)))
    assert.match(error.message, message)
    assert.notStrictEqual(error.nextStep, "")
  })
})
