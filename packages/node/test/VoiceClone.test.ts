import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import * as Fault from "@voiceclone/testing/Fault"
import * as WavFile from "@voiceclone/testing/WavFile"
import { once } from "node:events"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import * as Net from "node:net"
import { tmpdir } from "node:os"
import { Readable } from "node:stream"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { pathToFileURL } from "node:url"
import { inspect } from "node:util"
import { type JobEvent, TaskId, VoiceClone } from "../src/index.ts"
import type { Options } from "../src/VoiceCloneNode.ts"

const speech = WavFile.tone({ seconds: 2 })
const voice = WavFile.tone({ seconds: 10, frequency: 220 })

let directory: string
const globalFetch = globalThis.fetch

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "voiceclone-"))
  await writeFile(join(directory, "voice.wav"), voice)
  globalThis.fetch = () => {
    throw new Error("The global fetch must not be used in Node")
  }
})
afterEach(async () => {
  globalThis.fetch = globalFetch
  await rm(directory, { recursive: true })
})

/** A client, the scenario that it talks to, and the two paths of a job. */
const open = async (scenario?: FakeApi.Scenario, options?: Partial<Options>) => {
  const api = FakeApi.make({ speech, ...scenario })
  const server = await FakeServer.start(api)
  const client = new VoiceClone({ apiKey: "key", baseUrl: server.baseUrl, journal: false, ...options })
  return {
    api,
    server,
    client,
    sample: join(directory, "voice.wav"),
    output: join(directory, "speech.wav"),
    [Symbol.asyncDispose]: async () => {
      await client.close()
      await server.close()
    },
  }
}

const rejection = async (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    (value) => assert.fail(`fulfilled with ${inspect(value)}`),
    (error: unknown) => error,
  )

const collect = async <A>(all: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const items: Array<A> = []
  for await (const item of all) items.push(item)
  return items
}

const until = async (holds: () => boolean) => {
  while (!holds()) await sleep(5)
}

describe("VoiceClone", () => {
  it("does a whole job, without the global fetch", async () => {
    await using scene = await open({ lifecycle: ["processing", "completed"] })
    const { api, client, output, sample } = scene
    const events: Array<JobEvent> = []
    const saved = await client.clone({ sample, text: "Hello!", output, onEvent: (event) => events.push(event) })
    assert.deepInclude(saved, { taskId: TaskId("task-1"), path: output, bytes: speech.byteLength, seconds: 2 })
    assert.deepStrictEqual(new Uint8Array(await readFile(output)), new Uint8Array(speech))
    assert.deepStrictEqual((await readdir(directory)).toSorted(), ["speech.wav", "voice.wav"])
    assert.deepStrictEqual(
      [...new Set(events.map(({ _tag }) => _tag))],
      ["Uploading", "Submitted", "Polled", "Downloading", "Verified", "Saved"],
    )
    assert.deepInclude(api.tasks[0], { owner: "key", text: "Hello!" })
  })

  it("does it step by step", async () => {
    await using scene = await open({ lifecycle: ["pending", "processing", "completed"] })
    const { client, output, sample } = scene
    const taskId = await client.create({ sample, text: "Hello!" })
    assert.strictEqual(taskId, "task-1")
    assert.deepStrictEqual(await client.status(taskId), {
      id: taskId,
      status: "pending",
      reportedStatus: "pending",
    })
    const seen: Array<string> = []
    for await (const { status } of client.watch(taskId)) seen.push(status)
    assert.deepStrictEqual(seen, ["processing", "completed"])
    assert.strictEqual((await client.wait(taskId)).status, "completed")
    assert.strictEqual((await client.download(taskId, { output })).path, output)
  })

  it("streams a sample from disk, with its length", async () => {
    await using scene = await open()
    const { api, client, sample } = scene
    await client.create({ sample, text: "Hello!" })
    const [create] = api.requestsOf("create")
    assert.strictEqual(create?.headers["content-length"], String(create?.body.byteLength))
    assert.isUndefined(create?.headers["transfer-encoding"])
  })

  it.each<[string, (path: string) => string | URL | Uint8Array | Blob, string]>([
    ["a path", (path) => path, "voice.wav"],
    ["a URL", (path) => pathToFileURL(path), "voice.wav"],
    ["bytes", () => voice, "sample.wav"],
    ["a part of a buffer", () => new Uint8Array([0, ...voice, 0]).subarray(1, -1), "sample.wav"],
    [
      "a Blob of another class, as node-fetch has one",
      () => ({ size: voice.byteLength, type: "audio/wav", stream: () => new Blob([voice]).stream() }) as Blob,
      "sample",
    ],
    ["a Blob", () => new Blob([voice.subarray(0, 1000), voice.subarray(1000)], { type: "audio/wav" }), "sample"],
    ["a File", () => new File([voice], "me.wav", { type: "audio/wav" }), "me.wav"],
  ])("sends a sample given as %s", async (_, given, name) => {
    await using scene = await open()
    const { api, client, sample } = scene
    await client.create({ sample: given(sample), text: "Grüße, 世界" })
    assert.deepStrictEqual(api.tasks[0]?.sample, { name, type: "audio/wav", bytes: new Uint8Array(voice) })
    assert.strictEqual(api.tasks[0]?.text, "Grüße, 世界")
    const { headers, body } = api.requests[0]!
    assert.strictEqual(headers["content-length"], String(body.byteLength))
  })

  it("rejects with plain errors that have a tag, a message and a next step", async () => {
    await using scene = await open({ apiKeys: ["another"], lifecycle: ["failed"] })
    const { client, output, sample } = scene
    const refused = await rejection(client.clone({ sample, text: "Hello!", output }))
    assert.isTrue(refused instanceof Error)
    assert.strictEqual(refused._tag, "InvalidApiKey")
    assert.strictEqual(refused.message, "The server does not accept the API key (Invalid or missing API key)")
    assert.match(refused.nextStep, /belongs to this server/)

    const cases: Array<[string, () => Promise<unknown>]> = [
      ["SampleUnreadable", () => client.create({ sample: join(directory, "missing.wav"), text: "Hello!" })],
      ["SampleUnreadable", () => client.create({ sample: directory, text: "Hello!" })],
      ["InvalidInput", () => client.create({ sample: new URL("https://voices.test/voice.wav"), text: "Hello!" })],
      ["InvalidInput", () => client.create({ sample, text: " " })],
      ["InvalidInput", () => client.status("")],
      ["InvalidInput", () => client.clone({ sample, text: "Hello!", output: directory })],
      [
        "InvalidInput",
        () => client.clone({ sample, text: "Hello!", output: join(directory, "missing", "speech.wav") }),
      ],
    ]
    // what JavaScript gives without types
    const none = undefined as never
    cases.push(
      ["InvalidInput", () => client.clone({ sample: none, text: "Hello!", output })],
      ["InvalidInput", () => client.clone({ sample: Readable.from([voice]) as never, text: "Hello!", output })],
      ["InvalidInput", () => client.clone({ sample, text: none, output })],
      ["InvalidInput", () => client.submit({ sample, text: 5 as never })],
      ["InvalidInput", () => client.clone({ sample, text: "Hello!", output: none })],
      ["InvalidInput", () => client.status(none)],
    )
    for (const [tag, call] of cases) {
      const error = await rejection(call())
      assert.isTrue(error instanceof Error)
      assert.strictEqual(error._tag, tag, error.message)
      assert.isString(error.nextStep)
    }
  })

  it("finds out that an option cannot work before anything is paid for", async () => {
    for (const options of [{ apiKey: "" }, { baseUrl: "ftp://voices.test" }]) {
      await using scene = await open({}, options)
      const error = await rejection(scene.client.status("task-1"))
      assert.strictEqual(error._tag, "InvalidInput")
    }
    await using scene = await open()
    const { api, client, output, sample } = scene
    const error = await rejection(client.clone({ sample, text: "Hello!", output, timeout: "a while" as never }))
    assert.strictEqual(error._tag, "InvalidInput")
    assert.strictEqual(error.input, "options")
    assert.strictEqual((await rejection(client.wait("task-1", { timeout: "a while" as never })))._tag, "InvalidInput")
    assert.strictEqual((await rejection(client.resumeAll({ timeout: "a while" as never })))._tag, "InvalidInput")
    assert.strictEqual((await rejection(client.wait("task-1", { timeout: -1 })))._tag, "InvalidInput")
    assert.strictEqual(api.requests.length, 0)
  })

  it("says which server it cannot reach, and why", async () => {
    const unused = Net.createServer().listen(0, "127.0.0.1")
    await once(unused, "listening")
    const { port } = unused.address() as Net.AddressInfo
    unused.close()
    await using client = new VoiceClone({
      apiKey: "key",
      baseUrl: `http://127.0.0.1:${port}/api`,
      journal: false,
    })
    const error = await rejection(client.status("task-1"))
    assert.strictEqual(error._tag, "ConnectionFailed")
    assert.strictEqual(
      error.message,
      `Cannot reach http://127.0.0.1:${port}: the connection was refused; nothing listens there`,
    )
    assert.notInclude(inspect(error, { depth: Number.POSITIVE_INFINITY }), "Bearer key")
  })

  it("waits no longer than it is told, and says how to go on", async () => {
    await using scene = await open({ lifecycle: ["processing"] })
    const error = await rejection(scene.client.wait(scene.api.addTask(), { timeout: 50 }))
    assert.strictEqual(error._tag, "WaitTimedOut")
    assert.deepInclude(error, { taskId: "task-1" })
    assert.match(error.nextStep, /wait for the same task id/)
  })

  it("never opens more sockets than it may", async () => {
    await using scene = await open({ faults: [Fault.on("status", "every", Fault.late(5))] }, { connections: 4 })
    const { api, client, server } = scene
    const id = api.addTask({ lifecycle: ["processing"] })
    await Promise.all(Array.from({ length: 200 }, () => client.status(id)))
    assert.strictEqual(api.requests.length, 200)
    assert.strictEqual(server.connections.most, 4)
  })

  it("closes its connections, and ends what is under way", async () => {
    const scene = await open({ faults: [Fault.on("status", 1, Fault.stall())] })
    const { api, client, server } = scene
    const pending = rejection(client.status(api.addTask()))
    await until(() => api.requests.length === 1)
    await client[Symbol.asyncDispose]()
    assert.instanceOf(await pending, Error)
    await until(() => server.connections.open === 0)
    assert.strictEqual(api.requests[0]?.outcome, "aborted")
    await scene[Symbol.asyncDispose]()
  })
})

describe("The same job again", () => {
  it("costs nothing, and fetches only what isn't there any more", async () => {
    await using scene = await open({
      lifecycle: ["completed"],
      faults: [Fault.on("result", 3, Fault.answer(410))],
    })
    const { api, client, output, sample } = scene
    const run = (to = output) => client.clone({ sample, text: "Hello!", output: to })
    const first = await run()
    const sent = api.requests.length
    assert.deepStrictEqual(await run(), first)
    assert.strictEqual(api.requests.length, sent)
    await writeFile(output, "overwritten")
    assert.deepStrictEqual(await run(), first)
    assert.strictEqual(api.requestsOf("result").length, 2)
    // gone from the server, but not from here
    const elsewhere = join(directory, "elsewhere.wav")
    for (let again = 0; again < 2; again++) {
      assert.strictEqual((await rejection(run(elsewhere)))._tag, "ResultExpired")
      assert.deepStrictEqual(await run(), first)
    }
    assert.strictEqual(api.tasks.length, 1)
    assert.deepStrictEqual((await readdir(directory)).toSorted(), ["speech.wav", "voice.wav"])
    const { entries } = await client.jobs()
    assert.deepInclude(entries[0], { state: "expired", taskId: TaskId("task-1") })
  })

  it("is paid for again only where that is asked for, though its task failed", async () => {
    await using scene = await open({ lifecycle: ["failed"] })
    const { api, client, output, sample } = scene
    const job = { sample, text: "Hello!" }
    assert.strictEqual((await rejection(client.clone({ ...job, output })))._tag, "TaskFailed")
    assert.strictEqual((await rejection(client.clone({ ...job, output })))._tag, "TaskFailed")
    assert.strictEqual((await rejection(client.create(job)))._tag, "TaskFailed")
    assert.strictEqual(api.tasks.length, 1)
    assert.strictEqual(await client.create({ ...job, force: true }), "task-2")
    assert.strictEqual(api.tasks.length, 2)
  })
})

describe("An abort", () => {
  const reason = new Error("The user has gone to lunch")

  type Scene = Awaited<ReturnType<typeof open>>
  const cases: ReadonlyArray<[string, FakeApi.Scenario, (scene: Scene, signal: AbortSignal) => Promise<unknown>]> = [
    [
      "in the upload",
      { faults: [Fault.on("create", 1, Fault.stall({ afterReceived: 1000 }))] },
      async ({ client, output, sample }, signal) => {
        await writeFile(sample, new Uint8Array(30_000_000))
        return client.clone({ sample, text: "Hello!", output, signal })
      },
    ],
    [
      "before the answer to a create",
      { faults: [Fault.on("create", 1, Fault.stall())] },
      ({ client, sample }, signal) => client.create({ sample: new Blob([voice]), text: sample, signal }),
    ],
    [
      "in a poll",
      { faults: [Fault.on("status", 1, Fault.stall())] },
      ({ api, client }, signal) => client.wait(api.addTask(), { signal }),
    ],
    [
      "in a watch",
      { faults: [Fault.on("status", 1, Fault.stall())] },
      ({ api, client }, signal) => collect(client.watch(api.addTask(), { signal })),
    ],
    [
      "in the download",
      { lifecycle: ["completed"], faults: [Fault.on("result", 1, Fault.stall({ afterSent: 1000 }))] },
      ({ api, client, output }, signal) => client.download(api.addTask(), { output, signal }),
    ],
  ]
  it.each(cases)("%s ends it at once, on the wire too", async (_, scenario, run) => {
    await using scene = await open(scenario)
    const { api, server } = scene
    const controller = new AbortController()
    const rejected = rejection(run(scene, controller.signal))
    await until(() => api.requests.length === 1)
    await sleep(50)
    const aborted = performance.now()
    controller.abort(reason)
    assert.strictEqual(await rejected, reason)
    assert.isBelow(performance.now() - aborted, 2000)
    await until(() => server.connections.open === 0)
    assert.strictEqual(api.requests[0]?.outcome, "aborted")
    // what has come is kept for the next time
    const kept = api.requestsOf("result").length > 0 ? ["speech.wav.part", "speech.wav.part.json"] : []
    assert.deepStrictEqual((await readdir(directory)).toSorted(), [...kept, "voice.wav"])
  })

  it("between two polls ends the sleep", async () => {
    await using scene = await open({ lifecycle: [{ status: "processing", retryAfter: "3600" }] })
    const { api, client } = scene
    const controller = new AbortController()
    const rejected = rejection(client.wait(api.addTask(), { signal: controller.signal }))
    await until(() => api.requests[0]?.outcome === "answered")
    await sleep(20)
    controller.abort(reason)
    assert.strictEqual(await rejected, reason)
  })

  it("beforehand sends nothing", async () => {
    await using scene = await open()
    const { api, client, output, sample } = scene
    const signal = AbortSignal.abort(reason)
    assert.strictEqual(await rejection(client.clone({ sample, text: "Hello!", output, signal })), reason)
    assert.strictEqual(await rejection(collect(client.watch("task-1", { signal }))), reason)
    assert.strictEqual(api.requests.length, 0)
  })

  it("afterwards, and leaving a watch early, disturbs nothing", async () => {
    await using scene = await open({ lifecycle: ["processing", "completed"] })
    const { api, client } = scene
    const id = api.addTask()
    for await (const { status } of client.watch(id)) {
      assert.strictEqual(status, "processing")
      break
    }
    const controller = new AbortController()
    assert.strictEqual((await client.wait(id, { signal: controller.signal })).status, "completed")
    controller.abort(reason)
    assert.strictEqual((await client.status(id)).status, "completed")
  })
})

describe("The connection of a create call", () => {
  it("is a fresh one, even where one is kept alive", async () => {
    const sockets = new Map<string, Set<unknown>>()
    const server = createServer((request, response) => {
      const kind = request.method ?? ""
      sockets.set(kind, (sockets.get(kind) ?? new Set()).add(request.socket))
      request.resume().on("end", () => response.end(JSON.stringify({ task_id: "task", status: "pending" })))
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as Net.AddressInfo
    await using client = new VoiceClone({ apiKey: "key", baseUrl: `http://127.0.0.1:${port}`, journal: false })
    for (let calls = 0; calls < 4; calls++) await client.status("task")
    await client.create({ sample: new Uint8Array([1]), text: "Hello!" })
    await client.create({ sample: new Uint8Array([2]), text: "Hello!" })
    server.close()
    server.closeAllConnections()
    const [gets, posts] = [sockets.get("GET")!, sockets.get("POST")!]
    assert.isBelow(gets.size, 4, "connections are used again")
    assert.strictEqual(posts.size, 2)
    assert.isTrue([...posts].every((socket) => !gets.has(socket)))
  })

  it("ends with the client, and so does whatever is watched", async () => {
    const api = FakeApi.make({ lifecycle: ["processing"] })
    await using server = await FakeServer.start(api)
    const client = new VoiceClone({ apiKey: "key", baseUrl: server.baseUrl, journal: false })
    const watched = (async () => {
      for await (const task of client.watch(api.addTask())) void task
    })()
    const waited = client.wait(api.addTask())
    setTimeout(() => void client.close(), 100)
    const outcomes = await Promise.allSettled([watched, waited])
    for (const outcome of outcomes) {
      assert.strictEqual(outcome.status === "rejected" ? outcome.reason.name : "resolved", "AbortError")
    }
  })
})
