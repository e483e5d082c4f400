import { assert, describe, it } from "@effect/vitest"
import * as ByteRange from "../src/ByteRange.ts"

const parts = (...all: readonly [readonly [number, number], ...ReadonlyArray<readonly [number, number]>]) => ({
  _tag: "Parts",
  parts: all.map(([offset, length]) => ({ offset, length })),
})
const whole = { _tag: "Whole" }
const unsatisfiable = { _tag: "Unsatisfiable" }
const many = (count: number) => `bytes=${Array.from({ length: count }, (_, i) => `${i * 2}-${i * 2}`).join(",")}`

/** RFC 9110, section 14.1.2 and 14.2, for a file of 100 bytes. */
describe("ByteRange", () => {
  it.each<[string | undefined, object]>([
    [undefined, whole],
    ["bytes=0-", parts([0, 100])],
    ["bytes=0-0", parts([0, 1])],
    ["bytes=10-19", parts([10, 10])],
    ["bytes=90-", parts([90, 10])],
    ["bytes=90-1000", parts([90, 10])],
    ["BYTES=5-6 ", parts([5, 2])],
    // suffixes
    ["bytes=-1", parts([99, 1])],
    ["bytes=-500", parts([0, 100])],
    ["bytes=-0", unsatisfiable],
    // several, in the order asked for; empty list elements are ignored (section 5.6.1.2)
    ["bytes=0-1,5-6", parts([0, 2], [5, 2])],
    ["bytes=50-59, 0-9", parts([50, 10], [0, 10])],
    ["bytes= 0-0 , ,-1", parts([0, 1], [99, 1])],
    ["bytes=0-9,10-19", parts([0, 10], [10, 10])],
    // those outside the file are left out
    ["bytes=0-9,100-", parts([0, 10])],
    ["bytes=100-,200-300,-0", unsatisfiable],
    // too many, or overlapping: ignored
    ["bytes=0-,0-", whole],
    ["bytes=0-50,-60", whole],
    [many(16), parts(...(Array.from({ length: 16 }, (_, i) => [i * 2, 1] as const) as [[number, number]]))],
    [many(17), whole],
    // unsatisfiable
    ["bytes=100-", unsatisfiable],
    ["bytes=100-200", unsatisfiable],
    ["bytes=99999999999999999999-", unsatisfiable],
    ["bytes=99999999999999999999-99999999999999999999", unsatisfiable],
    // malformed, or of another unit: ignored
    ["bytes=20-10", whole],
    ["bytes=0-1,20-10", whole],
    ["bytes=0-1,x", whole],
    ["bytes=", whole],
    ["bytes=,", whole],
    ["bytes=-", whole],
    ["bytes=--1", whole],
    ["bytes=1-2-3", whole],
    ["bytes=0x1-2", whole],
    ["bytes=1.0-2", whole],
    ["bytes=+1-2", whole],
    ["bytes=1 -2", whole],
    ["bytes =0-1", whole],
    ["bytes 0-1/100", whole],
    ["items=0-1", whole],
    ["0-1", whole],
    ["bytes=0-1;", whole],
  ])("reads %j", (header, range) => {
    assert.deepStrictEqual<object>(ByteRange.parse(header, 100), range)
  })

  it("has no part of an empty file", () => {
    for (const header of ["bytes=0-", "bytes=-1"])
      assert.deepStrictEqual(ByteRange.parse(header, 0)._tag, "Unsatisfiable")
  })
})
