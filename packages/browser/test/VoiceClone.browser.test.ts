import { toHex } from "@voiceclone/core/Digest"
import type { JobEvent } from "@voiceclone/core/JobEvent"
import type { Task } from "@voiceclone/core/Task"
import { assert, beforeAll, describe, inject, it } from "vitest"
import type { PlaybackFailed } from "../src/Speech.ts"
import { VoiceClone as fromSources } from "../src/VoiceClone.ts"
import type * as VoiceCloneBrowser from "../src/VoiceCloneBrowser.ts"

// Vitest serves this page from another port, so each call here is one to another origin.
const { open, foreign, quoting } = inject("servers")

// what is published for pages without Effect has less in it, and does the same
const address = "/standalone/standalone.js"
const { VoiceClone: standalone } = (await import(/* @vite-ignore */ address)) as {
  readonly VoiceClone: typeof fromSources
}

let VoiceClone = fromSources

const clientOf = (server: typeof open, options: Partial<VoiceCloneBrowser.Options> = {}) =>
  new VoiceClone({ ...server, allowApiKeyInBrowser: true, ...options })

const voice = async () => {
  const response = await fetch("/examples/voice.wav")
  assert.strictEqual(response.status, 200)
  return new File([await response.arrayBuffer()], "voice.wav", { type: "audio/wav" })
}

/** Each test has jobs of its own: what one has paid for, another would go on with. */
let count = 0
const newText = () => `Hello from a browser, number ${++count} of ${Date.now()}.`

/** One that is not spoken yet when that is asked for, however busy the machine is with the page. */
const newLongText = () => Array.from({ length: 5 }, newText).join(" ")

const rejection = async (promise: Promise<unknown>): Promise<any> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  return assert.fail("it did not reject")
}

/** All texts in a value, whatever it takes to come to them. */
const textsIn = (value: unknown, seen = new Set<unknown>()): ReadonlyArray<string> => {
  if (typeof value === "string") return [value]
  if (typeof value !== "object" || value === null || seen.has(value)) return []
  seen.add(value)
  return Reflect.ownKeys(value).flatMap((key) => textsIn(Reflect.get(value, key), seen))
}

/** All that an IndexedDB database has, as text. */
const recordsOf = async (name: string): Promise<string> => {
  const done = <A>(request: IDBRequest<A>) =>
    new Promise<A>((resolve, reject) => {
      request.addEventListener("success", () => resolve(request.result))
      request.addEventListener("error", () => reject(request.error as Error))
    })
  const database = await done(indexedDB.open(name))
  const stores = Array.from(database.objectStoreNames)
  const records = await Promise.all(
    stores.map((store) => done<Array<unknown>>(database.transaction(store).objectStore(store).getAll())),
  )
  database.close()
  return JSON.stringify(records)
}

/** All that the files of a directory have, as text. */
const filesOf = async (name: string): Promise<string> => {
  const directory = await (await navigator.storage.getDirectory()).getDirectoryHandle(name)
  const texts: Array<string> = []
  for await (const handle of directory.values()) {
    if (handle instanceof FileSystemFileHandle) texts.push(await (await handle.getFile()).text())
  }
  return texts.join("\n")
}

const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer())

/** A result as the server has it. */
const resultOf = async (taskId: string) => {
  const headers = { authorization: `Bearer ${open.apiKey}` }
  return bytesOf(await (await fetch(`${open.baseUrl}/async-clone/task-result/${taskId}`, { headers })).blob())
}

describe.each([
  ["VoiceClone", fromSources],
  ["the standalone VoiceClone", standalone],
])("%s", (_, door) => {
  beforeAll(() => void (VoiceClone = door))

  it("clones a voice: the bytes are those that the server has", async () => {
    const client = clientOf(open)
    const events: Array<JobEvent["_tag"]> = []
    const text = newText()
    const result = await client.clone({ sample: await voice(), text, onEvent: ({ _tag }) => events.push(_tag) })

    assert.deepStrictEqual(
      events.filter((tag, i) => tag !== events[i - 1]),
      ["Uploading", "Submitted", "Polled", "Downloading", "Verified", "Saved"],
    )
    assert.deepStrictEqual(result.format, { sampleRate: 22_050, bitsPerSample: 16, channels: 1 })
    assert.isAbove(result.seconds, 0.5)
    assert.strictEqual(result.blob.type, "audio/wav")
    assert.strictEqual(result.blob.size, result.bytes)
    assert.deepStrictEqual(await bytesOf(result.blob), await resultOf(result.taskId))
    // and Chromium's own decoder takes it for what we say it is
    const decoded = await new OfflineAudioContext(1, 1, 22_050).decodeAudioData(await result.blob.arrayBuffer())
    assert.approximately(decoded.duration, result.seconds, 0.001)

    // what is saved is neither paid for nor fetched again
    events.length = 0
    const again = await client.clone({ sample: await voice(), text, onEvent: ({ _tag }) => events.push(_tag) })
    assert.deepStrictEqual(events, ["Resumed", "Saved"])
    assert.deepInclude(again, { path: result.path, sha256: result.sha256, taskId: result.taskId })
    await client.close()
  })

  it("creates, watches, waits and downloads step by step", async () => {
    await using client = clientOf(open)
    const sample = await bytesOf(await voice())
    const taskId = await client.create({ sample, text: newLongText() })
    const early = await rejection(client.download(taskId))
    assert.strictEqual(early._tag, "TaskNotReady")
    const seen: Array<Task> = []
    for await (const task of client.watch(taskId)) seen.push(task)
    assert.strictEqual(seen.at(-1)?.status, "completed")
    const task = await client.wait(taskId)
    assert.strictEqual(task.status, "completed")
    assert.strictEqual((await client.status(taskId)).id, taskId)
    const result = await client.download(taskId)
    assert.strictEqual(result.taskId, taskId)
    assert.strictEqual(result.blob.size, result.bytes)
  })

  it("creates a task that nothing remembers, and has its result in memory", async () => {
    const name = `unused-${crypto.randomUUID()}`
    await using client = clientOf(open, { journal: name, files: { directory: name } })
    const events: Array<JobEvent["_tag"]> = []
    const onEvent = ({ _tag }: JobEvent) => events.push(_tag)
    const taskId = await client.submit({ sample: await voice(), text: newLongText(), onEvent })
    const early = await rejection(client.receive(taskId))
    assert.strictEqual(early._tag, "TaskNotReady")
    await client.wait(taskId)
    using speech = await client.receive(taskId, { onEvent })
    assert.deepStrictEqual(
      events.filter((tag, i) => tag !== events[i - 1]),
      ["Uploading", "Submitted", "Downloading", "Verified"],
    )
    assert.deepStrictEqual(await bytesOf(speech.blob), await resultOf(taskId))
    assert.strictEqual(speech.blob.type, "audio/wav")
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await speech.blob.arrayBuffer()))
    assert.strictEqual(speech.sha256, toHex(digest))
    assert.match(speech.objectUrl(), /^blob:/)
    // neither a database nor a directory was made
    assert.notInclude(
      (await indexedDB.databases()).map((database) => database.name),
      name,
    )
    await rejection(navigator.storage.getDirectory().then((root) => root.getDirectoryHandle(name)))
  })

  it("goes on in memory where a transfer broke off, and judges the whole", async () => {
    await using client = clientOf(open)
    const taskId = await client.submit({ sample: await voice(), text: newText() })
    await client.wait(taskId)
    const right = await resultOf(taskId)
    const { fetch } = globalThis
    /** What is asked for, and what comes: half of the body, and then what is right or, at its end, is not. */
    const receive = async (change: (bytes: Uint8Array<ArrayBuffer>) => void) => {
      const ranges: Array<string | null> = []
      globalThis.fetch = async (url, init) => {
        const response = await fetch(url, init)
        if (!response.url.includes("/task-result/")) return response
        ranges.push(new Headers(init?.headers).get("range"))
        const bytes = await bytesOf(await response.blob())
        if (ranges.length > 1) change(bytes)
        const body = new ReadableStream<Uint8Array>({
          start: (controller) => {
            controller.enqueue(ranges.length > 1 ? bytes : bytes.subarray(0, 10_000))
            if (ranges.length > 1) controller.close()
          },
          pull: (controller) => controller.error(new TypeError("network error")),
        })
        return new Response(body, { status: response.status, headers: response.headers })
      }
      try {
        return { ranges, outcome: await client.receive(taskId).catch((error: { readonly _tag: string }) => error) }
      } finally {
        globalThis.fetch = fetch
      }
    }
    const { outcome, ranges } = await receive(() => {})
    assert.deepStrictEqual(ranges, [null, "bytes=10000-"])
    assert.deepStrictEqual("blob" in outcome ? await bytesOf(outcome.blob) : outcome, right)
    const lied = await receive((bytes) => void (bytes[bytes.length - 1]! ^= 1))
    assert.strictEqual("_tag" in lied.outcome && lied.outcome._tag, "ResultCorrupt")
  })

  it("hashes by itself where the browser doesn't, as without https", async () => {
    await using client = clientOf(open)
    const taskId = await client.submit({ sample: await voice(), text: newText() })
    await client.wait(taskId)
    Object.defineProperty(crypto, "subtle", { value: undefined, configurable: true })
    try {
      await using other = clientOf(open)
      const { sha256 } = await other.receive(taskId)
      Reflect.deleteProperty(crypto, "subtle")
      assert.strictEqual(sha256, (await client.receive(taskId)).sha256)
    } finally {
      Reflect.deleteProperty(crypto, "subtle")
    }
  })

  it("rejects with the signal's reason when it is aborted, and the task goes on", async () => {
    await using client = clientOf(open)
    const controller = new AbortController()
    const reason = new Error("the visitor left")
    let taskId = ""
    const onEvent = (event: JobEvent) => {
      if (event._tag !== "Submitted") return
      taskId = event.taskId
      setTimeout(() => controller.abort(reason))
    }
    const sample = await voice()
    assert.strictEqual(
      await rejection(client.clone({ sample, text: newText(), signal: controller.signal, onEvent })),
      reason,
    )
    assert.strictEqual((await client.wait(taskId)).status, "completed")
    assert.strictEqual(await rejection(client.status(taskId, { signal: controller.signal })), reason)
  })

  it("finds out that a key is wrong before anything is uploaded", async () => {
    await using client = clientOf({ ...open, apiKey: "wrong" })
    const events: Array<JobEvent> = []
    const onEvent = (event: JobEvent) => events.push(event)
    const error = await rejection(client.clone({ sample: await voice(), text: newText(), onEvent }))
    assert.strictEqual(error._tag, "InvalidApiKey")
    assert.deepStrictEqual(events, [])
  })

  it.concurrent("says that nothing was sent when the server cannot be reached", async () => {
    await using client = clientOf({ ...open, baseUrl: "http://127.0.0.1:1/api" })
    const error = await rejection(client.create({ sample: await voice(), text: newText() }))
    assert.strictEqual(error._tag, "ConnectionFailed")
    assert.include(error.message, "Cannot reach http://127.0.0.1:1: nothing answers there")
  })

  it.concurrent("says that the server may not let this page call it, and sends nothing", async () => {
    await using client = clientOf(foreign)
    const error = await rejection(client.create({ sample: await voice(), text: newText() }))
    assert.strictEqual(error._tag, "ConnectionFailed")
    assert.include(error.message, `it does not let pages of ${location.origin} call it (CORS)`)
  })

  it("takes no key in a page unless it is told to", async () => {
    await using client = new VoiceClone(open)
    const error = await rejection(client.status("task"))
    assert.strictEqual(error._tag, "InvalidInput")
    assert.include(error.nextStep, "allowApiKeyInBrowser: true")
    assert.notInclude(JSON.stringify(error) + error.message, open.apiKey)
  })

  it("refuses what is no sample, as a field without a file gives it", async () => {
    await using client = clientOf(open)
    const input = Object.assign(document.createElement("input"), { type: "file" })
    for (const none of [input.files![0], input.files, "voice.wav", new ReadableStream(), null]) {
      const request = { sample: none as never, text: newText() }
      for (const call of [() => client.submit(request), () => client.clone(request)]) {
        assert.deepInclude(await rejection(call()), { _tag: "InvalidInput", input: "sample" })
      }
    }
  })

  it("refuses a text and a task id that are none", async () => {
    await using client = clientOf(open)
    const none = undefined as never
    const sample = await voice()
    const calls = {
      clone: () => client.clone({ sample, text: none }),
      submit: () => client.submit({ sample, text: none }),
      download: () => client.download(none),
      receive: () => client.receive(none),
      wait: () => client.wait(none),
      open: () => client.open({ path: "none.wav", taskId: none }),
    }
    for (const [name, call] of Object.entries(calls)) {
      assert.strictEqual((await rejection(call()))._tag, "InvalidInput", name)
    }
  })

  it("refuses an empty sample", async () => {
    await using client = clientOf(open)
    const error = await rejection(client.create({ sample: new Blob([]), text: newText() }))
    assert.strictEqual(error._tag, "InvalidInput")
  })

  it("remembers jobs for another client, which finishes, opens and forgets them", async () => {
    const journal = `journal-${crypto.randomUUID()}`
    const text = newText()
    const controller = new AbortController()
    const sample = await voice()
    {
      await using client = clientOf(open, { journal })
      const onEvent = ({ _tag }: JobEvent) => _tag === "Polled" && setTimeout(() => controller.abort())
      await rejection(client.clone({ sample, text, signal: controller.signal, onEvent }))
    }
    await using client = clientOf(open, { journal })
    const [left] = (await client.jobs()).entries
    assert.oneOf(left?.state, ["submitted", "completed"])
    assert.strictEqual((await rejection(client.forget(left!.key)))._tag, "InvalidInput")
    const { saved, failed } = await client.resumeAll()
    assert.deepStrictEqual(failed, [])
    assert.strictEqual(saved[0]?.taskId, left?.taskId)
    const speech = await client.open(saved[0]!)
    assert.strictEqual(speech.sha256, saved[0]?.sha256)
    assert.strictEqual(speech.blob.size, speech.bytes)
    await client.forget(left!.key)
    assert.deepStrictEqual((await client.jobs()).entries, [])
    assert.strictEqual((await rejection(client.open(speech)))._tag, "ResultCorrupt")
  })

  it("forgets a job without the speech that another has saved in its place", { timeout: 60_000 }, async () => {
    await using client = clientOf(open, { journal: `journal-${crypto.randomUUID()}` })
    const sample = await voice()
    const output = `${crypto.randomUUID()}.wav`
    const first = await client.clone({ sample, text: newText(), output })
    const [{ key } = { key: "" }] = (await client.jobs()).entries
    const second = await client.clone({ sample, text: `${newText()} And it is longer.`, output })
    assert.notStrictEqual(second.sha256, first.sha256)
    await client.forget(key)
    assert.strictEqual((await client.open(second)).sha256, second.sha256)
    const [left, ...others] = (await client.jobs()).entries
    assert.strictEqual(left?.taskId, second.taskId)
    assert.deepStrictEqual(others, [])
    await client.forget(left!.key)
    assert.strictEqual((await rejection(client.open(second)))._tag, "ResultCorrupt")
  })

  it("says where nothing is kept, and works all the same", async () => {
    await using client = clientOf(open, { files: false, journal: false })
    const told: Array<JobEvent> = []
    const result = await client.clone({ sample: await voice(), text: newText(), onEvent: (event) => told.push(event) })
    assert.strictEqual(result.blob.size, result.bytes)
    assert.deepInclude(
      told.filter(({ _tag }) => _tag === "HeldInMemory"),
      { _tag: "HeldInMemory", what: "results", reason: "this page keeps nothing" },
    )
  })

  it("lets one of several clients ask, and the others follow", async () => {
    await using one = clientOf(open)
    await using other = clientOf(open)
    const taskId = await one.create({ sample: await voice(), text: newText() })
    // it holds 250 at most
    performance.clearResourceTimings()
    const [first, second] = await Promise.all([one.wait(taskId), other.wait(taskId)])
    assert.deepStrictEqual(first, second)
    const asked = performance.getEntriesByType("resource").filter(({ name }) => name.endsWith(`/task-status/${taskId}`))
    assert.isAbove(asked.length, 0)
    const seen: Array<Task> = []
    for await (const task of other.watch(taskId)) seen.push(task)
    assert.strictEqual(seen.length, 1)
  })

  it("calls with a token that is asked for each time, and with no key", async () => {
    let asked = 0
    const token = async () => {
      asked++
      return open.apiKey
    }
    await using client = new VoiceClone({ baseUrl: open.baseUrl, token })
    assert.strictEqual((await rejection(client.status("none")))._tag, "TaskNotFound")
    assert.strictEqual((await rejection(client.status("none")))._tag, "TaskNotFound")
    assert.strictEqual(asked, 2)
    await using other = new VoiceClone({ baseUrl: open.baseUrl, token: () => Promise.reject(new Error("logged out")) })
    const error = await rejection(other.create({ sample: await voice(), text: newText() }))
    assert.strictEqual(error._tag, "ConnectionFailed")
    assert.include(error.message, "logged out")
  })

  it("asks once more for a token that was refused, and sends another one only", async () => {
    const tokens = ["one-that-has-ended", open.apiKey, "one-that-is-none", "one-that-is-none"]
    await using client = new VoiceClone({ baseUrl: open.baseUrl, token: () => tokens.shift() ?? assert.fail() })
    const { fetch } = globalThis
    const sent: Array<string | null> = []
    globalThis.fetch = (url, init) => {
      sent.push(new Headers(init?.headers).get("authorization"))
      return fetch(url, init)
    }
    try {
      assert.strictEqual((await rejection(client.status("none")))._tag, "TaskNotFound")
      assert.strictEqual((await rejection(client.status("none")))._tag, "InvalidApiKey")
    } finally {
      globalThis.fetch = fetch
    }
    assert.lengthOf(tokens, 0)
    assert.deepStrictEqual(sent, ["Bearer one-that-has-ended", `Bearer ${open.apiKey}`, "Bearer one-that-is-none"])
  })

  it("shows no token in an error, however a server quotes it, and late", async () => {
    const visitor = crypto.randomUUID()
    const tokens = [`${visitor}/1&2`, `${visitor}%3`, `${visitor}-4`]
    await using client = new VoiceClone({ baseUrl: quoting.baseUrl, token: () => tokens.shift() ?? assert.fail() })
    const asked = tokens.length
    const events: Array<JobEvent> = []
    for (let call = 0; call < asked; call++) {
      const error = await rejection(client.status("task", { onEvent: (event) => events.push(event) }))
      // each answer quotes all that the server has been sent
      assert.include(error.message, "<redacted>", error._tag)
      for (const text of [...textsIn(error), String(error), error.stack, JSON.stringify(error), error.nextStep]) {
        assert.notInclude(text, visitor)
      }
    }
    assert.notInclude(JSON.stringify(events), visitor)
  })

  it("sends no token that cannot be one, and does not show it", async () => {
    for (const token of ["two words", "line\nbreak", "", 1 as unknown as string]) {
      await using client = new VoiceClone({ baseUrl: open.baseUrl, token: () => token })
      const error = await rejection(client.status("task"))
      assert.strictEqual(error._tag, "ConnectionFailed")
      assert.include(error.message, "nothing that can be sent as a token")
      if (token !== "" && token !== (1 as unknown)) assert.notInclude(textsIn(error).join(), token)
    }
  })

  it("does a whole job by tokens that end each time, and keeps none of them", async () => {
    const journal = `tokens-${Date.now()}`
    let asked = 0
    const token = async () => (asked++ % 2 === 0 ? `ended-token-${asked}` : open.apiKey)
    await using client = new VoiceClone({ baseUrl: open.baseUrl, token, journal, files: { directory: journal } })
    const speech = await client.clone({ sample: await voice(), text: newText() })
    assert.isAbove(speech.bytes, 44)
    assert.isAbove(asked, 6)
    const { entries } = await client.jobs()
    assert.deepStrictEqual(
      entries.map(({ state }) => state),
      ["saved"],
    )
    const kept = [
      await recordsOf(journal),
      await filesOf(journal),
      JSON.stringify({ ...localStorage, ...sessionStorage }),
    ]
    assert.include(kept[0], speech.sha256)
    assert.include(kept[1], "RIFF")
    for (const text of kept) {
      assert.notInclude(text, open.apiKey)
      assert.notInclude(text, "ended-token")
    }
  })

  it("takes over a file from a tab that is just going away", async () => {
    const directory = `left-${crypto.randomUUID()}`
    await using client = clientOf(open, { journal: directory, files: { directory } })
    const taskId = await client.submit({ sample: await voice(), text: newText() })
    await client.wait(taskId)
    // a tab's locks are let go of one after the other
    const page = `voiceclone:page:${crypto.randomUUID()}`
    const root = await navigator.storage.getDirectory()
    const files = await root.getDirectoryHandle(directory, { create: true })
    const lock = await (await files.getFileHandle("speech.wav.part.lock", { create: true })).createWritable()
    await lock.write(`${page}\n01234567\n`)
    await lock.close()
    let letGo = () => {}
    await new Promise<void>((held) => {
      void navigator.locks.request(page, async () => {
        held()
        await new Promise<void>((resolve) => void (letGo = resolve))
      })
    })
    const { query } = LockManager.prototype
    LockManager.prototype.query = async function () {
      const snapshot = await query.call(this)
      setTimeout(letGo, 50)
      return snapshot
    }
    try {
      const { bytes } = await client.download(taskId, { output: "speech.wav" })
      assert.isAbove(bytes, 44)
    } finally {
      LockManager.prototype.query = query
    }
  })

  it("tells a visitor who wants no file from a file that was not written", async () => {
    await using client = clientOf(open)
    const taskId = await client.submit({ sample: await voice(), text: newText() })
    await client.wait(taskId)
    const speech = await client.receive(taskId)
    const { showSaveFilePicker } = globalThis as { showSaveFilePicker?: unknown }
    const aborted = new DOMException("It was refused", "AbortError")
    const saveBy = (picker: () => Promise<unknown>) => {
      Object.assign(globalThis, { showSaveFilePicker: picker })
      return speech.save()
    }
    try {
      assert.isFalse(await saveBy(() => Promise.reject(aborted)))
      const written: Array<number> = []
      const fileOf = (close: () => Promise<void>) => async () => ({
        createWritable: async () =>
          new WritableStream<Uint8Array>({ write: (bytes) => void written.push(bytes.byteLength), close }),
      })
      assert.isTrue(await saveBy(fileOf(async () => {})))
      assert.strictEqual(
        written.reduce((sum, bytes) => sum + bytes, 0),
        speech.bytes,
      )
      // as a browser does that takes the file for a dangerous one
      const error = await rejection(saveBy(fileOf(() => Promise.reject(aborted))))
      assert.deepStrictEqual([error._tag, error.reason, error.cause], ["SavingFailed", "It was refused", aborted])
      assert.isNotEmpty(error.nextStep)
    } finally {
      Object.assign(globalThis, { showSaveFilePicker })
    }
  })

  it("says that a speech is gone whose file was cleared, and gives nobody the rest of it", async () => {
    const directory = `cleared-${crypto.randomUUID()}`
    await using client = clientOf(open, { journal: directory, files: { directory } })
    const speech = await client.clone({ sample: await voice(), text: newText() })
    await speech.check()
    const { showSaveFilePicker } = globalThis as { showSaveFilePicker?: unknown }
    const { click } = HTMLAnchorElement.prototype
    let given = 0
    HTMLAnchorElement.prototype.click = () => void given++
    const root = await navigator.storage.getDirectory()
    await root.removeEntry(directory, { recursive: true })
    try {
      for (const picker of [undefined, async () => given++]) {
        Object.assign(globalThis, { showSaveFilePicker: picker })
        for (const method of ["save", "play", "check"] as const) {
          const error = await rejection(speech[method]())
          assert.strictEqual(error._tag, "SpeechGone")
          assert.include(error.message, speech.taskId)
          assert.match(error.nextStep, /download/iu)
        }
      }
      assert.strictEqual(given, 0, "nobody was asked for a place, and nothing was given to the downloads")
    } finally {
      Object.assign(globalThis, { showSaveFilePicker })
      HTMLAnchorElement.prototype.click = click
    }
    // and that next step is one
    const again = await client.download(speech.taskId)
    assert.strictEqual(again.sha256, speech.sha256)
    await again.check()
  })

  it("says that a speech is gone whose file was cleared while it was being saved", async () => {
    const directory = `cleared-${crypto.randomUUID()}`
    await using client = clientOf(open, { journal: directory, files: { directory } })
    const speech = await client.clone({ sample: await voice(), text: newText() })
    const { showSaveFilePicker } = globalThis as { showSaveFilePicker?: unknown }
    let isClosed = false
    const picker = async () => {
      const root = await navigator.storage.getDirectory()
      await root.removeEntry(directory, { recursive: true })
      return { createWritable: async () => new WritableStream({ close: () => void (isClosed = true) }) }
    }
    Object.assign(globalThis, { showSaveFilePicker: picker })
    try {
      assert.strictEqual((await rejection(speech.save()))._tag, "SpeechGone")
      assert.isFalse(isClosed, "a part of it was saved")
    } finally {
      Object.assign(globalThis, { showSaveFilePicker })
    }
  })

  it("gives an address, plays, and saves by a download", async () => {
    await using client = clientOf(open)
    const speech = await client.clone({ sample: await voice(), text: newText() })
    assert.strictEqual(speech.objectUrl(), speech.objectUrl())
    assert.strictEqual((await (await fetch(speech.objectUrl())).blob()).size, speech.bytes)
    let saved = ""
    const click = (event: Event) => {
      event.preventDefault()
      saved = (event.target as HTMLAnchorElement).download
    }
    const { showSaveFilePicker } = globalThis as { showSaveFilePicker?: unknown }
    Object.assign(globalThis, { showSaveFilePicker: undefined })
    HTMLAnchorElement.prototype.click = function () {
      this.addEventListener("click", click)
      this.dispatchEvent(new MouseEvent("click", { cancelable: true }))
    }
    assert.isTrue(await speech.save("hello.wav"))
    assert.strictEqual(saved, "hello.wav")
    Object.assign(globalThis, { showSaveFilePicker })
    const played = await speech.play().catch((error: unknown) => error)
    assert.isTrue(played instanceof HTMLAudioElement || (played as PlaybackFailed)._tag === "PlaybackFailed")
    speech.revoke()
  })
})
