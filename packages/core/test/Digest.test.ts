import { assert, describe, it } from "@effect/vitest"
import * as DigestConformance from "@voiceclone/testing/DigestConformance"
import * as Effect from "effect/Effect"
import { Digest, parseReprDigest, toHex } from "../src/Digest.ts"
import { digestLayer } from "./workshop.ts"

describe("The tests' own Digest", () => {
  for (const { name, check } of DigestConformance.cases(Digest)) {
    it.effect(name, () => Effect.provide(check, digestLayer))
  }
})

describe("parseReprDigest", () => {
  const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  const base64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
  it.each([
    [`sha-256=:${base64}:`, empty],
    [`sha-512=:AAAA:, sha-256=:${base64}:`, empty],
    [`SHA-256=:${base64}:`, empty],
    [`sha-256=${base64}`, undefined],
    ["sha-256=:AAAA:", undefined],
    ["sha-256=:====:", undefined],
    [`x-sha-256=:${base64}:`, undefined],
    ["", undefined],
    [undefined, undefined],
  ])("%s", (field, expected) => assert.strictEqual(parseReprDigest(field), expected))

  it("is spelled in lower case", () => assert.strictEqual(toHex(new Uint8Array([0, 10, 255])), "000aff"))
})
