import { assert, describe, it } from "@effect/vitest"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeHttpClient from "@voiceclone/testing/FakeHttpClient"
import * as Fault from "@voiceclone/testing/Fault"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { inspect } from "node:util"
import * as Sample from "../src/Sample.ts"
import { Secrets } from "../src/Secrets.ts"
import { TaskId } from "../src/Task.ts"
import { SampleUnreadable, type TaskError } from "../src/TaskError.ts"
import * as VoiceCloneClient from "../src/VoiceCloneClient.ts"

/** With everything that JSON, HTML or a URL writes otherwise. */
const apiKey = 'sk-this/must&never"be\\seen%20'
const spellings = [
  apiKey,
  JSON.stringify(apiKey).slice(1, -1),
  JSON.stringify(apiKey).slice(1, -1).replaceAll("/", "\\/"),
  apiKey.replaceAll("&", "&amp;").replaceAll('"', "&quot;"),
  encodeURIComponent(apiKey),
]

const clientOf = (api: FakeApi.FakeApi, options: Partial<VoiceCloneClient.Options> = {}) =>
  Effect.provide(
    VoiceCloneClient.make({ apiKey, baseUrl: "https://voices.test/api", ...options }),
    FakeHttpClient.layer(api),
  )

const request = { sample: Sample.fromBytes(WavFile.tone({ seconds: 0.1 }), "me.wav"), text: "Hello!" }

const calls = {
  create: (client: VoiceCloneClient.VoiceCloneClient["Service"]) => client.create(request),
  status: (client: VoiceCloneClient.VoiceCloneClient["Service"]) => client.status(TaskId("task-1")),
  result: (client: VoiceCloneClient.VoiceCloneClient["Service"]) => Effect.scoped(client.result(TaskId("task-1"))),
}

/** The error of one call that is answered so. */
const errorOf = Effect.fnUntraced(function* (
  call: keyof typeof calls,
  misbehaviour: Fault.Misbehaviour,
  make: (api: FakeApi.FakeApi) => ReturnType<typeof clientOf> = clientOf,
) {
  const api = FakeApi.make({ faults: [Fault.on(call, "every", misbehaviour)] })
  api.addTask()
  const error: TaskError = yield* Effect.flip<unknown, TaskError, never>(calls[call](yield* make(api)))
  assert.strictEqual(api.requestsOf(call).length, 1, "a client repeats nothing")
  return error
})

const detailOf = (error: TaskError): string =>
  "detail" in error ? error.detail : "reason" in error ? error.reason : error.message

describe("VoiceCloneClient", () => {
  it.effect("speaks as the API documents", () =>
    Effect.gen(function* () {
      const api = FakeApi.make({ lifecycle: ["processing", "completed"] })
      const client = yield* clientOf(api)
      const taskId = yield* client.create(request)
      assert.strictEqual(taskId, "task-1")
      assert.deepInclude(api.tasks[0], { owner: apiKey, text: "Hello!" })
      assert.deepInclude(api.tasks[0]?.sample, {
        name: "me.wav",
        type: "audio/wav",
        bytes: WavFile.tone({ seconds: 0.1 }),
      })

      const task = yield* client.status(taskId)
      assert.deepStrictEqual(task, { id: taskId, status: "processing", reportedStatus: "processing" })
      yield* client.status(taskId)
      const bytes = yield* Effect.scoped(
        Effect.gen(function* () {
          const response = yield* client.result(taskId)
          assert.deepInclude(response, { status: 200, contentLength: 44_144, contentType: "audio/wav" })
          return yield* Stream.runFold(
            response.stream,
            () => 0,
            (sum, chunk) => sum + chunk.byteLength,
          )
        }),
      )
      assert.strictEqual(bytes, 44_144)
      assert.deepStrictEqual(
        api.requests.map(({ method, path }) => `${method} ${path}`),
        [
          "POST /api/async-clone/create-task",
          "GET /api/async-clone/task-status/task-1",
          "GET /api/async-clone/task-status/task-1",
          "GET /api/async-clone/task-result/task-1",
        ],
      )
      for (const { headers } of api.requests) {
        assert.strictEqual(headers["authorization"], `Bearer ${apiKey}`)
        assert.strictEqual(headers["accept-encoding"], "identity")
        assert.isUndefined(headers["traceparent"] ?? headers["b3"])
      }
    }),
  )

  it.effect("asks for a part of a result, and hands on how it was answered", () =>
    Effect.gen(function* () {
      const api = FakeApi.make({ lifecycle: ["completed"] })
      const client = yield* clientOf(api)
      const id = TaskId(api.addTask())
      const answered = (start: number) => Effect.scoped(client.result(id, { start, ifRange: '"v1"' }))
      assert.deepInclude(yield* answered(100), {
        status: 206,
        contentRange: "bytes 100-44143/44144",
        contentLength: 44_044,
      })
      assert.deepInclude(yield* answered(44_144), { status: 416, contentRange: "bytes */44144" })
      assert.deepInclude(api.requests[0]?.headers, { range: "bytes=100-", "if-range": '"v1"' })
    }),
  )

  it.effect("escapes a task id", () =>
    Effect.gen(function* () {
      const api = FakeApi.make()
      const client = yield* clientOf(api)
      yield* Effect.flip(client.status(TaskId("a/b?c#d ü")))
      assert.strictEqual(api.requests[0]?.path, "/api/async-clone/task-status/a%2Fb%3Fc%23d%20%C3%BC")
    }),
  )

  const statuses: ReadonlyArray<[status: number, create: string, statusCall: string, result: string]> = [
    [299, "CreateOutcomeUnknown", "UnexpectedResponse", "UnexpectedResponse"],
    [302, "CreateOutcomeUnknown", "UnexpectedResponse", "UnexpectedResponse"],
    [307, "UnexpectedResponse", "UnexpectedResponse", "UnexpectedResponse"],
    [400, "RequestRejected", "RequestRejected", "RequestRejected"],
    [401, "InvalidApiKey", "InvalidApiKey", "InvalidApiKey"],
    [403, "AccessDenied", "AccessDenied", "AccessDenied"],
    [404, "RequestRejected", "TaskNotFound", "TaskNotFound"],
    [409, "RequestRejected", "RequestRejected", "TaskNotReady"],
    [410, "RequestRejected", "RequestRejected", "ResultExpired"],
    [413, "RequestRejected", "RequestRejected", "RequestRejected"],
    [415, "RequestRejected", "RequestRejected", "RequestRejected"],
    [416, "RequestRejected", "RequestRejected", "RequestRejected"],
    [418, "RequestRejected", "RequestRejected", "RequestRejected"],
    [422, "RequestRejected", "RequestRejected", "RequestRejected"],
    [429, "TooManyRequests", "TooManyRequests", "TooManyRequests"],
    [500, "CreateOutcomeUnknown", "ServerUnavailable", "ServerUnavailable"],
    [502, "CreateOutcomeUnknown", "ServerUnavailable", "ServerUnavailable"],
    [503, "CreateOutcomeUnknown", "ServerUnavailable", "ServerUnavailable"],
    [504, "CreateOutcomeUnknown", "ServerUnavailable", "ServerUnavailable"],
    [599, "CreateOutcomeUnknown", "ServerUnavailable", "ServerUnavailable"],
  ]
  it.effect.each(statuses)("%i: create %s, status %s, result %s", ([status, ...expected]) =>
    Effect.gen(function* () {
      const misbehaviour = Fault.answer(status, { headers: { location: "https://login.test/" } })
      for (const [i, call] of (["create", "status", "result"] as const).entries()) {
        assert.strictEqual((yield* errorOf(call, misbehaviour))._tag, expected[i], call)
        assert.strictEqual((yield* errorOf(call, Fault.html(status, "Bad Gateway")))._tag, expected[i], `${call}, HTML`)
      }
    }),
  )

  const json = (body: string) => Fault.answer(422, { headers: { "content-type": "application/json" }, body })
  const details: ReadonlyArray<[what: string, Fault.Misbehaviour, RegExp]> = [
    ["a string", Fault.answer(422, { detail: "The text is too long" }), /^The text is too long$/],
    [
      "what FastAPI finds wrong",
      Fault.answer(422, {
        detail: [
          { loc: ["body", "text"], msg: "Field required", type: "missing" },
          { loc: ["body", "audio_file"], msg: "Not audio", type: "value_error" },
        ],
      }),
      /^text: Field required; audio_file: Not audio$/,
    ],
    ["an array of anything", Fault.answer(422, { detail: ["too long", 7, null] }), /too long; 7; null/],
    ["an object", Fault.answer(422, { detail: { code: "E7" } }), /"code":"E7"/],
    ["another field", json('{"message":"no"}'), /"message":"no"/],
    ["what has no words", Fault.answer(422, { detail: [{ loc: [{ toString: 1 }], msg: "No" }] }), /"toString":1/],
    ["a pit", json(`${'{"detail":'.repeat(6000)}1${"}".repeat(6000)}`), /^{"detail":/],
    ["nothing", json(""), /no reason given/],
    ["half of it", json('{"detail":"The te'), /The te/],
    ["a web page", Fault.html(422, "502 Bad Gateway"), /web page titled “502 Bad Gateway”/],
    ["control characters", json(JSON.stringify({ detail: "a\u001b[31mb\r\nc\u0000" })), /^a \[31mb c$/],
    ["a novel", json(JSON.stringify({ detail: "x".repeat(1_000_000) })), /^.{1,300}$/u],
    ["noise", json("\u0000\u0001\ufffd"), /./],
  ]
  it.effect.each(details)("gives the reason in one short line: %s", ([, misbehaviour, reason]) =>
    Effect.gen(function* () {
      for (const call of ["create", "status", "result"] as const) {
        assert.match(detailOf(yield* errorOf(call, misbehaviour)), reason)
      }
    }),
  )

  it.effect("hands on when to ask again", () =>
    Effect.gen(function* () {
      const headers = { "retry-after": "7" }
      assert.deepInclude(yield* errorOf("status", Fault.answer(429, { headers })), { retryAfterMillis: 7000 })
      assert.deepInclude(yield* errorOf("create", Fault.answer(503, { headers })), { retryAfterMillis: 7000 })
      const api = FakeApi.make({ lifecycle: [{ status: "processing", retryAfter: "3" }] })
      const task = yield* (yield* clientOf(api)).status(TaskId(api.addTask()))
      assert.strictEqual(task.retryAfterMillis, 3000)
    }),
  )

  it.effect("takes a status answer that is none for an unexpected response", () =>
    Effect.gen(function* () {
      const bodies = ["", "{}", "null", "[]", '{"status":""}', '{"status":7}', '{"status":"compl', "completed"]
      for (const body of bodies) {
        const error = yield* errorOf("status", Fault.answer(200, { body }))
        assert.deepInclude(error, { _tag: "UnexpectedResponse", status: 200 }, body)
      }
      assert.match((yield* errorOf("status", Fault.html())).message, /web page titled “Sign in”/)
    }),
  )

  it.effect("gives up on an answer that stops halfway", () =>
    Effect.gen(function* () {
      const api = FakeApi.make({ faults: [Fault.on("status", "every", Fault.stall({ afterSent: 5 }))] })
      const client = yield* clientOf(api, { answerTimeout: "5 seconds" })
      const fiber = yield* Effect.forkChild(Effect.flip(client.status(TaskId(api.addTask()))))
      yield* TestClock.adjust("1 minute")
      assert.isDefined(fiber.pollUnsafe(), "still waiting")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "UnexpectedResponse")
    }),
  )

  it.effect("says how long it waited for an answer", () =>
    Effect.gen(function* () {
      const api = FakeApi.make({ faults: [Fault.on("status", "every", Fault.stall())] })
      const client = yield* clientOf(api, { answerTimeout: "5 seconds" })
      const fiber = yield* Effect.forkChild(Effect.flip(client.status(TaskId(api.addTask()))))
      yield* TestClock.adjust("5 seconds")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error.message, "Cannot reach https://voices.test: no answer within 5s")
      assert.strictEqual(api.requests[0]?.outcome, "aborted")
    }),
  )
})

describe("VoiceCloneClient.create", () => {
  it.effect.each([
    ["no task id", Fault.answer(200, { body: "{}" })],
    ["a task id that is none", Fault.answer(200, { body: '{"task_id":7}' })],
    ["a web page", Fault.html(200)],
    ["half an answer", Fault.cutShort(4)],
    ["a reset instead of an answer", Fault.reset()],
    ["a reset within the answer", Fault.reset({ afterSent: 4 })],
  ] as const)("does not know its outcome after %s", ([, misbehaviour]) =>
    Effect.gen(function* () {
      const error = yield* errorOf("create", misbehaviour)
      assert.strictEqual(error._tag, "CreateOutcomeUnknown")
      assert.match(error.nextStep, /may exist already/)
    }),
  )

  it.effect("knows that a request whose end was never asked for made no task", () =>
    Effect.gen(function* () {
      const error = yield* errorOf("create", Fault.reset({ afterReceived: 200 }))
      assert.strictEqual(error._tag, "ConnectionFailed")
    }),
  )

  const blob = new Blob([WavFile.tone({ seconds: 0.1 })])
  const blobRequest = { ...request, sample: { ...Sample.fromBlob(blob), blob } }
  it.effect.each([
    ["bytes, all sent", request, Fault.stall(), "CreateOutcomeUnknown"],
    ["bytes, sent in part", request, Fault.stall({ afterReceived: 200 }), "ConnectionFailed"],
    // how far a blob has got, only the runtime knows
    ["a blob, all sent", blobRequest, Fault.stall(), "CreateOutcomeUnknown"],
    ["a blob, sent in part", blobRequest, Fault.stall({ afterReceived: 200 }), "CreateOutcomeUnknown"],
    ["half an answer", request, Fault.stall({ afterSent: 4 }), "CreateOutcomeUnknown"],
  ] as const)("out of time: %s", ([, request, misbehaviour, tag]) =>
    Effect.gen(function* () {
      const api = FakeApi.make({ faults: [Fault.on("create", "every", misbehaviour)] })
      const client = yield* clientOf(api, { createTimeout: "1 minute" })
      const fiber = yield* Effect.forkChild(Effect.flip(client.create(request)))
      // a form's bytes come from the runtime, not from a fiber that virtual time waits for
      while (api.requestsOf("create")[0]?.body.byteLength === undefined) yield* Effect.yieldNow
      yield* TestClock.withLive(Effect.sleep(20))
      yield* TestClock.adjust("2 minutes")
      assert.isDefined(fiber.pollUnsafe(), "still waiting")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, tag)
    }),
  )

  it.effect("sends nothing for what cannot work", () =>
    Effect.gen(function* () {
      const api = FakeApi.make()
      const client = yield* clientOf(api)
      for (const text of ["", " \n"]) {
        assert.deepInclude(yield* Effect.flip(client.create({ ...request, text })), {
          _tag: "InvalidInput",
          input: "text",
        })
      }
      const empty = Sample.fromBytes(new Uint8Array())
      assert.deepInclude(yield* Effect.flip(client.create({ ...request, sample: empty })), { input: "sample" })
      assert.strictEqual(api.requests.length, 0)
    }),
  )

  it.effect("asks for whatever a task is called", () =>
    Effect.gen(function* () {
      const api = FakeApi.make()
      const client = yield* clientOf(api)
      for (const id of ["half a pair \ud800", "a/b?c#d", "100 %"]) {
        assert.strictEqual((yield* Effect.flip(client.status(TaskId(id))))._tag, "TaskNotFound")
      }
      assert.strictEqual(api.requestsOf("status").length, 3)
    }),
  )

  it.effect("says why a sample broke off, not that the connection did", () =>
    Effect.gen(function* () {
      const broken = new SampleUnreadable({ sample: "me.wav", reason: "it changed while it was being uploaded" })
      const sample = { ...request.sample, stream: Stream.concat(Stream.make(new Uint8Array(10)), Stream.fail(broken)) }
      const client = yield* clientOf(FakeApi.make())
      assert.strictEqual(yield* Effect.flip(client.create({ ...request, sample })), broken)
    }),
  )
})

/** All texts in a value, whatever it takes to come to them. */
const textsIn = (value: unknown, seen = new Set<unknown>()): ReadonlyArray<string> => {
  if (typeof value === "string") return [value]
  if (typeof value !== "object" || value === null || seen.has(value)) return []
  seen.add(value)
  return Reflect.ownKeys(value).flatMap((key) => textsIn(Reflect.get(value, key), seen))
}

describe.each([
  ["The API key", clientOf],
  [
    "A token that the runtime sends",
    (api: FakeApi.FakeApi) =>
      Effect.provideService(clientOf(api, { apiKey: "no-secret" }), Secrets, () => ["another token", apiKey]),
  ],
] as const)("%s", (_, clientOf) => {
  it.effect("is in no error, however it is looked at", () =>
    Effect.gen(function* () {
      const misbehaviours = [
        ...[302, 400, 401, 403, 404, 409, 410, 422, 429, 500, 503].map((status) => Fault.answer(status)),
        Fault.html(200),
        Fault.reset(),
        Fault.reset({ afterReceived: 10 }),
        // servers have been seen to quote what they refuse
        ...spellings.flatMap((key) => [
          Fault.answer(401, { detail: `Invalid API key: ${key}` }),
          Fault.answer(422, { detail: [{ loc: ["header", key], msg: key }] }),
          Fault.answer(403, { body: key }),
          Fault.answer(500, { body: `<title>${key} is refused</title>` }),
          Fault.answer(401, { body: `{"detail": "${key}` }),
          Fault.answer(401, { detail: "x".repeat(285) + key }),
          Fault.answer(307, { headers: { location: `https://elsewhere.test/?key=${key}` } }),
        ]),
        Fault.answer(200, { body: JSON.stringify({ status: "", key: apiKey }) }),
        Fault.answer(200, { body: JSON.stringify({ status: "", key: apiKey }).replaceAll("/", "\\/") }),
      ]
      for (const call of ["create", "status"] as const) {
        for (const misbehaviour of misbehaviours) {
          const error = yield* Effect.exit(errorOf(call, misbehaviour, clientOf))
          if (error._tag === "Failure") continue
          const { value } = error
          const views = {
            message: value.message,
            string: String(value),
            stack: value.stack,
            json: JSON.stringify(value),
            inspect: inspect(value, { depth: Number.POSITIVE_INFINITY }),
            nextStep: value.nextStep,
            texts: textsIn(value).join("\n"),
          }
          for (const [view, seen] of Object.entries(views)) {
            for (const key of ["sk-this", ...spellings]) {
              assert.notInclude(seen, key, `${call}, ${value._tag}, ${view}`)
            }
          }
        }
      }
    }),
  )

  it.effect("is in no task, whatever the server says of it", () =>
    Effect.gen(function* () {
      for (const status of ["failed", `refused ${apiKey}`]) {
        const body = JSON.stringify({ status, error: `Invalid key ${apiKey}`, engine: apiKey }).replaceAll("/", "\\/")
        const api = FakeApi.make({ faults: [Fault.on("status", "every", Fault.answer(200, { body }))] })
        const id = api.addTask()
        const task = yield* (yield* clientOf(api)).status(TaskId(id))
        assert.notInclude(JSON.stringify(task), "sk-this")
        assert.strictEqual(task.error, "Invalid key <redacted>")
      }
    }),
  )
})

describe("The API key", () => {
  it.effect.each(["", " ", "key with space", "key\n", "kéy", "key\r\nx-injected: 1", "\u0000"])(
    "cannot be %j, and is not shown",
    (apiKey) =>
      Effect.gen(function* () {
        for (const each of [apiKey, Redacted.make(apiKey)]) {
          const error = yield* Effect.flip(clientOf(FakeApi.make(), { apiKey: each }))
          assert.deepInclude(error, { _tag: "InvalidInput", input: "apiKey" })
          if (apiKey.length > 1) assert.notInclude(inspect(error), apiKey)
        }
      }),
  )
})

describe("The base URL", () => {
  it.effect.each([
    "voices.test/api",
    "ftp://voices.test/api",
    "https://",
    "https://me:secret@voices.test/api",
    "https://voices.test/api?key=1",
    "https://voices.test/api#x",
    "http://voices.test/api",
    "http://localhost.evil.test/api",
    "http://127.0.0.1.evil.test/api",
    "http://192.168.1.2/api",
    "",
  ])("cannot be %j", (baseUrl) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(clientOf(FakeApi.make(), { baseUrl }))
      assert.deepInclude(error, { _tag: "InvalidInput", input: "baseUrl" })
      assert.notInclude(error.message, "secret")
    }),
  )

  it.effect.each([
    ["https://voices.test/api/", "https://voices.test/api"],
    ["http://localhost:8787/api", "http://localhost:8787/api"],
    ["http://127.0.0.1:8787", "http://127.0.0.1:8787"],
    ["http://[::1]:8787/api//", "http://[::1]:8787/api"],
    ["http://voice.localhost/api", "http://voice.localhost/api"],
  ] as const)("can be %s", ([baseUrl, expected]) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* clientOf(FakeApi.make(), { baseUrl })).baseUrl, expected)
    }),
  )

  it.effect.each(["baseURL", "base_url", "baseurl"])("is not called %s, as without types it may be", (name) =>
    Effect.gen(function* () {
      const options = { apiKey, [name]: "https://voices.test/api" }
      const error = yield* Effect.flip(
        Effect.provide(VoiceCloneClient.make(options), FakeHttpClient.layer(FakeApi.make())),
      )
      assert.deepInclude(error, { _tag: "InvalidInput", input: "baseUrl", message: `${name} is no option` })
      assert.strictEqual((yield* clientOf(FakeApi.make(), options)).baseUrl, "https://voices.test/api")
    }),
  )

  it.effect("is the hosted service by default, and may be insecure where that is asked for", () =>
    Effect.gen(function* () {
      const client = yield* Effect.provide(VoiceCloneClient.make({ apiKey }), FakeHttpClient.layer(FakeApi.make()))
      assert.strictEqual(client.baseUrl, VoiceCloneClient.hostedBaseUrl)
      const baseUrl = "http://192.168.1.2/api"
      assert.strictEqual((yield* clientOf(FakeApi.make(), { baseUrl, allowInsecure: true })).baseUrl, baseUrl)
    }),
  )

  it.effect("fails the layer where it cannot work", () =>
    Effect.gen(function* () {
      const layer = VoiceCloneClient.layer({ apiKey: "" }).pipe(Layer.provide(FakeHttpClient.layer(FakeApi.make())))
      assert.strictEqual((yield* Effect.flip(Effect.scoped(Layer.build(layer))))._tag, "InvalidInput")
    }),
  )
})
