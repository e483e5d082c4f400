import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Preconditions from "../src/Preconditions.ts"

const validators: Preconditions.Validators = {
  etag: '"a"',
  // Of the parts of a second, HTTP dates know nothing.
  lastModified: DateTime.makeUnsafe("1994-11-06T08:49:37.900Z"),
}
const then = "Sun, 06 Nov 1994 08:49:37 GMT"
const before = "Sun, 06 Nov 1994 08:49:36 GMT"
const after = "Sun, 06 Nov 1994 08:49:38 GMT"

describe("Preconditions", () => {
  it.each<[Preconditions.Conditions, 200 | 304 | 412]>([
    [{}, 200],
    // 13.1.1 If-Match: strong comparison
    [{ "if-match": '"a"' }, 200],
    [{ "if-match": '"b", "a"' }, 200],
    [{ "if-match": "*" }, 200],
    [{ "if-match": 'W/"a"' }, 412],
    [{ "if-match": '"b"' }, 412],
    [{ "if-match": '"b,a"' }, 412],
    [{ "if-match": "a" }, 412],
    [{ "if-match": "" }, 412],
    // 13.1.2 If-None-Match: weak comparison
    [{ "if-none-match": '"a"' }, 304],
    [{ "if-none-match": 'W/"a"' }, 304],
    [{ "if-none-match": '"b",W/"a"' }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"b"' }, 200],
    [{ "if-none-match": 'w/"b", "c"' }, 200],
    [{ "if-none-match": "a" }, 200],
    // 13.1.3 If-Modified-Since
    [{ "if-modified-since": then }, 304],
    [{ "if-modified-since": after }, 304],
    [{ "if-modified-since": before }, 200],
    [{ "if-modified-since": "Sunday, 06-Nov-94 08:49:37 GMT" }, 304],
    [{ "if-modified-since": "Sun Nov  6 08:49:37 1994" }, 304],
    [{ "if-modified-since": "yesterday" }, 200],
    [{ "if-modified-since": "1994-11-06T08:49:37Z" }, 200],
    // 13.1.4 If-Unmodified-Since
    [{ "if-unmodified-since": then }, 200],
    [{ "if-unmodified-since": after }, 200],
    [{ "if-unmodified-since": before }, 412],
    [{ "if-unmodified-since": "yesterday" }, 200],
    // 13.2.2 precedence
    [{ "if-match": '"a"', "if-unmodified-since": before }, 200],
    [{ "if-match": '"b"', "if-unmodified-since": after }, 412],
    [{ "if-match": '"a"', "if-none-match": '"a"' }, 304],
    [{ "if-match": '"b"', "if-none-match": '"a"' }, 412],
    [{ "if-none-match": '"b"', "if-modified-since": after }, 200],
    [{ "if-none-match": '"a"', "if-modified-since": before }, 304],
    [{ "if-unmodified-since": before, "if-none-match": '"a"' }, 412],
    [{ "if-unmodified-since": after, "if-modified-since": after }, 304],
  ])("of %j give %d", (conditions, status) => {
    assert.strictEqual(Preconditions.evaluate(conditions, validators), status)
  })

  it.each<[string | undefined, boolean]>([
    [undefined, true],
    ['"a"', true],
    [' "a" ', true],
    [then, true],
    ["Sunday, 06-Nov-94 08:49:37 GMT", true],
    // 13.1.5: a weak tag never matches, and a date must be the very one
    ['W/"a"', false],
    ['"b"', false],
    ['"a", "b"', false],
    ["*", false],
    ["a", false],
    [before, false],
    [after, false],
    ["", false],
  ])("let a range stand with If-Range %j: %s", (header, stands) => {
    assert.strictEqual(Preconditions.ifRange(header, validators), stands)
  })
})
