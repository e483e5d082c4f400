import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Server } from "../src/Server.ts"
import * as Telemetry from "../src/Telemetry.ts"
import { anna, call, form, StubSynthesizer, temporary, until } from "./TestServer.ts"

interface Received {
  readonly path: string
  readonly type: string
  readonly body: string
}

/** An OTLP/HTTP collector that keeps what it gets. */
const collector = Effect.acquireRelease(
  Effect.promise(async () => {
    const received: Array<Received> = []
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const body = Buffer.concat(chunks).toString("latin1")
        received.push({ path: request.url ?? "", type: request.headers["content-type"] ?? "", body })
        response.end("{}")
      })
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    return { server, received, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }),
  ({ server }) => Effect.promise(() => new Promise((resolve) => server.close(resolve))),
)

const traceId = "0af7651916cd43dd8448eb211c80319c"
const traceparent = `00-${traceId}-b7ad6b7169203331-01`

/** Has a server do a task and stop; gives what the collector got by then. */
const observed = Effect.fnUntraced(function* (environment: Record<string, string>) {
  const { endpoint, received } = yield* collector
  const dataDirectory = yield* temporary
  const server = Server.layer({ dataDirectory, port: 0, keys: [{ owner: "anna", key: Redacted.make(anna) }] }).pipe(
    Layer.provide(StubSynthesizer),
    Layer.provide(Telemetry.layer({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...environment })),
    Layer.provide(Layer.sync(Metric.MetricRegistry, () => new Map())),
    Layer.provide([Logger.layer([]), Layer.succeed(References.MinimumLogLevel, "Info")]),
  )
  yield* Effect.gen(function* () {
    const { baseUrl } = yield* Server
    const created = yield* call(`${baseUrl}/async-clone/create-task`, {
      method: "POST",
      headers: { traceparent, "x-request-id": "mine" },
      body: form("secret words"),
    })
    yield* until(baseUrl, created.json.task_id, "completed")
    yield* call(`${baseUrl}/health`, { headers: { traceparent } })
  }).pipe(Effect.provide(server))
  return received
})

const at = (received: ReadonlyArray<Received>, path: string) => received.filter((one) => one.path === path)

describe("Telemetry", () => {
  it.live("sends traces, metrics and logs where the endpoint alone is set, and follows a task into the worker", () =>
    Effect.gen(function* () {
      const received = yield* observed({
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
      })
      const json = (path: string): ReadonlyArray<any> => at(received, path).map(({ body }) => JSON.parse(body))

      const traces = json("/v1/traces").flatMap(({ resourceSpans }) => resourceSpans)
      const resource = JSON.stringify(traces[0].resource.attributes)
      assert.include(resource, `{"key":"service.name","value":{"stringValue":"voiceclone-server"}}`)
      assert.include(resource, "deployment.environment.name")
      const all: ReadonlyArray<any> = traces.flatMap(({ scopeSpans }) => scopeSpans).flatMap(({ spans }) => spans)
      const roots = all.filter(({ parentSpanId }) => parentSpanId === undefined).map(({ name }) => name)
      assert.deepStrictEqual([...new Set(roots)], ["GET /api/async-clone/task-status/:task_id"])
      const spans = all.filter((span) => span.traceId === traceId)
      const named = (name: string) => spans.filter((span) => span.name === name)
      const [request] = named("POST /api/async-clone/create-task")
      assert.strictEqual(request.parentSpanId, "b7ad6b7169203331")
      const [task] = named("task")
      const [accepted] = named("Upload.accept")
      assert.deepStrictEqual([accepted.parentSpanId, task.parentSpanId], [request.spanId, accepted.spanId])
      assert.strictEqual(named("synthesize")[0].parentSpanId, task.spanId)
      assert.deepStrictEqual(named("GET /health"), [])

      const metrics = JSON.stringify(json("/v1/metrics"))
      assert.include(metrics, "voiceclone_http_requests_total")
      assert.include(metrics, "voiceclone_synthesis_duration_seconds")

      const logs: ReadonlyArray<any> = json("/v1/logs")
        .flatMap(({ resourceLogs }) => resourceLogs)
        .flatMap(({ scopeLogs }) => scopeLogs)
        .flatMap(({ logRecords }) => logRecords)
      const line = logs.find(
        (record) => JSON.stringify(record).includes(`"stringValue":"mine"`) && record.body.stringValue === "Request",
      )
      assert.strictEqual(line.traceId, traceId)
      assert.strictEqual(line.spanId, request.spanId)

      const everything = JSON.stringify(received)
      for (const secret of ["secret words", anna]) assert.notInclude(everything, secret)
    }),
  )

  it.live("speaks Protobuf by default, as the service that the environment names", () =>
    Effect.gen(function* () {
      const received = yield* observed({ OTEL_SERVICE_NAME: "voices" })
      for (const [path, word] of [
        ["/v1/traces", "create-task"],
        ["/v1/metrics", "voiceclone_http_requests_total"],
        ["/v1/logs", "Task accepted"],
      ] as const) {
        const bodies = at(received, path)
        assert.isTrue(bodies.every(({ body, type }) => type === "application/x-protobuf" && body.includes("voices")))
        assert.isTrue(
          bodies.some(({ body }) => body.includes(word)),
          path,
        )
      }
    }),
  )

  it.live("sends nothing of a signal that is switched off, and nothing at all where the SDK is", () =>
    Effect.gen(function* () {
      const paths = (received: ReadonlyArray<Received>) => [...new Set(received.map(({ path }) => path))]
      assert.deepStrictEqual(paths(yield* observed({ OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" })), [
        "/v1/traces",
      ])
      assert.deepStrictEqual(paths(yield* observed({ OTEL_SDK_DISABLED: "true" })), [])
      assert.deepStrictEqual(paths(yield* observed({ OTEL_EXPORTER_OTLP_ENDPOINT: "" })), [])
    }),
  )

  it.effect.each([
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, /OTEL_EXPORTER_OTLP_PROTOCOL is ..grpc/u],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "collector" }, /OTEL_EXPORTER_OTLP_ENDPOINT/u],
  ] as const)("names what it cannot read: %o", ([environment, words]) =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Layer.build(Telemetry.layer(environment)))
      assert.isTrue(Exit.isFailure(exit))
      assert.match(JSON.stringify(exit), words)
    }),
  )
})
