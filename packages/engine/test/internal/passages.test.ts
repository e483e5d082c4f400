import { assert, describe, it } from "@effect/vitest"
import { passages } from "../../src/internal/passages.ts"

const paragraph = "Dr. Smith came. Früh am Morgen, aß er Brötchen!\n他说：你好。再见。"

describe("passages", () => {
  it("keeps every letter of any script, in sentences with pauses", () => {
    const found = passages(`${paragraph}\r\n\r\nThe end.`, { split: "sentence", limit: 240 })
    assert.deepStrictEqual(
      found.map(({ pause, text }) => [text, pause]),
      [
        ["Dr. Smith came.", 0.3],
        ["Früh am Morgen, aß er Brötchen!", 0.3],
        ["他说：你好。", 0.3],
        ["再见。", 0.6],
        ["The end.", 0],
      ],
    )
    assert.strictEqual(found.at(-1)?.progress, 1)
  })

  it("gathers as much as fits, but no two paragraphs", () => {
    const found = passages(`One. Two. Three.\n\nFour.`, { split: "text", limit: 10 })
    assert.deepStrictEqual(
      found.map(({ text }) => text),
      ["One. Two.", "Three.", "Four."],
    )
  })

  it.each(["𠮷".repeat(501), "x".repeat(1_000), "many words, ".repeat(100)])(
    "cuts what is too long between characters",
    (text) => {
      const found = passages(text, { split: "text", limit: 100 })
      assert.isTrue(found.every((passage) => passage.text.length <= 101 && passage.text.isWellFormed()))
      const joined = found.map((passage) => passage.text).join("")
      assert.strictEqual(joined.replaceAll(" ", ""), text.replaceAll(" ", ""))
    },
  )
})
