/** The entry for pages without Effect: how it is split, and that its parts do together what the whole does. */
import { assert, describe, it } from "vitest"
import { lean } from "../../build/lean.ts"
import { unnamed, without } from "../../build/members.ts"
import { split } from "../../build/split.ts"
import { build } from "../../build/standalone.ts"
import type { Job } from "../page/job.ts"
import * as browser from "./browser.ts"
import * as slowServer from "./slowServer.ts"

declare const job: Job

describe("split", () => {
  const parts = (first: string, second: string) => [
    { name: "first", exports: new Map([["first", first]]) },
    { name: "second", exports: new Map([["second", second]]) },
  ]
  const lines = (code: string | undefined) => code?.split("\n").filter((line) => line !== "")

  it("gives each part what it needs and no part before it has, in the program's order", () => {
    const program = `const shared = 1
function unshadowed(other) { return other + shared }
const other = unshadowed(2)
const a = () => shared
const b = () => a() + other
export { a, b }`
    const codes = split(program, parts("a", "b"))
    assert.deepStrictEqual(lines(codes.get("first")), [
      "const shared = 1",
      "const a = () => shared",
      "const $second = [a, shared]",
      "export { a as first, $second }",
    ])
    assert.deepStrictEqual(lines(codes.get("second")), [
      'import { $second as $first } from "./first.js"',
      "const [a, shared] = $first",
      "function unshadowed(other) { return other + shared }",
      "const other = unshadowed(2)",
      "const b = () => a() + other",
      "export { b as second }",
    ])
  })

  it("keeps with a variable what writes it, and with a function its prototype", () => {
    const program = `let count = 0
const add = () => { count++ }
const Made = function () {}
Made.prototype = { add }
const a = () => new Made(count)
const b = () => add()`
    const codes = split(program, parts("a", "b"))
    assert.deepStrictEqual(lines(codes.get("first"))?.slice(0, 5), program.split("\n").slice(0, 5))
    assert.lengthOf(lines(codes.get("second")) ?? [], 4)
  })

  it("gives what changes by its name", () => {
    const program = "let count = 0\nconst a = () => { count++ }\nconst b = () => count"
    const codes = split(program, parts("a", "b"))
    assert.deepStrictEqual(lines(codes.get("first"))?.slice(2), ["export { a as first, count }"])
    assert.strictEqual(lines(codes.get("second"))?.[0], 'import { count } from "./first.js"')
  })

  it("exports from a part what an earlier one has", () => {
    const codes = split("const a = 1", parts("a", "a"))
    assert.deepStrictEqual(lines(codes.get("second")), [
      'import { $second as $first } from "./first.js"',
      "const [a] = $first",
      "export { a as second }",
    ])
  })

  it("refuses what may do something, and stands with nothing", () => {
    assert.throws(() => split("const a = 1\nconst b = 2\nconsole.log(a)", parts("a", "b")), "console.log(a)")
    assert.throws(() => split("const a = 1\nconst b = 2\nconst c = fetch('/')", parts("a", "b")), "fetch('/')")
  })
})

describe("unnamed", () => {
  it("finds the methods that nothing says which can be reached", () => {
    const program = `const help = () => made.onlyByHelp()
class Made {
  used() { return "told" in this }
  told() { return () => this.next() }
  next() { return this.deeper }
  get deeper() { return 1 }
  unused() { return help() }
  onlyByHelp() {}
  static make() { return new Made() }
  toString() { return "" }
}
const { used: first } = { used() {}, alone: () => {}, value: 1 }
const made = Made.make()
export { made, first }`
    assert.sameMembers([...unnamed(program)], ["unused", "onlyByHelp", "alone"])
  })
})

describe("without", () => {
  const left = (code: string) => without(code, (name) => name === "no").replace(/\s+/g, " ")

  it("leaves members out, and nothing else", () => {
    assert.strictEqual(left("const a = { no() {}, yes() {}, no: 1 }"), "const a = { yes() {}, no: 1 }")
    assert.strictEqual(left("class A { yes() { no() } no() {} }"), "class A { yes() { no() } }")
    assert.strictEqual(
      left("const { no: d } = b, no = () => {}, c = { no, x: 1 }"),
      "const { no: d } = b, no = () => {}, c = { x: 1 }",
    )
    assert.strictEqual(left("const a = { no: 1 , [no]() {} }"), "const a = { no: 1 , [no]() {} }")
  })

  it("says what a class extends, and which names are symbols'", () => {
    const heard: Array<readonly [string, string | undefined]> = []
    const code = "class A extends Data.TaggedError('A') { a() {} } class B { [Hash.symbol]() {} } const c = { c() {} }"
    without(code, (...member) => heard.push(member) < 0)
    assert.deepStrictEqual(heard, [
      ["a", "TaggedError"],
      ["[symbol]", undefined],
      ["c", undefined],
    ])
  })
})

describe("lean", () => {
  it("fails the build where a module has changed", () => {
    assert.throws(() => lean("/effect/dist/Stream.js", "export const withSpan = 1", new Set()), "has nothing like")
  })
})

describe("the standalone entry", () => {
  it("does in its parts what the client does", { timeout: 60_000 }, async () => {
    const files = await build()
    const page = await slowServer.bundle("job.html", { "../../src/VoiceClone.ts": "/standalone/standalone.js" })
    const served = new Map([...page, ...Array.from(files, ([name, code]) => [`/standalone/${name}`, code] as const)])
    await using server = await slowServer.start("job.html", served)
    await using chromium = await browser.start()
    server.settings.isSlow = false
    const tab = await chromium.context().newPage()
    const loaded: Array<string> = []
    tab.on("request", (request) => loaded.push(request.url().slice(server.origin.length)))
    await tab.goto(server.address)
    const loads = () => loaded.filter((path) => /\/(call|wait|job|iterate|batch)\.js$/.test(path))
    assert.deepStrictEqual(loads(), [], "the page itself needs the door alone")
    assert.strictEqual(await tab.evaluate(() => job.status("task-1")), "completed")
    assert.deepStrictEqual(loads(), ["/standalone/call.js"])
    assert.strictEqual(await tab.evaluate(() => job.wait("task-1")), "completed")
    const { events, sha256 } = await tab.evaluate(() => job.run())
    assert.strictEqual(sha256, server.sha256)
    assert.include(events, "Verified")
    assert.deepStrictEqual(await tab.evaluate(() => job.states()), ["saved"])
  })
})
