/** The entry for pages without Effect: how it is split, and that its parts do together what the whole does. */
import { assert, describe, it } from "vitest"
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
      "export { a as first, a as $0, shared as $1 }",
    ])
    assert.deepStrictEqual(lines(codes.get("second")), [
      'import { $0 as a, $1 as shared } from "./first.js"',
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
    assert.lengthOf(lines(codes.get("second")) ?? [], 3)
  })

  it("refuses what may do something, and stands with nothing", () => {
    assert.throws(() => split("const a = 1\nconst b = 2\nconsole.log(a)", parts("a", "b")), "console.log(a)")
    assert.throws(() => split("const a = 1\nconst b = 2\nconst c = fetch('/')", parts("a", "b")), "fetch('/')")
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
    const loads = () => loaded.filter((path) => /\/(call|wait|job)\.js$/.test(path))
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
