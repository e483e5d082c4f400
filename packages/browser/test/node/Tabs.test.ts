/** Pages that wait: several for one task, and one whose network is gone for a while; in a real browser. */
import type { Page } from "playwright"
import { assert, describe, it, vi } from "vitest"
import type { Job } from "../page/job.ts"
import * as browser from "./browser.ts"
import * as slowServer from "./slowServer.ts"

declare const job: Job

const bundle = slowServer.bundle("job.html")

const heard = (page: Page, tag: Parameters<Job["heard"]>[0], times: number) =>
  page.waitForFunction(([tag, times]) => job.heard(tag) >= times, [tag, times] as const)

describe.each(browser.names)("pages of %s that wait", (name) => {
  it("let one of them ask, tell the others, and go on when it is closed", { timeout: 90_000 }, async () => {
    await using server = await slowServer.start("job.html", await bundle)
    await using visitor = await browser.start(name)
    server.settings.status = "processing"
    const open = async () => {
      const page = await visitor.context().newPage()
      const asked: Array<string> = []
      page.on("request", (request) => {
        if (request.url().includes("/task-status/")) asked.push(request.url())
      })
      await page.goto(server.address)
      return { page, asked }
    }
    const leader = await open()
    leader.page.evaluate(() => job.wait("task-1")).catch(() => {})
    await heard(leader.page, "Polled", 1)
    const followers = [await open(), await open()]
    const ends = followers.map(({ page }) => page.evaluate(() => job.wait("task-1")))
    for (const { asked, page } of followers) {
      await heard(page, "Polled", 2)
      assert.deepStrictEqual(asked, [])
    }
    await leader.page.close()
    const asking = () => followers.filter(({ asked }) => asked.length > 0)
    await vi.waitUntil(() => asking().length > 0, { timeout: 20_000 })
    await Promise.all(followers.map(({ page }) => heard(page, "Polled", 4)))
    assert.lengthOf(asking(), 1, "one has taken over")
    server.settings.status = "completed"
    assert.deepStrictEqual(await Promise.all(ends), ["completed", "completed"])
  })

  it("tell the others what goes wrong too, and those that come later", { timeout: 60_000 }, async () => {
    await using server = await slowServer.start("job.html", await bundle)
    await using visitor = await browser.start(name)
    server.settings.status = "processing"
    const open = async () => {
      const page = await visitor.context().newPage()
      await page.goto(server.address)
      const end = page.evaluate(() => job.wait("task-1"))
      return { page, end }
    }
    const leader = await open()
    await heard(leader.page, "Polled", 1)
    const follower = await open()
    await heard(follower.page, "Polled", 1)
    server.settings.isBusy = true
    await heard(follower.page, "Retrying", 3)
    const late = await open()
    await heard(late.page, "Polled", 1)
    await heard(late.page, "Retrying", 1)
    server.settings.isBusy = false
    server.settings.status = "completed"
    assert.deepStrictEqual(
      await Promise.all([leader, follower, late].map(({ end }) => end)),
      Array(3).fill("completed"),
    )
    const reasons = await leader.page.evaluate(() => job.reasons())
    const told = await follower.page.evaluate(() => job.reasons())
    assert.deepStrictEqual(new Set(told), new Set(reasons))
    assert.match(reasons.join(), /503/u)
  })

  it("tell those that come later what the one before had heard", { timeout: 60_000 }, async () => {
    await using server = await slowServer.start("job.html", await bundle)
    await using visitor = await browser.start(name)
    server.settings.status = "processing"
    const open = async () => {
      const page = await visitor.context().newPage()
      await page.goto(server.address)
      page.evaluate(() => job.wait("task-1")).catch(() => {})
      return page
    }
    const leader = await open()
    await heard(leader, "Polled", 1)
    const follower = await open()
    await heard(follower, "Polled", 1)
    server.settings.answersPolls = false
    const asks = follower.waitForRequest(/task-status/)
    await leader.close()
    await asks
    const late = await open()
    await late.waitForFunction(() => job.heard("Polled") > 0, undefined, { timeout: 10_000 })
  })

  it("ask once before they give up, where the one that asks for them says nothing", { timeout: 60_000 }, async () => {
    await using server = await slowServer.start("job.html", await bundle)
    await using visitor = await browser.start(name)
    server.settings.answersPolls = false
    const [leader, follower] = [await visitor.context().newPage(), await visitor.context().newPage()]
    for (const page of [leader, follower]) await page.goto(server.address)
    leader.evaluate(() => job.wait("task-1")).catch(() => {})
    await vi.waitUntil(() => server.polls.length === 1, { timeout: 20_000 })
    server.settings.answersPolls = true
    server.settings.status = "processing"
    const failure = await follower.evaluate(() =>
      job.wait("task-1", 500).then(
        () => undefined,
        ({ _tag, tally, lastSeen }) => ({ _tag, tally, status: lastSeen?.status }),
      ),
    )
    assert.deepStrictEqual(failure, {
      _tag: "WaitTimedOut",
      tally: { polls: 1, statuses: { processing: 1 }, errors: {} },
      status: "processing",
    })
    server.settings.status = "completed"
    assert.strictEqual(await follower.evaluate(() => job.wait("task-1", 500)), "completed")
    assert.lengthOf(server.polls, 3)
  })

  it("ask once for each task when the network is back, and not before", { timeout: 90_000 }, async () => {
    await using server = await slowServer.start("job.html", await bundle)
    await using visitor = await browser.start(name)
    server.settings.status = "processing"
    const page = await visitor.context().newPage()
    await page.goto(server.address)
    const tasks = ["task-1", "task-2", "task-3", "task-4", "task-5"]
    const ends = page.evaluate((tasks) => Promise.all(tasks.map((task) => job.wait(task))), tasks)
    await heard(page, "Polled", tasks.length)
    await visitor.context().setOffline(true)
    // by then each pauses for some seconds
    await heard(page, "Retrying", 4 * tasks.length)
    assert.include((await page.evaluate(() => job.reasons())).join(), "this device is offline")
    const polls = server.polls.length
    server.settings.status = "completed"
    await visitor.context().setOffline(false)
    assert.deepStrictEqual(
      await ends,
      tasks.map(() => "completed"),
    )
    assert.deepStrictEqual(server.polls.slice(polls).toSorted(), tasks)
  })
})
