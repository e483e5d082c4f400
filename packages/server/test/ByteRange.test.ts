import { assert, describe, it } from "@effect/vitest"
import * as ByteRange from "../src/ByteRange.ts"

const part = (offset: number, length: number): ByteRange.ByteRange => ({ _tag: "Part", offset, length })
const whole: ByteRange.ByteRange = { _tag: "Whole" }
const unsatisfiable: ByteRange.ByteRange = { _tag: "Unsatisfiable" }

describe("ByteRange", () => {
  it.each<[string | undefined, ByteRange.ByteRange]>([
    [undefined, whole],
    ["bytes=0-", part(0, 100)],
    ["bytes=0-0", part(0, 1)],
    ["bytes=10-19", part(10, 10)],
    ["bytes=90-", part(90, 10)],
    ["bytes=90-1000", part(90, 10)],
    ["BYTES = 5-6 ", part(5, 2)],
    ["bytes=-1", part(99, 1)],
    ["bytes=-500", part(0, 100)],
    ["bytes=-0", unsatisfiable],
    ["bytes=100-", unsatisfiable],
    ["bytes=100-200", unsatisfiable],
    ["bytes=99999999999999999999-", unsatisfiable],
    ["bytes=20-10", whole],
    ["bytes=", whole],
    ["bytes=-", whole],
    ["bytes=a-b", whole],
    ["bytes=0-1,5-6", whole],
    ["items=0-1", whole],
    ["0-1", whole],
  ])("reads %j", (header, range) => {
    assert.deepStrictEqual(ByteRange.parse(header, 100), range)
  })

  it("has no part of an empty file", () => {
    assert.deepStrictEqual(ByteRange.parse("bytes=0-", 0), unsatisfiable)
    assert.deepStrictEqual(ByteRange.parse("bytes=-1", 0), unsatisfiable)
  })

  it("lets a range stand only for the version it is about", () => {
    const validators = { etag: '"a"', lastModified: "Sun, 22 Nov 2026 18:00:00 GMT" }
    const stands = (header: string | undefined) => ByteRange.ifRange(header, validators)
    assert.isTrue(stands(undefined) && stands('"a"') && stands(validators.lastModified))
    assert.isFalse(stands('W/"a"') || stands('"b"') || stands("a") || stands("Sun, 22 Nov 2026 18:00:01 GMT"))
  })

  it("knows what the client has", () => {
    const validators = { etag: '"a"', lastModified: "" }
    const has = (header: string | undefined) => ByteRange.ifNoneMatch(header, validators)
    assert.isTrue(has('"a"') && has('W/"a"') && has('"b", "a"') && has("*"))
    assert.isFalse(has(undefined) || has('"b"') || has("a") || has(""))
  })
})
