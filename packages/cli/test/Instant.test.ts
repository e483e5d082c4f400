import { readFileSync } from "node:fs"
import { assert, beforeAll, describe, it } from "vitest"
import { answer, colors, mayAsk, type Texts } from "../src/Instant.ts"
import { build, built, Workplace } from "./command.ts"

let texts: Texts
beforeAll(async () => {
  await build()
  texts = JSON.parse(readFileSync(built("texts.json"), "utf8"))
}, 60_000)

/** What the command itself says, by a word that stops it from being answered at once. */
const slowly = async (args: ReadonlyArray<string>) => {
  using place = new Workplace()
  const { stdout, stderr } = await place.run(["--log-level", "info", ...args])
  assert.strictEqual(stderr, "")
  return stdout
}

describe("what is answered at once", () => {
  it("is what the command definitions say, for every command", { timeout: 60_000 }, async () => {
    const pages = Object.keys(texts.plain.help)
    assert.includeMembers(pages, ["", "clone", "engine list", "completion"])
    for (const page of pages) {
      const words = page === "" ? [] : page.split(" ")
      assert.strictEqual(answer([...words, "--help"], texts, false), await slowly([...words, "--help"]), page)
    }
    assert.strictEqual(answer(["--version"], texts, false), await slowly(["--version"]))
    for (const shell of ["bash", "zsh", "fish", "powershell"]) {
      assert.strictEqual(answer(["completion", shell], texts, false), await slowly(["completion", shell]))
    }
  })

  it("is nothing else", () => {
    const others = [
      ["clown", "--help"],
      ["completion", "tcsh"],
      ["completion", "toString"],
      ["toString", "--help"],
      ["clone", "--", "--help"],
      ["clone", "--version"],
      ["status", "x"],
    ]
    for (const args of others) assert.isUndefined(answer(args, texts, false), args.join(" "))
    assert.isFalse(mayAsk(["status", "x"]))
  })

  it("has colours on a terminal that shows them, unless told otherwise", () => {
    assert.isTrue(colors({}, true))
    assert.isFalse(colors({}, false))
    assert.isFalse(colors({ NO_COLOR: "1" }, true))
    assert.isFalse(colors({ TERM: "dumb" }, true))
    assert.isTrue(colors({ FORCE_COLOR: "1" }, false))
    assert.include(answer([], texts, true), "\u001b[1m")
    assert.notInclude(answer([], texts, false), "\u001b[")
  })
})
