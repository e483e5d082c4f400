/**
 * The contract as a web handler, on services that need no runtime: tasks and files in memory, and an engine that speaks a
 * second of noise the moment that a task is created.
 */
import { sampleRate, Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as SampleFormat from "@voiceclone/engine/SampleFormat"
import * as Wav from "@voiceclone/core/Wav"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Stream from "effect/Stream"
import { ApiKeys } from "../../src/ApiKeys.ts"
import { type BlobName, BlobStore, resultOf } from "../../src/BlobStore.ts"
import { KeyStore } from "../../src/KeyStore.ts"
import { Progress } from "../../src/Progress.ts"
import { RequestRate } from "../../src/RequestRate.ts"
import * as Routes from "../../src/Routes.ts"
import { ServerConfig } from "../../src/ServerOptions.ts"
import { StatusChanges } from "../../src/StatusChanges.ts"
import { type TaskRecord, Tasks } from "../../src/Tasks.ts"
import { WebhookQueue } from "../../src/WebhookQueue.ts"

/** The key that is accepted. */
const key = "vc_runtime"

const pcm = Uint8Array.from({ length: sampleRate * 2 }, (_, i) => (i * 37) % 251)
const speech = (() => {
  const head = Wav.encodeHeader(Wav.resultFormat, pcm.length)
  const whole = new Uint8Array(head.length + pcm.length)
  whole.set(head)
  whole.set(pcm, head.length)
  return whole
})()

const blobs = new Map<BlobName, Uint8Array>()
const Blobs = Layer.mock(BlobStore, {
  put: (name, write) => {
    const chunks: Array<Uint8Array> = []
    return Effect.tap(
      write({ append: (bytes) => Effect.sync(() => void chunks.push(bytes.slice())), replaceStart: () => Effect.void }),
      () =>
        Effect.promise(async () => void blobs.set(name, new Uint8Array(await new Blob(chunks as never).arrayBuffer()))),
    )
  },
  size: (name) => Effect.succeed(Option.fromNullishOr(blobs.get(name)?.length)),
  bytes: (name) => Effect.sync(() => blobs.get(name)!),
  stream: (name, { length, offset }) => Stream.make(blobs.get(name)!.subarray(offset, offset + length)),
  copy: (name, { length, offset }, to) => to(blobs.get(name)!.subarray(offset, offset + length)),
  remove: (name) => Effect.sync(() => void blobs.delete(name)),
})

const records = new Map<string, TaskRecord>()
const InMemory = Layer.mock(Tasks, {
  create: ({ id, owner }) =>
    Effect.sync(() => {
      const now = DateTime.makeUnsafe(Date.now())
      const record: TaskRecord = {
        id,
        sequence: records.size,
        owner,
        status: "completed",
        attempts: 1,
        claims: 1,
        engine: "noise 1",
        error: null,
        createdAt: now,
        startedAt: now,
        completedAt: now,
        resultDigest: null,
        fingerprint: null,
        traceparent: null,
        expiresAt: DateTime.add(now, { days: 7 }),
      }
      records.set(id, record)
      blobs.set(resultOf(record), speech)
      return record
    }),
  find: (id) => Effect.sync(() => Option.fromNullishOr(records.get(id))),
  findByKey: () => Effect.succeedNone,
  inFlight: () => Effect.succeed(0),
  list: () => Effect.sync(() => [...records.values()]),
})

const Noise = Layer.mock(Synthesizer, {
  description: { name: "noise", version: "1", languages: ["en"], kind: "fixed", summary: "Speaks noise." },
  ready: Effect.void,
  inspect: SampleFormat.inspect,
  inspectText: () => Effect.void,
})

const Keys = Layer.mock(ApiKeys, {
  first: { owner: "anna", key: Redacted.make(key) },
  firstIsNew: false,
  holderOf: (sent) => Effect.succeed(sent === key ? Option.some({ owner: "anna", keyId: "one" }) : Option.none()),
})

const services = Layer.mergeAll(
  Blobs,
  InMemory,
  Noise,
  Keys,
  Progress.layer,
  RequestRate.layerMemory,
  Layer.mock(KeyStore, {}),
  Layer.mock(WebhookQueue, {}),
  Layer.succeed(References.MinimumLogLevel, "None"),
).pipe(Layer.provideMerge([StatusChanges.layer, ServerConfig.layer({ dataDirectory: "" })]))

const { handler } = HttpRouter.toWebHandler(
  Routes.layer.pipe(Layer.provideMerge(services), Layer.provideMerge(HttpServer.layerServices)),
  { disableLogger: true },
)

/** Answers a request. */
export const answer = (request: Request): Promise<Response> => handler(request)

/** Asks a few calls, and gives what was answered, without what differs each time. */
export const ask = async (answer: (request: Request) => Promise<Response>): Promise<ReadonlyArray<unknown>> => {
  const base = "http://voices.example"
  const seen: Array<unknown> = []
  const call = async (path: string, init: RequestInit = {}, bearer = key) => {
    const headers = { authorization: `Bearer ${bearer}`, ...(init.headers as Record<string, string> | undefined) }
    const response = await answer(new Request(base + path, { ...init, headers }))
    const bytes = new Uint8Array(await response.arrayBuffer())
    const type = response.headers.get("content-type")
    const json = type?.startsWith("application/json") === true ? JSON.parse(new TextDecoder().decode(bytes)) : undefined
    return { status: response.status, headers: response.headers, bytes, json }
  }
  const form = new FormData()
  form.append("audio_file", new File([speech], "voice.wav", { type: "audio/wav" }))
  form.append("text", "Good morning.")
  const { json: created, status } = await call("/api/async-clone/create-task", { method: "POST", body: form })
  const id: string = created.task_id
  seen.push(["create", status, typeof id])

  const told = await call(`/api/async-clone/task-status/${id}`)
  seen.push(["status", told.status, told.json.status, told.json.engine, typeof told.json.created_at])
  const whole = await call(`/api/async-clone/task-result/${id}`)
  const isSpeech = whole.bytes.every((byte, i) => byte === speech[i])
  seen.push(["result", whole.status, whole.bytes.length, isSpeech, whole.headers.get("content-type")])
  const part = await call(`/api/async-clone/task-result/${id}`, { headers: { range: "bytes=8-11" } })
  seen.push(["range", part.status, new TextDecoder().decode(part.bytes), part.headers.get("content-range")])
  const list = await call("/api/async-clone/tasks")
  seen.push(["list", list.status, list.json.tasks.length])
  for (const [name, path, init, bearer] of [
    ["wrong key", `/api/async-clone/task-status/${id}`, {}, "wrong"],
    ["unknown task", "/api/async-clone/task-status/none", {}],
    ["wrong method", "/api/async-clone/create-task", { method: "PUT" }],
    [
      "no form",
      "/api/async-clone/create-task",
      { method: "POST", body: "{}", headers: { "content-type": "text/plain" } },
    ],
    ["unknown path", "/api/nowhere", {}],
    ["health", "/health", {}],
    ["ready", "/ready", {}],
  ] as const) {
    const answered = await call(path, init, bearer)
    seen.push([name, answered.status, answered.json])
  }
  const description = await call("/api/openapi.json", {}, "")
  seen.push(["openapi", description.status, description.json.openapi, Object.keys(description.json.paths).length])
  return seen
}
