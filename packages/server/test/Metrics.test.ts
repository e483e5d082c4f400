import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Server } from "../src/Server.ts"
import { maxAttempts } from "../src/Tasks.ts"
import { anna, call, create, eventually, form, sample, serve, StubSynthesizer, temporary, until } from "./TestServer.ts"

/** A server whose metrics are its own. */
const servedFrom = <A, E>(dataDirectory: string, use: (server: Server["Service"]) => Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const server = serve({ dataDirectory, metricsToken: Redacted.make("prometheus") })
    return yield* Effect.provide(
      Effect.flatMap(Server, use),
      Layer.provide(
        server,
        Layer.sync(Metric.MetricRegistry, () => new Map()),
      ),
    )
  })

const served = <A, E>(use: (server: Server["Service"]) => Effect.Effect<A, E>) =>
  Effect.flatMap(temporary, (dataDirectory) => servedFrom(dataDirectory, use))

const read = Effect.fnUntraced(function* (port: number) {
  const { body, headers, status } = yield* call(`http://127.0.0.1:${port}/metrics`, { key: "" })
  assert.strictEqual(status, 200)
  assert.match(headers["content-type"] ?? "", /^text\/plain; version=0\.0\.4/u)
  const lines = body.toString().split("\n")
  assert.strictEqual(lines.pop(), "")
  for (const line of lines) {
    assert.match(line, /^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{(?:\w+="[^"\\]*",?)+\})? (?:[\d.e+-]+|\+Inf))$/u)
  }
  return new Map(
    lines
      .filter((line) => !line.startsWith("#"))
      .map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  )
})

describe("/metrics", () => {
  it.live("counts requests, tasks and speech, and tells nothing of theirs", () =>
    served(({ baseUrl, port }) =>
      Effect.gen(function* () {
        const id = yield* create(baseUrl, "Hello.")
        yield* until(baseUrl, id, "completed")
        yield* create(baseUrl, "script")
        const result = yield* call(`${baseUrl}/async-clone/task-result/${id}`)
        yield* call(`${baseUrl}/async-clone/task-status/none`, { key: "wrong" })
        yield* call(`${baseUrl}/<script>/${id}?"\\`, { method: "OPTIONS" })
        yield* call(`${baseUrl}/health`, { headers: { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c" } })
        const seen = yield* eventually(
          "all to be counted",
          Effect.map(
            read(port),
            (seen) =>
              seen.get(`voiceclone_tasks_total{status="failed"}`) === 1 &&
              seen.has(`voiceclone_http_requests_total{method="GET",route="/api/health",status="2xx"}`) &&
              seen.has(`voiceclone_http_requests_total{method="OPTIONS",route="other",status="2xx"}`) &&
              seen,
          ),
        )
        const requests = (method: string, call: string, status: string) =>
          seen.get(
            `voiceclone_http_requests_total{method="${method}",route="/api/async-clone/${call}",status="${status}"}`,
          )
        assert.strictEqual(requests("POST", "create-task", "2xx"), 2)
        assert.strictEqual(requests("GET", "task-result/:task_id", "2xx"), 1)
        assert.strictEqual(requests("GET", "task-status/:task_id", "4xx"), 1)
        assert.isAtLeast(seen.get("voiceclone_http_received_bytes_total") ?? 0, 2 * sample.length)
        assert.isAtLeast(seen.get("voiceclone_http_sent_bytes_total") ?? 0, result.body.length)
        assert.strictEqual(
          seen.get(
            `voiceclone_http_request_duration_seconds_bucket{method="POST",route="/api/async-clone/create-task",le="+Inf"}`,
          ),
          2,
        )
        assert.strictEqual(seen.get(`voiceclone_tasks_total{status="accepted"}`), 2)
        assert.strictEqual(seen.get(`voiceclone_tasks_total{status="completed"}`), 1)
        assert.strictEqual(seen.get(`voiceclone_syntheses_total{outcome="failed"}`), 1)
        assert.strictEqual(seen.get("voiceclone_synthesis_duration_seconds_count"), 1)
        assert.strictEqual(seen.get("voiceclone_synthesis_real_time_factor_count"), 1)
        assert.closeTo(seen.get("voiceclone_synthesis_audio_seconds_total") ?? 0, 3000 / 22_050, 1e-9)
        for (const name of [
          `voiceclone_tasks{status="pending"}`,
          "voiceclone_queue_age_seconds",
          `voiceclone_event_loop_delay_seconds{percentile="99"}`,
          "process_resident_memory_bytes",
          "process_cpu_seconds_total",
        ])
          assert.isDefined(seen.get(name), name)
        const text = [...seen.keys()].join("\n")
        for (const secret of [id, anna, "anna", "Hello", "script", "none"]) assert.notInclude(text, secret)
      }),
    ),
  )

  it.live("count a task as failed that is given up when the server starts", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      yield* servedFrom(dataDirectory, ({ baseUrl }) =>
        Effect.gen(function* () {
          yield* until(baseUrl, yield* create(baseUrl, "Hello."), "completed")
        }),
      )
      const database = new DatabaseSync(join(dataDirectory, "tasks.sqlite"))
      database.exec(`update tasks set status = 'processing', attempts = ${maxAttempts}, completed_at = null`)
      database.close()
      yield* servedFrom(dataDirectory, ({ port }) =>
        Effect.gen(function* () {
          assert.strictEqual((yield* read(port)).get(`voiceclone_tasks_total{status="failed"}`), 1)
        }),
      )
    }),
  )

  it.live("are for this machine and for who bears the token", () =>
    served(({ port }) =>
      Effect.gen(function* () {
        const ask = (headers: Record<string, string>) =>
          Effect.map(call(`http://127.0.0.1:${port}/metrics`, { key: "", headers }), ({ status }) => status)
        assert.strictEqual(yield* ask({}), 200)
        for (const headers of [
          { "x-forwarded-for": "192.0.2.1" },
          { origin: "https://page.example" },
          { host: "rebound.example" },
          { host: "rebound.example", authorization: `Bearer ${anna}` },
        ])
          assert.strictEqual(yield* ask(headers), 401, JSON.stringify(headers))
        assert.strictEqual(yield* ask({ host: "voices.example", authorization: "Bearer prometheus" }), 200)
      }),
    ),
  )
})

describe("The log", () => {
  it.live("has a line for each request but polls that are answered, with the key's id and nothing that was sent", () =>
    Effect.gen(function* () {
      const lines: Array<Record<string, unknown>> = []
      const collector = Logger.make<unknown, void>(({ fiber, logLevel, message }) => {
        const [first] = Array.isArray(message) ? message : [message]
        lines.push({ ...fiber.getRef(References.CurrentLogAnnotations), level: logLevel, message: first })
      })
      const dataDirectory = yield* temporary
      const server = Server.layer({ dataDirectory, port: 0, keys: [{ owner: "anna", key: Redacted.make(anna) }] }).pipe(
        Layer.provide(StubSynthesizer),
        Layer.provide([Logger.layer([collector]), Layer.succeed(References.MinimumLogLevel, "Info")]),
      )
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const { json } = yield* call(`${baseUrl}/async-clone/create-task?injected=%0a`, {
          method: "POST",
          headers: { "x-request-id": "mine-1", "user-agent": "injected" },
          body: form("secret words"),
        })
        yield* call(`${baseUrl}/injected`, { key: "wrong" })
        yield* call(`${baseUrl}/health`)
        // a poll, by the shortcut and by the router; and one that is refused
        const status = `${baseUrl}/async-clone/task-status/${json.task_id}`
        yield* call(status)
        yield* call(status, { headers: { origin: baseUrl } })
        yield* call(`${baseUrl}/async-clone/task-status/none`)
        const requests = yield* eventually(
          "the lines",
          Effect.sync(() => {
            const requests = lines.filter(({ message }) => message === "Request")
            return requests.length === 3 && requests
          }),
        )
        const [created, unknown, refused] = requests
        assert.include(created, {
          request: "mine-1",
          method: "POST",
          route: "/api/async-clone/create-task",
          status: 200,
          key: "configured:1",
        })
        assert.isAtLeast(Number(created?.["received"]), sample.length)
        assert.include(unknown, { route: "other", status: 404 })
        assert.notProperty(unknown, "key")
        assert.include(refused, { route: "/api/async-clone/task-status/:task_id", status: 404, key: "configured:1" })
        const text = JSON.stringify(lines)
        for (const secret of ["secret words", "injected", anna, "wrong"]) assert.notInclude(text, secret)
      }).pipe(Effect.provide(server))
    }),
  )
})
