/**
 * The page as its visitor has it: served by a server, in a real browser, by clicks and keys; and looked over by axe-core in
 * every state, in light and dark, on a desk and on a phone.
 */
import * as Wav from "@voiceclone/core/Wav"
import * as EmbeddedServer from "@voiceclone/server/EmbeddedServer"
import axe from "axe-core"
import * as Result from "effect/Result"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Browser, type BrowserContextOptions, chromium, type Page, type Route } from "playwright"
import { build } from "vite"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const folder = mkdtempSync(join(tmpdir(), "voiceclone-web-"))
const directory = join(folder, "page")
const root = fileURLToPath(new URL("../web", import.meta.url))

let browser: Browser

beforeAll(async () => {
  await build({ root, logLevel: "warn", build: { outDir: directory } })
  browser = await chromium.launch({
    ...(process.env["CHROMIUM_PATH"] === undefined ? {} : { executablePath: process.env["CHROMIUM_PATH"] }),
    args: ["--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
    chromiumSandbox: false,
  })
}, 60_000)
afterAll(async () => {
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
})

let count = 0

/** A visitor of a server's page: whose browser has nothing of earlier visits, and offers no dialog to save files with. */
const visit = async (
  options: BrowserContextOptions = {},
  limits?: Parameters<typeof EmbeddedServer.start>[0]["limits"],
) => {
  const server = await EmbeddedServer.start({
    dataDirectory: join(folder, `data-${++count}`),
    port: 0,
    page: directory,
    limits,
  })
  const context = await browser.newContext(options)
  // a busy machine speaks slowly
  context.setDefaultTimeout(60_000)
  const page = await context.newPage()
  const problems: Array<string> = []
  page.on("pageerror", (error) => problems.push(error.message))
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) problems.push(message.text())
  })
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, "showSaveFilePicker"))
  await page.goto(server.pageUrl!)
  await page.waitForFunction(() => location.hash === "")
  /** Another tab, which is let in as the first one was. */
  const open = async () => {
    const token = await page.evaluate(() => sessionStorage.getItem("token")!)
    const another = await context.newPage()
    await another.addInitScript((token) => sessionStorage.setItem("token", token), token)
    await another.goto(new URL("/", server.pageUrl).href)
    return another
  }
  return {
    page,
    problems,
    server,
    open,
    [Symbol.asyncDispose]: async () => {
      await context.close()
      await server.close()
    },
  }
}

const heard = (page: Page) =>
  page.waitForFunction(() => {
    const audio = document.querySelector("audio")!
    return audio.checkVisibility() && audio.duration > 0 && audio.duration
  })

const taken = (page: Page) =>
  page.waitForFunction(() => document.querySelector<HTMLInputElement>("#sample")!.files!.length === 1)

const state = (page: Page, text: string) => page.getByRole("status").filter({ hasText: text }).waitFor()

/** Has a long text spoken, and sees it begin. */
const speaks = async (page: Page) => {
  await page.getByRole("button", { name: "Take the example voice" }).click()
  await taken(page)
  await page.getByLabel("Text").fill(long)
  await page.getByRole("button", { name: "Clone" }).click()
  await state(page, "Speaking")
}

const long = "A long text takes its time to be spoken. ".repeat(6)

describe("the served page", () => {
  it("clones a voice by clicks, goes on after a reload, and saves what is heard", { timeout: 120_000 }, async () => {
    await using visitor = await visit()
    const { page, problems } = visitor
    assert.isFalse(await page.getByLabel("API key").isVisible(), "it was let in")
    await speaks(page)
    await page.reload()
    await state(page, "Done.")
    const seconds = await (await heard(page)).jsonValue()
    const saved = page.waitForEvent("download")
    await page.getByRole("button", { name: "Save" }).click()
    const file = readFileSync(await (await saved).path())
    const speech = Result.getOrThrow(Wav.verify(file.subarray(0, Wav.headBytes), file.byteLength, true))
    assert.approximately(Number(seconds), speech.seconds, 0.1)
    const tasks = await fetch(`${visitor.server.baseUrl}/async-clone/tasks`, {
      headers: { authorization: `Bearer ${visitor.server.apiKey}` },
    })
    assert.lengthOf(((await tasks.json()) as { readonly tasks: ReadonlyArray<unknown> }).tasks, 1)
    assert.deepStrictEqual(problems, [])
  })

  it(
    "goes on with a task of before a reload, without its sample, and shows what was saved last",
    {
      timeout: 120_000,
    },
    async () => {
      await using visitor = await visit()
      const { page } = visitor
      await speaks(page)
      await page.reload()
      await state(page, "Speaking")
      assert.strictEqual(await page.getByLabel("Text").inputValue(), long)
      await page.getByRole("button", { name: "Stop waiting" }).click()
      await state(page, "Stopped waiting")
      await page.getByRole("button", { name: "Go on with this task" }).click()
      const seconds = await (await heard(page)).jsonValue()
      await page.reload()
      assert.strictEqual(await (await heard(page)).jsonValue(), seconds)
      assert.isFalse(await page.locator("#job").isVisible())
      // and of what was saved before, nothing is out of reach
      await page.getByRole("button", { name: "Take the example voice" }).click()
      await taken(page)
      await page.getByLabel("Text").fill("Hello!")
      await page.getByRole("button", { name: "Clone" }).click()
      await state(page, "Done.")
      assert.isBelow(Number(await (await heard(page)).jsonValue()), Number(seconds))
      await page.getByRole("button", { name: `voice.wav, ${long.length} characters` }).click()
      await page.waitForFunction((seconds) => document.querySelector("audio")!.duration === seconds, seconds)
      await page.getByRole("button", { name: "voice.wav, 6 characters" }).waitFor()
    },
  )

  it("follows in a second tab what the first is at, and shows what comes of it", { timeout: 120_000 }, async () => {
    await using visitor = await visit()
    const { page } = visitor
    await speaks(page)
    const second = await visitor.open()
    await state(second, "Speaking")
    await state(second, "Done.")
    assert.strictEqual(await (await heard(second)).jsonValue(), await (await heard(page)).jsonValue())
    assert.isFalse(await second.locator("#problem").isVisible())
  })

  it("lets each of several that were left be heard as soon as it is done", { timeout: 120_000 }, async () => {
    await using visitor = await visit()
    const { page } = visitor
    const status = "**/task-status/*"
    const isSpeaking = { status: 200, json: { status: "processing" } }
    const tasks: Array<string> = []
    await page.route(status, (route) => route.fulfill(isSpeaking))
    await page.getByRole("button", { name: "Take the example voice" }).click()
    await taken(page)
    for (const text of ["First.", "The second."]) {
      await page.getByLabel("Text").fill(text)
      await page.getByRole("button", { name: "Clone" }).click()
      await state(page, "Speaking")
      tasks.push((await page.locator("#task").textContent())!.replace("Task ", ""))
      await page.getByRole("button", { name: "Stop waiting" }).click()
      await state(page, "Stopped waiting")
    }
    await page.unroute(status)
    const speaksOn = async (taskId: string) => {
      const url = `**/task-status/${taskId}`
      await page.route(url, (route) => route.fulfill(isSpeaking))
      await page.reload()
      await state(page, "Speaking")
      return () => page.unroute(url)
    }
    // the one at hand goes on, and the other one can be heard
    const end = await speaksOn(tasks[1]!)
    await page.getByRole("button", { name: "voice.wav, 6 characters" }).click()
    await heard(page)
    await page.locator("audio").evaluate((audio: HTMLAudioElement) => {
      audio.loop = true
      return audio.play()
    })
    await end()
    // whoever listens is not interrupted
    await state(page, "Done. The new speech is listed below.")
    assert.isFalse(await page.locator("audio").evaluate((audio: HTMLAudioElement) => audio.paused))
    await page.getByRole("button", { name: "voice.wav, 11 characters" }).click()
    await page.getByRole("button", { name: "voice.wav, 6 characters" }).waitFor()
    assert.isFalse(await page.locator("#problem").isVisible())
  })

  it("makes another task of a result that is gone, once it was asked to", { timeout: 120_000 }, async () => {
    await using visitor = await visit()
    const { page, server } = visitor
    const call = async (method: string, path: string) => {
      const headers = { authorization: `Bearer ${server.apiKey}` }
      return (await fetch(`${server.baseUrl}/async-clone/${path}`, { method, headers })).json() as Promise<{
        readonly tasks: ReadonlyArray<unknown>
      }>
    }
    await speaks(page)
    await page.getByRole("button", { name: "Stop waiting" }).click()
    await state(page, "Stopped waiting")
    const task = await page.locator("#task").textContent()
    await call("DELETE", `task/${task!.replace("Task ", "")}`)
    await page.getByRole("button", { name: "Go on with this task" }).click()
    await page.getByRole("alert").filter({ hasText: "To clone again makes another task." }).waitFor()
    assert.lengthOf((await call("GET", "tasks")).tasks, 1)
    await page.getByRole("button", { name: "Clone again" }).click()
    await heard(page)
    assert.lengthOf((await call("GET", "tasks")).tasks, 2)
  })

  it(
    "waits through a restart of its server, and goes on with the key of whoever was let in",
    { timeout: 120_000 },
    async () => {
      await using visitor = await visit()
      const { page, server } = visitor
      await speaks(page)
      await server.close()
      await state(page, "Trying again")
      const { dataDirectory } = server
      const again = await EmbeddedServer.start({
        dataDirectory,
        port: Number(new URL(server.baseUrl).port),
        page: directory,
      })
      try {
        await page.getByRole("alert").filter({ hasText: "The server was started again" }).waitFor()
        await page.getByLabel("API key").fill(again.apiKey)
        await page.getByRole("button", { name: "Go on with this task" }).click()
        await heard(page)
        const tasks = await fetch(`${again.baseUrl}/async-clone/tasks`, {
          headers: { authorization: `Bearer ${again.apiKey}` },
        })
        assert.lengthOf(((await tasks.json()) as { readonly tasks: ReadonlyArray<unknown> }).tasks, 1)
      } finally {
        await again.close()
      }
    },
  )

  it("says after a reload that a sample was on its way, and pays for it once", { timeout: 120_000 }, async () => {
    await using visitor = await visit()
    const { page, server } = visitor
    const give = async () => {
      await page.getByRole("button", { name: "Take the example voice" }).click()
      await taken(page)
      await page.getByLabel("Text").fill("Once.")
      await page.getByRole("button", { name: "Clone" }).click()
    }
    const create = "**/create-task"
    await page.route(create, () => {})
    const sent = page.waitForRequest(create)
    await give()
    await sent
    await page.reload()
    await page.getByRole("alert").filter({ hasText: "A sample was being sent" }).waitFor()
    await page.unroute(create)
    await give()
    await heard(page)
    assert.isFalse(await page.locator("#problem").isVisible())
    const headers = { authorization: `Bearer ${server.apiKey}` }
    const tasks = await (await fetch(`${server.baseUrl}/async-clone/tasks`, { headers })).json()
    assert.lengthOf((tasks as { readonly tasks: ReadonlyArray<unknown> }).tasks, 1)
    await page.reload()
    await page.getByRole("button", { name: "Clone" }).waitFor()
    assert.isFalse(await page.locator("#problem").isVisible())
  })

  it("says after a reload that nothing was sent yet, and keeps the text", { timeout: 60_000 }, async () => {
    await using visitor = await visit()
    const { page } = visitor
    // asked before anything is sent
    const question = "**/task-status/*"
    await page.route(question, () => {})
    const asked = page.waitForRequest(question)
    await page.getByRole("button", { name: "Take the example voice" }).click()
    await taken(page)
    await page.getByLabel("Text").fill("Twice.")
    await page.getByRole("button", { name: "Clone" }).click()
    await asked
    await page.reload()
    const notSent = page.getByRole("alert").filter({ hasText: "voice.wav was not sent, and nothing is paid for" })
    await notSent.waitFor()
    assert.strictEqual(await page.getByLabel("Text").inputValue(), "Twice.")
    await page.unroute(question)
    await page.getByRole("button", { name: "Take the example voice" }).click()
    await taken(page)
    await page.getByRole("button", { name: "Clone" }).click()
    await heard(page)
    await page.reload()
    await heard(page)
    assert.isFalse(await notSent.isVisible())
  })

  it("says of no sample that it was not sent which may have been, however long ago", { timeout: 60_000 }, async () => {
    await using visitor = await visit()
    const { page } = visitor
    const create = "**/create-task"
    await page.route(create, () => {})
    const sent = page.waitForRequest(create)
    await page.getByRole("button", { name: "Take the example voice" }).click()
    await taken(page)
    await page.getByRole("button", { name: "Clone" }).click()
    await sent
    await page.clock.setSystemTime(Date.now() + 13 * 3_600_000)
    await page.reload()
    await page.waitForFunction(() => sessionStorage.getItem("unsent") === null)
    assert.isFalse(await page.getByText("was not sent").isVisible())
  })

  it("tells of a paid task to whoever comes without a key, and goes on with it", { timeout: 120_000 }, async () => {
    await using visitor = await visit()
    const { page, server } = visitor
    await speaks(page)
    await page.evaluate(() => sessionStorage.clear())
    await page.reload()
    await page.getByRole("alert").filter({ hasText: "A task of an earlier visit is paid for" }).waitFor()
    await page.getByLabel("API key").fill(server.apiKey)
    await page.getByRole("button", { name: "Go on with this task" }).click()
    await heard(page)
    await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory()
      await root.removeEntry("voiceclone", { recursive: true })
    })
    await page.getByRole("button", { name: "Save" }).click()
    await page.getByRole("alert").filter({ hasText: "gone from the browser's storage" }).waitFor()
    await page.getByRole("button", { name: "Go on with this task" }).click()
    await heard(page)
    const saved = page.waitForEvent("download")
    await page.getByRole("button", { name: "Save" }).click()
    assert.strictEqual(await (await saved).failure(), null)
  })

  it("makes a new task of a sample without an answer only once it was asked to", { timeout: 120_000 }, async () => {
    await using visitor = await visit()
    const { page } = visitor
    // a server that keeps no keys, and loses an answer
    await page.route("**/openapi.json", (route) => route.fulfill({ status: 404, json: {} }))
    await page.route("**/create-task", (route) => route.abort("connectionreset"))
    await page.getByRole("button", { name: "Take the example voice" }).click()
    await taken(page)
    await page.getByRole("button", { name: "Clone" }).click()
    const unknown = page.getByRole("alert").filter({ hasText: "whether it was created is not known" })
    await unknown.waitFor()
    await page.unroute("**/create-task")
    const asked: Array<string> = []
    page.on("request", (request) => request.url().endsWith("/create-task") && asked.push(request.url()))
    await page.getByRole("button", { name: "Clone" }).click()
    await unknown.waitFor()
    assert.deepStrictEqual(asked, [], "it was not sent again by itself")
    await page.getByRole("button", { name: "Make a new task" }).click()
    await heard(page)
  })

  it(
    "says that a task is not known, asks again, and never makes another one by itself",
    { timeout: 120_000 },
    async () => {
      await using visitor = await visit()
      const { page, server } = visitor
      await page.clock.install()
      const status = "**/task-status/*"
      await page.route(status, (route) => route.fulfill({ status: 404, json: { detail: "Task not found" } }))
      await page.getByRole("button", { name: "Take the example voice" }).click()
      await taken(page)
      await page.getByRole("button", { name: "Clone" }).click()
      await state(page, "does not know this task yet. Asking again, for up to 60 seconds")
      // as another tab says too, to which this one tells it
      const second = await visitor.open()
      await state(second, "does not know this task yet")
      await second.close()
      await page.clock.fastForward(31_000)
      await state(page, "for up to 30 seconds")
      await page.clock.fastForward(31_000)
      const unknown = page.getByRole("alert").filter({ hasText: "The server knows no task" })
      await unknown.filter({ hasText: "go on with this task in a while, which costs nothing" }).waitFor()
      // neither here nor after a reload is it given up
      await page.reload()
      await unknown.waitFor()
      assert.isTrue(await page.getByRole("button", { name: "Make a new task" }).isVisible())
      await page.unroute(status)
      await page.getByRole("button", { name: "Go on with this task" }).click()
      await heard(page)
      const headers = { authorization: `Bearer ${server.apiKey}` }
      const tasks = await (await fetch(`${server.baseUrl}/async-clone/tasks`, { headers })).json()
      assert.lengthOf((tasks as { readonly tasks: ReadonlyArray<unknown> }).tasks, 1)
    },
  )

  it.each([
    [
      "refuses to keep anything",
      () => {
        const refusal = new DOMException("The operation is insecure.", "SecurityError")
        StorageManager.prototype.getDirectory = () => Promise.reject(refusal)
        IDBFactory.prototype.open = () => {
          throw refusal
        }
      },
    ],
    [
      "was cleared meanwhile",
      () => {
        const clear = async () => {
          indexedDB.deleteDatabase("voiceclone")
          const root = await navigator.storage.getDirectory()
          await root.removeEntry("voiceclone", { recursive: true })
        }
        Object.assign(globalThis, { clear })
      },
    ],
  ])("goes on with its task where the browser %s, and pays for it once", { timeout: 120_000 }, async (_, prepare) => {
    await using visitor = await visit()
    const { page, server } = visitor
    await page.addInitScript(prepare)
    await page.reload()
    await speaks(page)
    await page.getByRole("button", { name: "Stop waiting" }).click()
    await state(page, "Stopped waiting")
    await page.evaluate(() => (globalThis as { clear?: () => Promise<void> }).clear?.())
    await page.getByRole("button", { name: "Go on with this task" }).click()
    await heard(page)
    const headers = { authorization: `Bearer ${server.apiKey}` }
    const tasks = await (await fetch(`${server.baseUrl}/async-clone/tasks`, { headers })).json()
    assert.lengthOf((tasks as { readonly tasks: ReadonlyArray<unknown> }).tasks, 1)
  })

  it(
    "holds a speech itself that the browser does not keep, and gives it to the next visit",
    { timeout: 120_000 },
    async () => {
      await using visitor = await visit()
      const { page, server } = visitor
      const clear = async () => {
        const root = await navigator.storage.getDirectory()
        await root.removeEntry("voiceclone", { recursive: true })
      }
      const clearAndGo = async (route: Route) => {
        await page.evaluate(clear)
        await route.continue()
      }
      await page.route("**/task-result/*", clearAndGo, { times: 1 })
      await speaks(page)
      await state(page, "Done.")
      await heard(page)
      const warning = page.getByText("Save it before you leave this page")
      await warning.waitFor()
      const saved = page.waitForEvent("download")
      await page.getByRole("button", { name: "Save" }).click()
      assert.strictEqual(await (await saved).failure(), null)
      await page.reload()
      await state(page, "Done.")
      await heard(page)
      assert.isFalse(await warning.isVisible())
      const headers = { authorization: `Bearer ${server.apiKey}` }
      const tasks = await (await fetch(`${server.baseUrl}/async-clone/tasks`, { headers })).json()
      assert.lengthOf((tasks as { readonly tasks: ReadonlyArray<unknown> }).tasks, 1)
    },
  )

  it("tells the server's limits, keeps to them, and gives a refusal in words", { timeout: 120_000 }, async () => {
    await using visitor = await visit({}, { sampleBytes: 600_000, sampleSeconds: 5, textLength: 50 })
    const { page, server } = visitor
    await page.getByText("At most 0.6 MB and 5 seconds.").waitFor()
    const buffer = readFileSync(new URL("../voice.wav", import.meta.url))
    const give = (name: string, bytes: Buffer) =>
      page.locator("#sample").setInputFiles({ name, mimeType: "audio/wav", buffer: bytes })
    await give("large.wav", Buffer.concat([buffer, Buffer.alloc(500_000)]))
    await page.getByRole("alert").filter({ hasText: "and this server takes 0.6 MB at most" }).waitFor()
    assert.strictEqual(await page.evaluate(() => document.querySelector<HTMLInputElement>("#sample")!.files!.length), 0)
    await give("long.wav", buffer)
    await page.getByRole("alert").filter({ hasText: "this server takes 5 seconds at most: it may refuse it" }).waitFor()
    await page.getByLabel("Text").fill(long)
    await page.getByRole("button", { name: "Clone" }).click()
    assert.match(
      await page.evaluate(() => document.querySelector<HTMLTextAreaElement>("#text")!.validationMessage),
      /takes 50 at most/u,
    )
    await page.getByLabel("Text").fill("Hello!")
    await page.getByRole("button", { name: "Clone" }).click()
    await page
      .getByRole("alert")
      .filter({ hasText: "The server refuses this: The voice sample is longer than 5 seconds." })
      .waitFor()
    assert.isFalse(await page.locator("#job").isVisible())
    const jobs = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const opening = indexedDB.open("voiceclone")
          opening.addEventListener("success", () => {
            const all = opening.result.transaction("jobs").objectStore("jobs").getAllKeys()
            all.addEventListener("success", () => resolve(all.result))
          })
        }),
    )
    assert.deepStrictEqual(jobs, [], "what was refused is no job")
    const headers = { authorization: `Bearer ${server.apiKey}` }
    const tasks = await (await fetch(`${server.baseUrl}/async-clone/tasks`, { headers })).json()
    assert.lengthOf((tasks as { readonly tasks: ReadonlyArray<unknown> }).tasks, 0)
  })

  it("says when a busy server is asked again, and what a key may not do", { timeout: 60_000 }, async () => {
    await using visitor = await visit()
    const { page } = visitor
    const create = "**/create-task"
    await page.getByRole("button", { name: "Take the example voice" }).click()
    await taken(page)
    await page.route(create, (route) => route.fulfill({ status: 429, headers: { "retry-after": "40" }, json: {} }))
    await page.getByRole("button", { name: "Clone" }).click()
    await state(page, "Trying again in 40 seconds")
    await page.getByRole("button", { name: "Stop waiting" }).click()
    await page.unroute(create)
    await page.route(create, (route) => route.fulfill({ status: 403, json: { detail: "Not yours to make" } }))
    await page.getByRole("button", { name: "Clone" }).click()
    await page.getByRole("alert").filter({ hasText: "Use an API key that may do this." }).waitFor()
    // which is no matter of a file that is no sample either
    await page.locator("#sample").setInputFiles({ name: "a.wav", mimeType: "audio/wav", buffer: Buffer.alloc(0) })
    await page.getByRole("alert").filter({ hasText: "a.wav is empty" }).waitFor()
    assert.isFalse(await page.locator("#problem").isVisible())
  })

  it("asks for one microphone, however often it is asked to record", { timeout: 60_000 }, async () => {
    await using visitor = await visit()
    const { page } = visitor
    const asked = await page.evaluateHandle(() => {
      const asked: Array<MediaStreamConstraints | undefined> = []
      const { getUserMedia } = MediaDevices.prototype
      MediaDevices.prototype.getUserMedia = async function (constraints) {
        asked.push(constraints)
        return getUserMedia.call(this, constraints)
      }
      return asked
    })
    await page.getByRole("button", { name: "Record" }).dblclick()
    await page.getByRole("button", { name: /Stop recording \([1-9]/ }).waitFor()
    await page.getByRole("button", { name: "Stop recording" }).click()
    await taken(page)
    assert.lengthOf(await asked.jsonValue(), 1)
  })

  it("says that the microphone was lost, and takes what it had recorded by then", { timeout: 60_000 }, async () => {
    await using visitor = await visit()
    const { page } = visitor
    const microphone = await page.evaluateHandle(() => {
      const streams: Array<MediaStream> = []
      const { getUserMedia } = MediaDevices.prototype
      MediaDevices.prototype.getUserMedia = async function (constraints) {
        const stream = await getUserMedia.call(this, constraints)
        streams.push(stream)
        return stream
      }
      return streams
    })
    await page.getByRole("button", { name: "Record" }).click()
    await page.getByRole("button", { name: /Stop recording \([1-9]/ }).waitFor()
    await microphone.evaluate(([stream]) => stream!.getAudioTracks()[0]!.dispatchEvent(new Event("ended")))
    await taken(page)
    await page.getByRole("alert").filter({ hasText: "The microphone was lost" }).waitFor()
    await page.getByRole("button", { name: "Take the example voice" }).click()
    await page.locator("#problem").waitFor({ state: "hidden" })
  })

  it("can be worked with keys alone", { timeout: 120_000 }, async () => {
    await using visitor = await visit()
    const { page } = visitor
    const focused = () => page.evaluate(() => document.activeElement?.id)
    const reach = async (id: string) => {
      for (let presses = 0; presses < 12 && (await focused()) !== id; presses++) await page.keyboard.press("Tab")
      assert.strictEqual(await focused(), id)
    }
    await reach("example")
    await page.keyboard.press("Enter")
    await taken(page)
    await reach("text")
    await page.keyboard.type("Hello! ")
    await reach("start")
    await page.keyboard.press("Enter")
    await heard(page)
    assert.strictEqual(await page.evaluate(() => document.activeElement?.tagName), "AUDIO", "what is new has the focus")
  })

  it("lets in whoever opens it first, and asks others for the key", { timeout: 120_000 }, async () => {
    await using visitor = await visit()
    const { page, server } = visitor
    const second = await page.context().newPage()
    await second.goto(server.pageUrl!)
    await second.getByRole("alert").filter({ hasText: "This page was not let in" }).waitFor()
    assert.isTrue(await second.getByLabel("API key").isVisible())
    assert.strictEqual(await second.getByLabel("Address").inputValue(), server.baseUrl)
    await second.getByLabel("API key").fill(server.apiKey)
    await second.getByRole("button", { name: "Take the example voice" }).click()
    await taken(second)
    await second.getByRole("button", { name: "Clone" }).click()
    await heard(second)
  })

  it(
    "takes a file that is dropped, judges it by its content, and takes none while it works",
    { timeout: 120_000 },
    async () => {
      await using visitor = await visit()
      const { page } = visitor
      const drop = (name: string, bytes: Uint8Array) =>
        page.evaluate(
          ([name, bytes]) => {
            const dataTransfer = new DataTransfer()
            dataTransfer.items.add(new File([Uint8Array.from(bytes)], name, { type: "audio/wav" }))
            const at = document.querySelector("h1")!
            for (const type of ["dragover", "drop"]) {
              at.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }))
            }
          },
          [name, Array.from(bytes)] as const,
        )
      const chosen = () =>
        page.evaluate(() => Array.from(document.querySelector<HTMLInputElement>("#sample")!.files!, ({ name }) => name))
      await drop("notes.wav", new TextEncoder().encode("Dear diary, today I sang."))
      await page.getByRole("alert").filter({ hasText: "notes.wav is no audio file" }).waitFor()
      assert.deepStrictEqual(await chosen(), [])
      await drop("voice.wav", readFileSync(new URL("../voice.wav", import.meta.url)))
      await taken(page)
      assert.strictEqual(await page.locator("#sample-problem").textContent(), "")
      await page.getByLabel("Text").fill(long)
      await page.getByRole("button", { name: "Clone" }).click()
      await state(page, "Speaking")
      await drop("other.wav", readFileSync(new URL("../voice.wav", import.meta.url)))
      assert.deepStrictEqual(await chosen(), ["voice.wav"])
    },
  )
})

const looks: ReadonlyArray<[name: string, options: BrowserContextOptions]> = [
  ["light, on a desk", { colorScheme: "light", viewport: { width: 1280, height: 900 } }],
  ["dark, on a phone", { colorScheme: "dark", viewport: { width: 360, height: 740 } }],
]

describe.each(looks)("the page, %s", (name, options) => {
  it("is found without fault in every state, and fits", { timeout: 120_000 }, async () => {
    await using visitor = await visit({ ...options, reducedMotion: "reduce" })
    const { page, problems, server } = visitor

    const look = async (stateName: string) => {
      const pictures = process.env["VOICECLONE_PICTURES"]
      if (pictures !== undefined) {
        writeFileSync(join(pictures, `${stateName} ${name}.png`), await page.screenshot({ fullPage: true }))
      }
      await page.evaluate(axe.source)
      const violations = await page.evaluate(async () => {
        const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document)
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)
      })
      assert.deepStrictEqual(violations, [], stateName)
      const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
      assert.isAtMost(width[0]!, width[1]!, `${stateName}: wider than the window`)
    }

    /** Whether all of it is in the window, without scrolling. */
    const isSeen = (selector: string) =>
      page.evaluate((selector) => {
        const { bottom, top } = document.querySelector(selector)!.getBoundingClientRect()
        return top >= 0 && bottom <= innerHeight
      }, selector)

    await look("empty")
    const token = await page.evaluate(() => sessionStorage.getItem("token")!)
    await page.evaluate(() => sessionStorage.clear())
    await page.reload()
    await page.getByLabel("API key").waitFor()
    await look("asking for a key")
    await page.getByRole("button", { name: "Take the example voice" }).click()
    await taken(page)
    await page.getByLabel("API key").fill("vc_another")
    await page.getByRole("button", { name: "Clone" }).click()
    await page.getByRole("alert").filter({ hasText: "does not accept the API key" }).waitFor()
    assert.isTrue(await isSeen("#problem"))
    assert.strictEqual(await page.evaluate(() => document.activeElement?.id), "api-key")
    await look("key refused")
    await page.evaluate((token) => sessionStorage.setItem("token", token), token)
    await page.reload()
    await page.locator("#sample").setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("words") })
    await page.getByRole("alert").filter({ hasText: "a.txt is no audio file" }).waitFor()
    await look("refused")
    await page.getByRole("button", { name: "Record" }).click()
    await page.getByRole("button", { name: /Stop recording \([1-9]/ }).waitFor()
    await look("recording")
    await page.getByRole("button", { name: "Stop recording" }).click()
    // what the browser's pretended microphone hears is no speech
    await speaks(page)
    await look("working")
    await page.context().setOffline(true)
    await state(page, "offline")
    await look("offline")
    await page.context().setOffline(false)
    await page.getByRole("button", { name: "Stop waiting" }).click()
    await state(page, "Stopped waiting")
    await look("stopped")
    await page.getByLabel("Text").fill("Hello!")
    await page.getByRole("button", { name: "Clone" }).click()
    await heard(page)
    assert.isTrue(await isSeen("#result"))
    await page.getByLabel("Text").fill("Hi!")
    await page.getByRole("button", { name: "Clone" }).click()
    await page.getByRole("button", { name: "voice.wav, 6 characters" }).waitFor()
    await state(page, "Done.")
    await look("done")
    await server.close()
    await page.getByLabel("Text").fill("Nobody listens.")
    await page.getByRole("button", { name: "Clone" }).click()
    await page.getByRole("alert").filter({ hasText: "Cannot reach" }).waitFor({ timeout: 120_000 })
    await look("failed")
    // what is hidden until it is needed, all at once
    await page.evaluate(() => {
      for (const element of document.querySelectorAll<HTMLElement>("[hidden]")) element.hidden = false
    })
    await look("all")
    assert.deepStrictEqual(problems, [])
  })
})
