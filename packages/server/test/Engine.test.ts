import { assert, describe, it } from "@effect/vitest"
import * as Wav from "@voiceclone/core/Wav"
import * as Effect from "effect/Effect"
import { once } from "node:events"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import * as EmbeddedServer from "../src/EmbeddedServer.ts"
import type { EngineOptions } from "../src/EngineOptions.ts"
import type { EngineUnusable } from "../src/ServerError.ts"
import { call, form, temporary, until } from "./TestServer.ts"

/** A second of a tone. */
const speech = (() => {
  const samples = Int16Array.from({ length: 24_000 }, (_, i) => 9_000 * Math.sin(i / 8))
  return Buffer.concat([
    Wav.encodeHeader({ ...Wav.resultFormat, sampleRate: 24_000 }, 48_000),
    Buffer.from(samples.buffer),
  ])
})()

const listening = (listener: RequestListener) =>
  Effect.gen(function* () {
    const server = createServer(listener)
    yield* Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening"))
    yield* Effect.addFinalizer(() => Effect.sync(() => (server.close(), server.closeAllConnections())))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

const start = (engine: EngineOptions) =>
  Effect.flatMap(temporary, (dataDirectory) =>
    Effect.acquireRelease(
      Effect.tryPromise({
        try: () => EmbeddedServer.start({ dataDirectory, port: 0, engine, logLevel: "none" }),
        catch: (error) => error as EngineUnusable,
      }),
      (server) => Effect.promise(() => server.close()),
    ),
  )

describe("Engine", () => {
  it.live("speaks through a service, and tells which engine it was", () =>
    Effect.gen(function* () {
      const asked: Array<Record<string, string>> = []
      const url = yield* listening((request, response) => {
        let body = ""
        request.on("data", (chunk: Buffer) => (body += chunk.toString()))
        request.on("end", () => {
          if (request.method === "GET") return void response.writeHead(404).end()
          asked.push(JSON.parse(body) as Record<string, string>)
          response.end(speech)
        })
      })
      const { apiKey: key, baseUrl, engine } = yield* start({ engine: "http", url, model: "f5", key: "secret" })
      assert.deepInclude(engine, { name: "http", version: "f5", kind: "neural" })
      const body = form("Guten Morgen!")
      body.append("transcript", " What was said. ")
      const headers = { "idempotency-key": "one" }
      const post = (body: FormData) =>
        call(`${baseUrl}/async-clone/create-task`, { method: "POST", body, key, headers })
      const { json } = yield* post(body)
      const task = yield* until(baseUrl, json.task_id as string, "completed", key)
      assert.strictEqual(task.engine, "http f5")
      assert.strictEqual(asked.length, 1)
      assert.deepInclude(asked[0], { input: "Guten Morgen!", model: "f5", ref_text: "What was said." })
      const result = yield* call(`${baseUrl}/async-clone/task-result/${json.task_id}`, { key })
      assert.strictEqual(result.body.readUInt32LE(24), 22_050)
      assert.closeTo(result.body.length, 44 + 44_100, 2_000)
      // Another transcript is another task.
      assert.strictEqual((yield* post(form("Guten Morgen!"))).status, 422)
    }).pipe(Effect.scoped),
  )

  it.live("names the engine while it works, and when it failed", () =>
    Effect.gen(function* () {
      const answer = Promise.withResolvers<void>()
      const url = yield* listening((request, response) => {
        request.resume()
        if (request.method === "GET") response.end()
        else void answer.promise.then(() => response.writeHead(400).end('{"detail":"The text is rude"}'))
      })
      const { apiKey: key, baseUrl } = yield* start({ engine: "http", url })
      const { json } = yield* call(`${baseUrl}/async-clone/create-task`, { method: "POST", body: form("Hello."), key })
      const processing = yield* until(baseUrl, json.task_id as string, "processing", key)
      assert.strictEqual(processing.engine, "http default model")
      answer.resolve()
      const failed = yield* until(baseUrl, json.task_id as string, "failed", key)
      assert.strictEqual(failed.engine, "http default model")
      assert.strictEqual(failed.error, "The speech service refuses the text: The text is rude")
    }).pipe(Effect.scoped),
  )

  it.live("speaks in the fixed voice", () =>
    Effect.gen(function* () {
      const { apiKey: key, baseUrl } = yield* start({ engine: "fixed" })
      const { json } = yield* call(`${baseUrl}/async-clone/create-task`, { method: "POST", body: form("Hello."), key })
      const task = yield* until(baseUrl, json.task_id as string, "completed", key)
      assert.match(task.engine, /^fixed-voice /)
    }).pipe(Effect.scoped),
  )

  it.live("does not start with an engine that cannot speak, and says why", () =>
    Effect.gen(function* () {
      const failure = (engine: EngineOptions) => Effect.map(Effect.flip(start(engine)), ({ message }) => message)
      const refusing = yield* listening((_, response) => void response.writeHead(401).end())
      const directory = yield* temporary
      assert.deepStrictEqual(
        yield* Effect.all([
          failure({ engine: "http", url: "http://127.0.0.1:1" }),
          failure({ engine: "http", url: refusing, key: "secret" }),
          failure({ engine: "http", url: "http://192.0.2.1", key: "secret" }),
          failure({ engine: "sherpa", directory: join(directory, "nowhere") }),
        ]),
        [
          "Cannot use the engine http: The speech service cannot be reached (ECONNREFUSED)",
          "Cannot use the engine http: The speech service refuses the key",
          "Cannot use the engine http: The speech service's key would travel in the clear; its address needs https",
          `Cannot use the engine sherpa: There is no directory ${join(directory, "nowhere")}`,
        ],
      )
    }).pipe(Effect.scoped),
  )
})
