import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import * as Speakable from "../src/Speakable.ts"

const utterances = (text: string) => Effect.runSync(Speakable.fromText(text))
const texts = (text: string) => utterances(text).map((utterance) => utterance.text)
const refusal = (text: string) => Effect.runSync(Effect.flip(Speakable.fromText(text)))

describe("Speakable", () => {
  it.each([
    ["Dr. Smith met Mr. J. R. Jones. He left.", ["Dr. Smith met Mr. J. R. Jones.", "He left."]],
    ["The U.S. Army came to the U.S. The end.", ["The U.S. Army came to the U.S.", "The end."]],
    ["Fruit, e.g. Apples, is at No. 5 Main St. He knows.", ["Fruit, e.g. Apples, is at No. 5 Main St.", "He knows."]],
    ["So did I. She said no. Five came at 5 p.m. Then?", ["So did I.", "She said no.", "Five came at 5 p.m.", "Then?"]],
    ['Pi is 3.14. "Stop!" See www.example.com now.', ["Pi is 3.14.", '"Stop!"', "See www.example.com now."]],
  ])("finds the sentences of %j", (text, expected) => {
    assert.deepStrictEqual(texts(text), expected)
  })

  it("folds typography, ligatures and accents to ASCII", () => {
    const text = "“Naïve café”—ﬁne… 2½ miles, 3–4 days at 20 °C for €5 & more: Straße, Łódź, O’Brien"
    const folded =
      '"Naive cafe", fine... 2 and 1/2 miles, 3 to 4 days at 20 degrees Celsius for 5 euros and more: ' +
      "Strasse, Lodz, O'Brien"
    assert.deepStrictEqual(texts(text), [folded])
  })

  it("rejoins wrapped lines, keeps list items apart and pauses by what was ended", () => {
    const list = utterances("A line\nwrapped. And more.\n- one\n- two\n\nLast.")
    assert.deepStrictEqual(
      list.map(({ pause, text }) => [text, pause]),
      [
        ["A line wrapped.", 0.3],
        ["And more.", 0.6],
        ["one", 0.6],
        ["two", 0.6],
        ["Last.", 0],
      ],
    )
  })

  it("cuts long sentences at clauses", () => {
    const long = Array.from({ length: 30 }, (_, i) => `this is clause number ${i}`).join(", ")
    const parts = utterances(`${long}.`)
    assert.isAbove(parts.length, 2)
    for (const { pause, text } of parts.slice(0, -1)) {
      assert.match(text, /,$/)
      assert.strictEqual(pause, 0.12)
    }
    assert.strictEqual(parts.map(({ text }) => text).join(" "), `${long}.`)
  })

  it.each([
    ["", "empty", /empty/],
    [" \n\t", "empty", /empty/],
    ["?! … 🙂", "nothing to say", /English/],
    ["Привет, мир", "unsupported script", /Cyrillic.*English in Latin script/],
    ["你好 world 世界你好", "unsupported script", /Han/],
  ])("refuses %j", (text, reason, message) => {
    const error = refusal(text)
    assert.strictEqual(error.reason, reason)
    assert.match(error.message, message)
    assert.strictEqual(error.supported, Speakable.supported)
  })

  it("speaks a text with a few foreign words or only digits", () => {
    assert.deepStrictEqual(texts("She said 你好 to me."), ["She said to me."])
    assert.deepStrictEqual(texts("42"), ["42"])
  })

  it("hands on only what the front end can take, whatever the text", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 600 })
    fc.assert(
      fc.property(fc.oneof(text, fc.lorem({ maxCount: 80 })), (text) => {
        const result = Effect.runSync(Effect.result(Speakable.fromText(text)))
        if (Result.isFailure(result)) return
        let progress = 0
        for (const utterance of result.success) {
          assert.match(utterance.text, /^[\x20-\x7e]{1,240}$/)
          assert.isAbove(utterance.progress, progress)
          progress = utterance.progress
        }
        assert.strictEqual(progress, 1)
        assert.strictEqual(result.success.at(-1)!.pause, 0)
      }),
    )
  })
})
