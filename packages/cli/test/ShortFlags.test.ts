import { assert, describe, it } from "vitest"
import { misread } from "../src/ShortFlags.ts"
import { voiceclone } from "../src/Tree.ts"

const advice = (...args: ReadonlyArray<string>) => misread(args, voiceclone)?.nextStep

describe("words of one hyphen and several letters", () => {
  it("say how what was meant is written", () => {
    assert.match(advice("verify", "-dash.wav") ?? "", /name of a file: \.\/-dash\.wav\./)
    assert.strictEqual(advice("verify", "-o'h.wav"), "Put a space behind -o: -o ''\\''h.wav'")
    assert.match(advice("clone", "a.wav", "--text", "-hi there") ?? "", /value of --text: '--text=-hi there'$/)
    assert.match(advice("clone", "a.wav", "-t", "-hi") ?? "", /value of -t: -t=-hi$/)
    assert.match(advice("batch", "jobs", "-c4") ?? "", /^Put a space behind -c: -c 4$/)
  })

  it("are left to the parser where they are flags, numbers, or behind --", () => {
    for (const args of [["-qh"], ["clone", "-qo", "x"], ["clone", "-t=-hi"], ["verify", "-5"], ["verify", "-1.5e3"]]) {
      assert.isUndefined(advice(...args), args.join(" "))
    }
    assert.isUndefined(advice("verify", "--", "-dash.wav"))
    assert.isUndefined(advice("verify", "-"))
  })
})
