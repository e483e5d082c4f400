import { assert, describe, it } from "@effect/vitest"
import * as Wav from "@voiceclone/core/Wav"
import { Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as Context from "effect/Context"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SqlClient from "effect/sql/SqlClient"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { connect } from "node:net"
import * as Migrations from "../src/Migrations.ts"
import { RequestRate } from "../src/RequestRate.ts"
import { Server } from "../src/Server.ts"
import { type Limits, ServerConfig } from "../src/ServerOptions.ts"
import * as SqliteClient from "../src/SqliteClient.ts"
import {
  anna,
  ben,
  call,
  create,
  eventually,
  form,
  serve,
  settableClock,
  StubSynthesizer,
  temporary,
  until,
} from "./TestServer.ts"

const served = <A, E>(limits: Partial<Limits>, use: (baseUrl: string) => Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const dataDirectory = yield* temporary
    const test = Effect.flatMap(Server, ({ baseUrl }) => use(baseUrl))
    return yield* Effect.provide(test, serve({ dataDirectory, limits }))
  })

const post = (baseUrl: string, body = form("wait"), key = anna) =>
  call(`${baseUrl}/async-clone/create-task`, { method: "POST", body, key })

describe("Limits", () => {
  it.live("of a form stand in the OpenAPI document, as this server has them", () =>
    served({ sampleBytes: 1000, sampleSeconds: 90, textLength: 50 }, (baseUrl) =>
      Effect.gen(function* () {
        const { json } = yield* call(`${baseUrl}/openapi.json`, { key: "" })
        const { requestBody } = json.paths["/api/async-clone/create-task"].post
        const { audio_file, text } = requestBody.content["multipart/form-data"].schema.properties
        assert.deepStrictEqual([audio_file.maxLength, audio_file["x-max-seconds"], text.maxLength], [1000, 90, 50])
        assert.strictEqual(text.minLength, 1)
      }),
    ),
  )

  it.live("of tasks in flight are each owner's, and end with the tasks", () =>
    served({ tasksInFlight: 2 }, (baseUrl) =>
      Effect.gen(function* () {
        const id = yield* create(baseUrl, "wait")
        yield* create(baseUrl, "wait")
        const refused = yield* post(baseUrl)
        assert.deepStrictEqual([refused.status, refused.headers["retry-after"]], [429, "30"])
        assert.match(refused.json.detail, /^More than 2 tasks at once/u)
        assert.strictEqual((yield* post(baseUrl, form("wait"), ben)).status, 200)
        yield* call(`${baseUrl}/async-clone/task/${id}`, { method: "DELETE" })
        assert.strictEqual((yield* post(baseUrl)).status, 200)
      }),
    ),
  )

  it.live("of requests are each owner's, and say when to come again", () =>
    served({ requestsPerMinute: 3 }, (baseUrl) =>
      Effect.gen(function* () {
        const ask = (key: string) => call(`${baseUrl}/async-clone/tasks`, { key })
        for (let i = 0; i < 3; i++) assert.strictEqual((yield* ask(anna)).status, 200)
        const refused = yield* ask(anna)
        assert.strictEqual(refused.status, 429)
        const wait = Number(refused.headers["retry-after"])
        assert.isTrue(wait >= 1 && wait <= 60, String(wait))
        assert.deepStrictEqual(Object.keys(refused.json), ["detail"])
        assert.strictEqual((yield* ask(ben)).status, 200)
      }),
    ),
  )

  const config = ServerConfig.layer({ dataDirectory: "", limits: { requestsPerMinute: 2 } })
  const inSql = RequestRate.layerSql.pipe(
    Layer.provide(Layer.effectDiscard(Migrations.run)),
    Layer.provide(SqliteClient.layer(":memory:")),
  )
  it.effect.each([
    ["memory", RequestRate.layerMemory],
    ["SQL", inSql],
  ] as const)("of requests count the same in %s", ([, rate]) =>
    Effect.gen(function* () {
      const { take } = yield* RequestRate
      const allowed = Effect.map(take("anna"), Option.isNone)
      assert.deepStrictEqual([yield* allowed, yield* allowed, yield* allowed], [true, true, false])
      assert.isTrue(Option.isNone(yield* take("ben")))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([yield* allowed, yield* allowed, yield* allowed], [true, true, false])
    }).pipe(Effect.provide(rate.pipe(Layer.provide(config)))),
  )

  it.effect.each([
    ["memory", RequestRate.layerMemory],
    ["SQL", inSql],
  ] as const)("of requests are for a minute though the clock is set back, in %s", ([, rate]) =>
    Effect.gen(function* () {
      const clock = yield* settableClock
      clock.ahead = 3_600_000
      yield* Effect.gen(function* () {
        const { take } = yield* RequestRate
        const allowed = Effect.map(take("anna"), Option.isNone)
        assert.isTrue(yield* allowed)
        clock.ahead = 0
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual([yield* allowed, yield* allowed, yield* allowed], [true, true, false])
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual([yield* allowed, yield* allowed, yield* allowed], [true, true, false])
      }).pipe(Effect.provide(rate.pipe(Layer.provide(config))), Effect.provideService(Clock.Clock, clock.time))
    }),
  )

  it.effect("of requests hold for several servers that ask their database once for many", () =>
    Effect.gen(function* () {
      const limit = 1000
      const config = ServerConfig.layer({ dataDirectory: "", limits: { requestsPerMinute: limit } })
      const database = yield* Layer.build(
        Layer.effectDiscard(Migrations.run).pipe(Layer.provideMerge(SqliteClient.layer(":memory:"))),
      )
      const server = Layer.build(Layer.fresh(RequestRate.layerSql)).pipe(
        Effect.map(Context.get(RequestRate)),
        Effect.provide([config, Layer.succeedContext(database)]),
      )
      const servers = [yield* server, yield* server, yield* server]
      const granted = (index: number, count: number) =>
        Effect.map(
          Effect.forEach(Array.from({ length: count }), () => servers[index]!.take("anna"), {
            concurrency: "unbounded",
          }),
          (waits) => waits.filter(Option.isNone).length,
        )
      const sql = Context.get(database, SqlClient.SqlClient)
      // unspent by the second: 9 of the 10 that it has taken
      assert.deepStrictEqual([yield* granted(1, 1), yield* granted(0, 2000)], [1, 990])
      assert.deepStrictEqual([yield* granted(1, 20), yield* granted(2, 20)], [9, 0])
      assert.deepStrictEqual(yield* sql`select requests from request_rates`, [{ requests: limit + 30 }])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([yield* granted(2, 2000), yield* granted(0, 1)], [1000, 0])
    }).pipe(Effect.scoped),
  )

  it.live("of a sample's length are judged by its header", () =>
    served({ sampleSeconds: 2 }, (baseUrl) =>
      Effect.gen(function* () {
        const pcm = Buffer.alloc(3 * 2 * Wav.resultFormat.sampleRate, 77)
        const long = Buffer.concat([Wav.encodeHeader(Wav.resultFormat, pcm.length), pcm])
        const { json, status } = yield* post(baseUrl, form("Hello.", long))
        assert.deepStrictEqual([status, json.detail], [413, "The voice sample is longer than 2 seconds"])
      }),
    ),
  )

  it.live("of slowness cut an upload off, and no other request", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      yield* Effect.gen(function* () {
        const { baseUrl, port } = yield* Server
        const id = yield* create(baseUrl, "wait")
        yield* until(baseUrl, id, "processing")
        const held = yield* Effect.forkChild(
          call(`${baseUrl}/async-clone/task-status/${id}`, { headers: { prefer: "wait=1" } }),
        )
        const heard = yield* Effect.promise(
          () =>
            new Promise<string>((resolve, reject) => {
              let heard = ""
              const socket = connect(port, "127.0.0.1", () =>
                socket.write(
                  "POST /api/async-clone/create-task HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n" +
                    `Authorization: Bearer ${anna}\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n`,
                ),
              )
              socket.on("data", (bytes) => (heard += bytes.toString()))
              socket.on("close", () => resolve(heard))
              socket.on("error", reject)
            }),
        )
        assert.match(heard, /^HTTP\/1\.1 408 [^]*\r\n\r\n\{"detail":"Request Timeout"\}$/u)
        assert.strictEqual((yield* Fiber.join(held)).status, 200)
      }).pipe(Effect.provide(serve({ dataDirectory, uploadPace: { bytes: 1024, time: 50 } })))
    }),
  )

  it.live("of stillness end a download that nobody reads", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      // more than the system takes off our hands
      const pcm = () => ({ pcm: new Int16Array(1024 * 1024), progress: 1 })
      const engine = Layer.effect(
        Synthesizer,
        Effect.map(Synthesizer, (stub) =>
          Synthesizer.of({ ...stub, synthesize: () => Stream.map(Stream.range(1, 20), pcm) }),
        ),
      ).pipe(Layer.provide(StubSynthesizer))
      yield* Effect.gen(function* () {
        const { baseUrl, port } = yield* Server
        const id = yield* create(baseUrl, "Hello.")
        yield* until(baseUrl, id, "completed")
        const over = Effect.map(call(`http://127.0.0.1:${port}/metrics`), ({ body }) =>
          Number(/^voiceclone_http_requests_total\{.*task-result.*\} (\d+)$/mu.exec(body.toString())?.[1] ?? 0),
        )
        const before = yield* over
        const socket = yield* Effect.acquireRelease(
          Effect.sync(() => connect(port, "127.0.0.1").on("error", () => {})),
          (socket) => Effect.sync(() => socket.destroy()),
        )
        socket.pause()
        socket.write(
          `GET /api/async-clone/task-result/${id} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${anna}\r\n\r\n`,
        )
        yield* eventually(
          "the download to be over",
          Effect.map(over, (count) => count > before),
        )
      }).pipe(Effect.scoped, Effect.provide(serve({ dataDirectory, idleTimeout: "500 millis" }, engine)))
    }),
  )
})
