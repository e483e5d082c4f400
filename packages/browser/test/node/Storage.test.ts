/** Pages that may keep little, or nothing, in a real browser. */
import { setTimeout as sleep } from "node:timers/promises"
import { assert, describe, it } from "vitest"
import type { Job } from "../page/job.ts"
import * as browser from "./browser.ts"
import * as slowServer from "./slowServer.ts"

declare const job: Job

const bundle = slowServer.bundle("job.html")

describe.each(["worker", "streams"])("a page that writes by %s", (writing) => {
  it("says that its quota is used up, and goes on once there is more", { timeout: 60_000 }, async () => {
    await using server = await slowServer.start("job.html", await bundle)
    await using chromium = await browser.start()
    const page = await chromium.context().newPage()
    await page.goto(`${server.address}?writing=${writing}`)
    const session = await chromium.context().newCDPSession(page)
    const quota = (quotaSize?: number) =>
      session.send("Storage.overrideQuotaForOrigin", {
        origin: server.origin,
        ...(quotaSize === undefined ? {} : { quotaSize }),
      })
    const failing = page.evaluate(() => job.failure())
    while ((await page.evaluate(() => job.vouched())) < 500_000) await sleep(20)
    await quota(1_000_000)
    const failure = await failing
    assert.strictEqual(failure?._tag, "TargetUnwritable")
    assert.match(failure?.message ?? "", /quota/)
    assert.notInclude(await page.evaluate(() => job.names()), "speech.wav")
    assert.isAtLeast(await page.evaluate(() => job.vouched()), 500_000, "what has come stays")
    assert.deepStrictEqual(await page.evaluate(() => job.states()), ["completed"])

    await quota()
    server.settings.isSlow = false
    const { sha256 } = await page.evaluate(() => job.run())
    assert.strictEqual(sha256, server.sha256)
    assert.lengthOf(server.creates, 1)
    assert.isAtLeast(Number(/\d+/.exec(server.ranges.at(-1) ?? "")?.[0]), 500_000, "it began anew")
  })
})

describe("a page", () => {
  it("that has no room for the journal sends nothing", { timeout: 60_000 }, async () => {
    await using server = await slowServer.start("job.html", await bundle)
    await using chromium = await browser.start()
    const page = await chromium.context().newPage()
    await page.goto(server.address)
    const session = await chromium.context().newCDPSession(page)
    await session.send("Storage.overrideQuotaForOrigin", { origin: server.origin, quotaSize: 1 })
    const failure = await page.evaluate(() => job.failure())
    assert.include(["JournalFailed", "TargetUnwritable"], failure?._tag)
    assert.isNotEmpty(failure?.nextStep)
    assert.lengthOf(server.creates, 0)
  })

  it(
    "whose journal cannot be opened pays nothing, and then goes on with what was paid for",
    { timeout: 60_000 },
    async () => {
      await using server = await slowServer.start("job.html", await bundle)
      await using chromium = await browser.start()
      const page = await chromium.context().newPage()
      await page.goto(server.address)
      page.evaluate(() => job.run()).catch(() => {})
      while ((await page.evaluate(() => job.vouched())) === 0) await sleep(20)
      // what a browser says whose disk fails, or where a later version of the page has been
      for (const name of ["UnknownError", "InvalidStateError", "VersionError", "QuotaExceededError"]) {
        await page.reload()
        await page.evaluate((name) => {
          IDBFactory.prototype.open = () => {
            const request = Object.assign(new EventTarget(), { error: new DOMException("Internal error", name) })
            queueMicrotask(() => request.dispatchEvent(new Event("error")))
            return request as unknown as IDBOpenDBRequest
          }
        }, name)
        const failure = await page.evaluate(() => job.failure())
        assert.strictEqual(failure?._tag, "JournalFailed", name)
        assert.isNotEmpty(failure?.nextStep)
        assert.lengthOf(server.creates, 1, name)
      }
      server.settings.isSlow = false
      await page.reload()
      assert.strictEqual((await page.evaluate(() => job.run())).sha256, server.sha256)
      assert.lengthOf(server.creates, 1)
    },
  )

  it("without https says that it keeps nothing, and does the job in memory", { timeout: 60_000 }, async () => {
    await using server = await slowServer.start("job.html", await bundle)
    server.settings.isSlow = false
    await using chromium = await browser.start()
    const page = await chromium.context().newPage()
    await page.goto(server.address.replace("127.0.0.1", "voices.example"))
    assert.isFalse(await page.evaluate(() => isSecureContext))
    const { events, sha256 } = await page.evaluate(() => job.run())
    assert.strictEqual(sha256, server.sha256)
    assert.lengthOf(
      events.filter((tag) => tag === "HeldInMemory"),
      2,
      "the journal, and the results",
    )
    assert.match(server.creates.join(), /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    assert.strictEqual((await page.evaluate(() => job.run())).sha256, server.sha256)
    assert.lengthOf(server.creates, 1, "the same page goes on")
  })

  it("that may keep nothing says so, and does the job in memory", { timeout: 60_000 }, async () => {
    await using server = await slowServer.start("job.html", await bundle)
    server.settings.isSlow = false
    // what a visitor chooses who blocks all cookies and site data
    await using chromium = await browser.start("chromium", {
      profile: { default_content_setting_values: { cookies: 2 } },
    })
    const page = await chromium.context().newPage()
    await page.goto(server.address)
    const denied = await page.evaluate(() =>
      navigator.storage.getDirectory().then(
        () => "given",
        ({ name }: Error) => name,
      ),
    )
    assert.notStrictEqual(denied, "given")
    const { events, sha256 } = await page.evaluate(() => job.run())
    assert.strictEqual(sha256, server.sha256)
    assert.lengthOf(
      events.filter((tag) => tag === "HeldInMemory"),
      2,
      "the journal, and the results",
    )
  })
})
