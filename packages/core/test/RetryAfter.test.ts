import { afterAll, assert, beforeAll, it } from "@effect/vitest"
import * as RetryAfter from "../src/RetryAfter.ts"

const now = Date.UTC(2026, 10, 22, 12, 0, 0)
const hour = 3_600_000

const zone = process.env["TZ"]
beforeAll(() => void (process.env["TZ"] = "Asia/Kathmandu"))
afterAll(() => {
  if (zone === undefined) delete process.env["TZ"]
  else process.env["TZ"] = zone
})

it.each<[field: string | undefined, millis: number | undefined]>([
  ["120", 120_000],
  [" 7 ", 7000],
  ["0", 0],
  ["1.5", 1500],
  ["-10", 0],
  ["99999999999", hour],
  ["Sun, 22 Nov 2026 12:00:30 GMT", 30_000],
  ["Sunday, 22-Nov-26 12:00:30 GMT", 30_000],
  // asctime has no zone, and means UTC wherever we are (RFC 9110, section 5.6.7)
  ["Sun Nov 22 12:00:30 2026", 30_000],
  ["Sun, 22 Nov 2026 11:59:30 GMT", 0],
  ["Fri, 22 Nov 2126 12:00:00 GMT", hour],
  [undefined, undefined],
  ["", undefined],
  ["soon", undefined],
  ["in 5 minutes", undefined],
  ["try 3", undefined],
  ["2 minutes", undefined],
  ["0x10", undefined],
  ["Infinity", undefined],
  ["NaN", undefined],
  ["Sun, 99 Foo 2026 12:00:30 GMT", undefined],
])("Retry-After: %s", (field, millis) => {
  assert.strictEqual(RetryAfter.parse(field, now), millis)
})
