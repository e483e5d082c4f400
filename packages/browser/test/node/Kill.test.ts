/** Pages that are killed in the midst of a download, in a real browser with a profile of its own. */
import { assert, describe, it } from "vitest"
import { setTimeout as sleep } from "node:timers/promises"
import type { Page } from "playwright"
import type { Job } from "../page/job.ts"
import * as browser from "./browser.ts"
import * as slowServer from "./slowServer.ts"

declare const job: Job

const enoughBytes = 500_000

/** How a page ends, and how the next one begins. */
const deaths: Record<string, (page: Page, again: () => Promise<Page>) => Promise<Page>> = {
  "is reloaded": async (page) => {
    await page.reload()
    return page
  },
  crashes: async (page) => {
    const crashed = page.waitForEvent("crash")
    const session = await page.context().newCDPSession(page)
    session.send("Page.crash").catch(() => {})
    await crashed
    const next = await page.context().newPage()
    await next.goto(page.url())
    return next
  },
  "is killed with its browser": async (page, again) => {
    const session = await page.context().browser()!.newBrowserCDPSession()
    const { processInfo } = await session.send("SystemInfo.getProcessInfo")
    const closed = page.context().waitForEvent("close")
    process.kill(processInfo.find(({ type }) => type === "browser")!.id, "SIGKILL")
    await closed
    return again()
  },
  "is closed with its browser": async (page, again) => {
    await page.context().close()
    return again()
  },
}

const bundle = slowServer.bundle("job.html")

const inFirefox: ReadonlyArray<[browser.Name, string, ReadonlyArray<string>]> = [
  ["firefox", "worker", ["is reloaded", "is closed with its browser"]],
  ["firefox", "streams", ["is reloaded"]],
]

describe.each<[name: browser.Name, writing: string, ends: ReadonlyArray<string>]>([
  ["chromium", "worker", ["is reloaded", "crashes", "is killed with its browser"]],
  ["chromium", "streams", ["crashes"]],
  ...(browser.names.includes("firefox") ? inFirefox : []),
])("a page of %s that writes by %s", (name, writing, ends) => {
  it.each(ends)("goes on with its download when it %s", { timeout: 90_000 }, async (end) => {
    const die = deaths[end]!
    await using server = await slowServer.start("job.html", await bundle)
    await using visitor = await browser.start(name)
    const open = async () => {
      const page = await visitor.context().newPage()
      await page.goto(`${server.address}?writing=${writing}`)
      return page
    }
    const again = async () => {
      await visitor.launch()
      return open()
    }
    const first = await open()
    const broken = first.evaluate(() => job.run()).catch(() => {})
    while ((await first.evaluate(() => job.vouched())) < enoughBytes) await sleep(20)
    const second = await die(first, again)
    await broken
    server.settings.isSlow = false
    assert.notInclude(await second.evaluate(() => job.names()), "speech.wav")
    assert.deepStrictEqual(await second.evaluate(() => job.states()), ["completed"])
    const { events, sha256 } = await second.evaluate(() => job.run())
    assert.strictEqual(sha256, server.sha256)
    assert.strictEqual(events[0], "Resumed")
    assert.strictEqual(server.creates.length, 1)
    assert.strictEqual(server.ranges.length, 2)
    assert.isAtLeast(Number(/\d+/.exec(server.ranges[1] ?? "")?.[0]), enoughBytes, "it began anew")
    assert.deepStrictEqual(await second.evaluate(() => job.names()), ["speech.wav"])
    assert.deepStrictEqual(await second.evaluate(() => job.states()), ["saved"])
  })
})

describe("a page whose worker is ended in the midst of a download", () => {
  it.each([
    ["goes on with another", false],
    ["says so when that is ended too, and goes on when it is asked again", true],
  ])("%s", { timeout: 90_000 }, async (_, isEnding) => {
    await using server = await slowServer.start("job.html", await bundle)
    await using visitor = await browser.start()
    const page = await visitor.context().newPage()
    await page.goto(`${server.address}?writing=worker`)
    // the page is told nothing of a worker that closes itself, as of one that the browser ends
    const endAll = async () => {
      await Promise.allSettled(page.workers().map((worker) => worker.evaluate(() => close())))
    }
    const first = page.evaluate(() => job.failure())
    while ((await page.evaluate(() => job.vouched())) < enoughBytes) await sleep(20)
    if (isEnding) page.on("worker", endAll)
    await endAll()
    const failure = await first
    page.off("worker", endAll)
    assert.strictEqual(failure?._tag, isEnding ? "TargetUnwritable" : undefined)
    server.settings.isSlow = false
    const { sha256 } = await page.evaluate(() => job.run())
    assert.strictEqual(sha256, server.sha256)
    assert.strictEqual(server.creates.length, 1)
    assert.strictEqual(server.ranges.length, isEnding ? 2 : 1)
  })
})
