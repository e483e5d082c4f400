import { assert, describe, it } from "@effect/vitest"
import * as Prefer from "../src/Prefer.ts"

describe("Prefer", () => {
  it.each<[string | undefined, number | undefined]>([
    ["wait=10", 10],
    ["WAIT = 10", 10],
    ['wait="10"', 10],
    ["respond-async, wait=10; strict=yes, handling=lenient", 10],
    ["wait=5, wait=10", 5],
    ["wait=0", 0],
    ["wait=61", 60],
    ["wait=99999999999999999999", 60],
    [undefined, undefined],
    ["", undefined],
    ["wait", undefined],
    ["wait=", undefined],
    ["wait=-1", undefined],
    ["wait=1.5", undefined],
    ["wait=soon", undefined],
    ["await=10", undefined],
    ["respond-async", undefined],
  ])("reads %j", (header, seconds) => {
    assert.strictEqual(Prefer.wait(header), seconds)
  })
})
