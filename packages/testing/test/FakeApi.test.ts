import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { createHash } from "node:crypto"
import * as FakeApi from "../src/FakeApi.ts"
import * as FakeHttpClient from "../src/FakeHttpClient.ts"
import * as FakeServer from "../src/FakeServer.ts"
import * as Fault from "../src/Fault.ts"
import * as WavFile from "../src/WavFile.ts"

const speech = WavFile.tone({ seconds: 1 })

/** A client of a scenario, with nothing of its own: one in memory, one on a port. */
const doors = {
  "in memory": (api: FakeApi.FakeApi) => Effect.succeed([FakeHttpClient.make(api), "http://voices.test/api"] as const),
  "on a port": (api: FakeApi.FakeApi) =>
    Effect.gen(function* () {
      const server = yield* FakeServer.make(api)
      const undici = yield* Layer.build(NodeHttpClient.layerUndici)
      return [Context.get(undici, HttpClient.HttpClient), server.baseUrl] as const
    }),
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly bytes: number
  readonly text: string
  /** Whether the body broke off. */
  readonly broken: boolean
}

describe.each(Object.entries(doors))("FakeApi %s", (_, open) => {
  const scene = Effect.fnUntraced(function* (scenario?: FakeApi.Scenario) {
    const api = FakeApi.make({ speech, ...scenario })
    const [client, baseUrl] = yield* open(api)
    const call = (request: HttpClientRequest.HttpClientRequest, key = "key") =>
      client.execute(HttpClientRequest.bearerToken(HttpClientRequest.prependUrl(request, baseUrl), key)).pipe(
        Effect.flatMap((response) => {
          const decoder = new TextDecoder()
          let text = ""
          let bytes = 0
          return response.stream.pipe(
            Stream.runForEach((chunk) =>
              Effect.sync(() => {
                bytes += chunk.byteLength
                text += decoder.decode(chunk, { stream: true })
              }),
            ),
            Effect.isFailure,
            Effect.map((broken): Answer => ({
              status: response.status,
              headers: response.headers,
              bytes,
              text,
              broken,
            })),
          )
        }),
      )
    const create = (key?: string, headers: Record<string, string> = {}, text = "Hello, “world”!") => {
      const form = new FormData()
      form.append("text", text)
      form.append("audio_file", new File([WavFile.tone({ seconds: 0.1 })], "me.wav", { type: "audio/wav" }))
      return call(
        HttpClientRequest.bodyFormData(HttpClientRequest.post("/async-clone/create-task", { headers }), form),
        key,
      )
    }
    const get = (path: string, headers: Record<string, string> = {}, key?: string) =>
      call(HttpClientRequest.get(`/async-clone/${path}`, { headers }), key)
    return { api, create, get }
  })

  it.live("plays a task's life, and remembers what was asked", () =>
    Effect.gen(function* () {
      const { api, create, get } = yield* scene({
        lifecycle: ["pending", { status: "processing", retryAfter: "2", fields: { progress: 0.5 } }, "completed"],
      })
      assert.deepInclude(yield* create(), { status: 200, text: '{"task_id":"task-1"}' })
      assert.deepInclude(api.tasks[0], { owner: "key", text: "Hello, “world”!" })
      assert.deepStrictEqual(api.tasks[0]?.sample, {
        name: "me.wav",
        type: "audio/wav",
        bytes: WavFile.tone({ seconds: 0.1 }),
      })
      assert.deepInclude(yield* get("task-result/task-1"), {
        status: 409,
        text: '{"detail":"Task not completed yet. Current status: pending"}',
      })
      assert.strictEqual((yield* get("task-status/task-1")).text, '{"status":"pending"}')
      const processing = yield* get("task-status/task-1")
      assert.strictEqual(processing.text, '{"status":"processing","progress":0.5}')
      assert.strictEqual(processing.headers["retry-after"], "2")
      for (let i = 0; i < 2; i++) assert.strictEqual((yield* get("task-status/task-1")).text, '{"status":"completed"}')
      const result = yield* get("task-result/task-1")
      assert.deepInclude(result, { status: 200, bytes: speech.byteLength, broken: false })
      assert.strictEqual(result.headers["content-type"], "audio/wav")
      assert.strictEqual(result.headers["content-length"], String(speech.byteLength))
      assert.strictEqual(result.headers["content-disposition"], 'attachment; filename="task_task-1.wav"')
      const part = yield* get("task-result/task-1", { range: "bytes=44000-" })
      assert.deepInclude(part, { status: 206, bytes: 144 })
      assert.strictEqual(part.headers["content-range"], "bytes 44000-44143/44144")
      assert.strictEqual((yield* get("task-result/task-1", { range: "bytes=44144-" })).status, 416)
      assert.deepStrictEqual(
        api.requests.map(({ call, attempt, outcome }) => `${call} ${attempt} ${outcome}`),
        [
          "create 1 answered",
          "result 1 answered",
          ...[1, 2, 3, 4].map((attempt) => `status ${attempt} answered`),
          ...[2, 3, 4].map((attempt) => `result ${attempt} answered`),
        ],
      )
    }),
  )

  it.live("refuses as the API documents", () =>
    Effect.gen(function* () {
      const { api, create, get } = yield* scene({ apiKeys: ["mine", "yours"], lifecycle: ["failed"] })
      assert.deepInclude(yield* create("other"), { status: 401, text: '{"detail":"Invalid or missing API key"}' })
      assert.strictEqual((yield* create("mine")).status, 200)
      const own = yield* get("task-status/task-1", {}, "mine")
      assert.strictEqual(own.status, 200)
      assert.deepInclude(yield* get("task-status/task-1", {}, "yours"), {
        status: 403,
        text: '{"detail":"Access denied. Task belongs to another user"}',
      })
      const missing = { status: 404, text: '{"detail":"Task not found or result not available"}' }
      assert.deepInclude(yield* get("task-status/task-2", {}, "mine"), missing)
      assert.deepInclude(yield* get("task-result/task-1", {}, "mine"), missing)
      assert.strictEqual((yield* get("create-task", {}, "mine")).status, 405)
      assert.strictEqual((yield* get("tasks", {}, "mine")).status, 404)
      assert.strictEqual(api.tasks.length, 1)
    }),
  )

  it.live("says what a create lacks", () =>
    Effect.gen(function* () {
      const api = FakeApi.make()
      const [client, baseUrl] = yield* open(api)
      const form = new FormData()
      form.append("text", "Hello")
      const request = HttpClientRequest.post(`${baseUrl}/async-clone/create-task`).pipe(
        HttpClientRequest.bearerToken("key"),
      )
      const response = yield* client.execute(HttpClientRequest.bodyFormData(request, form))
      assert.strictEqual(response.status, 422)
      assert.include(yield* response.text, '"loc":["body","audio_file"]')
      const noForm = yield* client.execute(HttpClientRequest.bodyText(request, "Hello", "text/plain"))
      assert.strictEqual(noForm.status, 400)
      assert.strictEqual(api.tasks.length, 0)
    }),
  )

  const length = speech.byteLength
  const faults: ReadonlyArray<[name: string, Fault.Misbehaviour, Partial<Answer> | "no answer"]> = [
    [
      "another answer",
      Fault.answer(410),
      { status: 410, text: '{"detail":"Task result has expired and is no longer available"}' },
    ],
    ["a status never seen", Fault.answer(599, { body: "?" }), { status: 599, text: "?" }],
    ["a web page", Fault.html(), { status: 200, broken: false }],
    ["chunks", Fault.framing("chunked"), { status: 200, bytes: length, broken: false }],
    ["a body that the close ends", Fault.framing("close"), { status: 200, bytes: length, broken: false }],
    ["a delay", Fault.late(20), { status: 200, bytes: length }],
    ["a reset before the answer", Fault.reset(), "no answer"],
    ["a short body", Fault.cutShort(20_000), { status: 200, bytes: 20_000, broken: true }],
    ["pieces", Fault.inPieces([1, 0, 30_000]), { status: 200, bytes: speech.byteLength, broken: false }],
    ["chunks without an end", Fault.cutShort(20_000, "chunked"), { status: 200, bytes: 20_000, broken: true }],
    ["a short body that nothing tells", Fault.cutShort(20_000, "close"), { status: 200, bytes: 20_000, broken: false }],
    ["a reset in the body", Fault.reset({ afterSent: 20_000 }), { status: 200, broken: true }],
  ]
  it.live.each(faults)("plays %s, on the attempt it is meant for", ([, misbehaviour, expected]) =>
    Effect.gen(function* () {
      const { api, get } = yield* scene({ lifecycle: ["completed"], faults: [Fault.on("result", 2, misbehaviour)] })
      api.addTask()
      const whole = { status: 200, bytes: length, broken: false }
      assert.deepInclude(yield* get("task-result/task-1"), whole)
      const faulty = yield* Effect.result(get("task-result/task-1"))
      if (expected === "no answer") assert.strictEqual(faulty._tag, "Failure")
      else if (faulty._tag === "Success") assert.deepInclude(faulty.success, expected)
      else assert.fail(String(faulty.failure))
      assert.deepInclude(yield* get("task-result/task-1"), whole)
      assert.strictEqual(
        api.requests[1]?.outcome,
        expected === "no answer" || misbehaviour.answer?.(probe, { method: "GET", path: "", headers: {} }).breakOff
          ? "brokenOff"
          : "answered",
      )
    }),
  )

  it.live("serves ranges and validators as RFC 9110 has them, where it is told to", () =>
    Effect.gen(function* () {
      const range = "bytes=44000-"
      const asked = Effect.fnUntraced(function* (
        serving: FakeApi.Scenario["serving"],
        headers: Record<string, string>,
      ) {
        const { api, get } = yield* scene({ lifecycle: ["completed"], ...(serving === undefined ? {} : { serving }) })
        api.addTask()
        return yield* get("task-result/task-1", headers)
      })
      const { headers } = yield* asked({ etag: "strong", lastModified: true, reprDigest: "right" }, {})
      const etag = headers["etag"] ?? ""
      assert.match(etag, /^"[^"]+"$/)
      assert.isFalse(Number.isNaN(Date.parse(headers["last-modified"] ?? "")))
      const digest = createHash("sha256").update(speech).digest("base64")
      assert.strictEqual(headers["repr-digest"], `sha-256=:${digest}:`)
      const cases: ReadonlyArray<[FakeApi.Scenario["serving"], Record<string, string>, status: number, bytes: number]> =
        [
          [{ etag: "strong" }, { range, "if-range": etag }, 206, 144],
          [{ etag: "strong" }, { range, "if-range": '"another"' }, 200, speech.byteLength],
          [{ etag: "strong", ifRange: "ignored" }, { range, "if-range": '"another"' }, 206, 144],
          [{ etag: "weak" }, { range, "if-range": `W/${etag}` }, 200, speech.byteLength],
          [{ etag: "weak" }, { range }, 206, 144],
          [{ ranges: "ignored" }, { range }, 200, speech.byteLength],
          [{ partBytes: 100 }, { range }, 206, 100],
          [{ partBytes: 100 }, {}, 200, speech.byteLength],
        ]
      for (const [serving, fields, status, bytes] of cases) {
        assert.deepInclude(yield* asked(serving, fields), { status, bytes }, JSON.stringify({ serving, fields }))
      }
      const part = yield* asked({ partBytes: 100 }, { range })
      assert.strictEqual(part.headers["content-range"], "bytes 44000-44099/44144")
    }),
  )

  it.live("changes its result between two attempts", () =>
    Effect.gen(function* () {
      const other = WavFile.tone({ seconds: 0.5 })
      const { api, get } = yield* scene({
        lifecycle: ["completed"],
        speech: [speech, other],
        serving: { etag: "strong" },
      })
      api.addTask()
      const answers = [
        yield* get("task-result/task-1"),
        yield* get("task-result/task-1"),
        yield* get("task-result/task-1"),
      ]
      assert.deepStrictEqual(
        answers.map(({ bytes }) => bytes),
        [speech.byteLength, other.byteLength, other.byteLength],
      )
      assert.strictEqual(new Set(answers.map(({ headers }) => headers["etag"])).size, 2)
    }),
  )

  it.live.each([
    ["ignored", false, 404],
    ["acknowledged", true, 404],
    ["documented", true, 200],
  ] as const)("keeps idempotency keys: %s", ([idempotencyKeys, kept, description]) =>
    Effect.gen(function* () {
      const { api, create, get } = yield* scene({ idempotencyKeys })
      const first = yield* create("key", { "idempotency-key": "one" })
      const again = yield* create("key", { "idempotency-key": "one" })
      yield* create("key", { "idempotency-key": "two" })
      yield* create("another", { "idempotency-key": "one" })
      yield* create("key")
      assert.strictEqual(api.tasks.length, kept ? 4 : 5)
      assert.strictEqual(first.headers["idempotency-key"], kept ? "one" : undefined)
      assert.strictEqual(again.headers["idempotent-replayed"], kept ? "true" : undefined)
      assert.strictEqual((yield* create("key", { "idempotency-key": "one" }, "Other")).status, kept ? 422 : 200)
      assert.strictEqual((yield* get("../openapi.json")).status, description)
    }),
  )

  it.live("says what is not so of its length", () =>
    Effect.gen(function* () {
      const { api, get } = yield* scene({
        lifecycle: ["completed"],
        faults: [Fault.on("result", 1, Fault.contentLengthOff(10)), Fault.on("result", 2, Fault.contentLengthOff(-10))],
      })
      api.addTask()
      assert.deepInclude(yield* get("task-result/task-1"), { bytes: length, broken: true })
      assert.deepInclude(yield* get("task-result/task-1"), { bytes: length - 10, broken: false })
      assert.deepInclude(yield* get("task-result/task-1"), { bytes: length, broken: false })
    }),
  )

  it.live("does nothing that it refuses to do", () =>
    Effect.gen(function* () {
      const { api, create, get } = yield* scene({
        faults: [Fault.on("create", 1, Fault.answer(503)), Fault.on("status", 1, Fault.answer(429))],
      })
      assert.strictEqual((yield* create()).status, 503)
      assert.strictEqual(api.tasks.length, 0)
      api.addTask()
      assert.strictEqual((yield* get("task-status/task-1")).status, 429)
      assert.strictEqual((yield* get("task-status/task-1")).text, '{"status":"pending"}')
    }),
  )

  it.live("adds faults up", () =>
    Effect.gen(function* () {
      const { api, get } = yield* scene({
        lifecycle: ["completed"],
        faults: [
          Fault.on("result", "every", Fault.headers({ etag: '"v1"' })),
          Fault.on("result", [1], Fault.cutShort(7)),
        ],
      })
      api.addTask()
      const answer = yield* get("task-result/task-1")
      assert.strictEqual(answer.headers["etag"], '"v1"')
      assert.strictEqual(answer.bytes, 7)
    }),
  )

  it.live.each([
    ["at once", Fault.stall()],
    ["in the body", Fault.stall({ afterSent: 1000 })],
  ] as const)("stalls %s until the client goes, and notes that", ([, misbehaviour]) =>
    Effect.gen(function* () {
      const { api, get } = yield* scene({ lifecycle: ["completed"], faults: [Fault.on("result", 1, misbehaviour)] })
      api.addTask()
      const fiber = yield* Effect.forkChild(get("task-result/task-1"))
      yield* Effect.sleep(50)
      assert.isUndefined(fiber.pollUnsafe())
      assert.strictEqual(api.requests[0]?.outcome, "open")
      yield* Fiber.interrupt(fiber)
      while (api.requests[0]?.outcome === "open") yield* Effect.sleep(5)
      assert.strictEqual(api.requests[0]?.outcome, "aborted")
    }),
  )

  it.live("breaks an upload off", () =>
    Effect.gen(function* () {
      const { api, create } = yield* scene({ faults: [Fault.on("create", 1, Fault.reset({ afterReceived: 100 }))] })
      assert.strictEqual((yield* Effect.flip(create())).reason._tag, "TransportError")
      assert.deepInclude(api.requests[0], { outcome: "brokenOff" })
      assert.strictEqual(api.requests[0]?.body.byteLength, 100)
      assert.strictEqual(api.tasks.length, 0)
    }),
  )
})

/** To see what a misbehaviour does to an answer. */
const probe = { status: 200, headers: {}, body: new Uint8Array(), framing: "length", delay: 0 } as const

describe("FakeHttpClient", () => {
  it.effect("is late on virtual time", () =>
    Effect.gen(function* () {
      const api = FakeApi.make({ faults: [Fault.on("status", 1, Fault.late("1 hour"))] })
      api.addTask()
      const request = HttpClientRequest.bearerToken(
        HttpClientRequest.get("http://x/async-clone/task-status/task-1"),
        "key",
      )
      const fiber = yield* Effect.forkChild(FakeHttpClient.make(api).execute(request))
      yield* TestClock.adjust("59 minutes")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber)).status, 200)
    }),
  )

  it.effect("holds its answers for those who prefer it", () =>
    Effect.gen(function* () {
      const api = FakeApi.make({ holds: "30 seconds" })
      api.addTask()
      const ask = (headers: Record<string, string>) =>
        FakeHttpClient.make(api).execute(
          HttpClientRequest.bearerToken(
            HttpClientRequest.get("http://x/async-clone/task-status/task-1", { headers }),
            "key",
          ),
        )
      assert.isUndefined((yield* ask({})).headers["preference-applied"])
      const held = yield* Effect.forkChild(ask({ prefer: "wait=20" }))
      yield* TestClock.adjust("19 seconds")
      assert.isUndefined(held.pollUnsafe())
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual((yield* Fiber.join(held)).headers["preference-applied"], "wait=20")
      const longer = yield* Effect.forkChild(ask({ prefer: "respond-async, wait=60" }))
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual((yield* Fiber.join(longer)).status, 200)
    }),
  )
})

describe("Fault.inPieces", () => {
  it.effect("cuts a body where it is told to", () =>
    Effect.gen(function* () {
      const api = FakeApi.make({
        speech,
        lifecycle: ["completed"],
        faults: [Fault.on("result", "every", Fault.inPieces([1, 0, 30_000]))],
      })
      const request = HttpClientRequest.get(`http://x/async-clone/task-result/${api.addTask()}`)
      const response = yield* FakeHttpClient.make(api).execute(HttpClientRequest.bearerToken(request, "key"))
      const chunks = yield* Stream.runCollect(response.stream)
      assert.deepStrictEqual(
        chunks.map(({ byteLength }) => byteLength),
        [1, 30_000, speech.byteLength - 30_001],
      )
    }),
  )
})

describe("FakeServer", () => {
  it("counts connections, and is gone when it is closed", async () => {
    const api = FakeApi.make()
    api.addTask()
    const server = await FakeServer.start(api)
    const url = `${server.baseUrl}/async-clone/task-status/task-1`
    const answers = await Promise.all([1, 2, 3].map(() => fetch(url, { headers: { authorization: "Bearer key" } })))
    assert.deepStrictEqual(
      answers.map(({ status }) => status),
      [200, 200, 200],
    )
    assert.isAtLeast(server.connections.most, 1)
    await server.close()
    await server.close()
    assert.strictEqual(server.connections.open, 0)
    assert.strictEqual(
      await fetch(url).then(
        () => "answered",
        () => "refused",
      ),
      "refused",
    )
  })
})
