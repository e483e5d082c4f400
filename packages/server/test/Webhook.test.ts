import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import { createHmac } from "node:crypto"
import { createServer, type IncomingHttpHeaders } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Progress } from "../src/Progress.ts"
import { Server } from "../src/Server.ts"
import { ServerConfig } from "../src/ServerOptions.ts"
import { StatusChanges } from "../src/StatusChanges.ts"
import { Tasks } from "../src/Tasks.ts"
import * as Webhook from "../src/Webhook.ts"
import { WebhookQueue } from "../src/WebhookQueue.ts"
import * as WebhookSender from "../src/WebhookSender.ts"
import { anna, ben, call, eventually, form, serve, temporary, until } from "./TestServer.ts"

interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Answers with these statuses, one after the other, then with 204; instead of 0, not at all. */
const receiver = (...statuses: ReadonlyArray<number>) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const received: Array<Received> = []
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const status = statuses[received.length] ?? 204
          const body = Buffer.concat(chunks).toString()
          received.push({ path: `${request.method} ${request.url}`, headers: request.headers, body })
          if (status !== 0) response.writeHead(status, { location: "/elsewhere" }).end()
        })
      })
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      return { server, received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=a` }
    }),
    ({ server }) =>
      Effect.promise(() => new Promise((resolve) => (server.close(resolve), server.closeAllConnections()))),
  )

const post = (
  baseUrl: string,
  text: string,
  webhookUrl: string,
  options: { readonly headers?: Record<string, string>; readonly key?: string } = {},
) => {
  const body = form(text)
  body.append("webhook_url", webhookUrl)
  return call(`${baseUrl}/async-clone/create-task`, { method: "POST", body, ...options })
}

/** What the database says of the only webhook. */
const kept = (dataDirectory: string) => {
  const database = new DatabaseSync(join(dataDirectory, "tasks.sqlite"), { readOnly: true })
  try {
    const [row] = database.prepare("select webhook_url as url, webhook_due_at as due from tasks").all()
    return row as { readonly url: string | null; readonly due: number }
  } finally {
    database.close()
  }
}

/** Lets time pass until this many messages have come: a second for every few real milliseconds, so that answers come in time. */
const passing = (time: Duration.Input, received: ReadonlyArray<Received>, count: number) =>
  Effect.gen(function* () {
    for (let left = Duration.toSeconds(Duration.fromInputUnsafe(time)); left > 0 && received.length < count; left--) {
      yield* TestClock.adjust("1 second")
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 4)))
    }
    yield* eventually(
      `${count} messages`,
      Effect.sync(() => received.length === count),
    )
  })

describe("Webhook", () => {
  it.effect("is delivered, signed, and again after failures, redirects and a restart, until it is taken", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const { received, url } = yield* receiver(500, 302)
      const options = { dataDirectory, webhooksToPrivateAddresses: true }
      const id = yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const id = (yield* post(baseUrl, "Hello.", url)).json.task_id as string
        yield* until(baseUrl, id, "completed")
        yield* passing("2 seconds", received, 1)
        return id
      }).pipe(Effect.provide(serve(options)))

      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        // Where the stop came before the failure was written down, the first server's lease has to end.
        yield* passing("62 seconds", received, 2)
        yield* eventually(
          "the failure to be written down",
          Effect.sync(() => kept(dataDirectory).due > 200_000),
        )
        yield* passing("6 minutes", received, 3)
        yield* eventually(
          "the end",
          Effect.sync(() => kept(dataDirectory).url === null),
        )
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual(
          received.map(({ path }) => path),
          Array.from({ length: 3 }, () => "POST /hook?token=a"),
        )
        const { json } = yield* call(`${baseUrl}/async-clone/webhook-secret`)
        const other = yield* call(`${baseUrl}/async-clone/webhook-secret`, { key: ben })
        assert.notStrictEqual(other.json.secret, json.secret)
        assert.match(json.secret, /^whsec_[\w+/]{43}=$/u)
        const key = Buffer.from(json.secret.slice(6), "base64")
        for (const { body, headers } of received) {
          assert.strictEqual(headers["webhook-id"], `msg_${id}`)
          const signed = [headers["webhook-id"], headers["webhook-timestamp"], body].join(".")
          const signature = createHmac("sha256", key).update(signed).digest("base64")
          assert.strictEqual(headers["webhook-signature"], `v1,${signature}`)
          const { data, timestamp, type } = JSON.parse(body)
          assert.deepStrictEqual([type, data.task_id, data.status], ["task.completed", id, "completed"])
          assert.strictEqual(timestamp, data.completed_at)
        }
      }).pipe(Effect.provide(serve(options)))
    }),
  )

  it.effect("tells of failures, and stops where nobody listens any more", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const { received, url } = yield* receiver(410)
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const id = (yield* post(baseUrl, "script", url)).json.task_id as string
        yield* until(baseUrl, id, "failed")
        yield* passing("2 seconds", received, 1)
        yield* eventually(
          "the end",
          Effect.sync(() => kept(dataDirectory).url === null),
        )
        yield* TestClock.adjust("10 minutes")
        assert.strictEqual(received.length, 1)
        const { data, type } = JSON.parse(received[0]?.body ?? "")
        assert.deepStrictEqual([type, data.error], ["task.failed", "Only English is spoken."])
      }).pipe(Effect.provide(serve({ dataDirectory, webhooksToPrivateAddresses: true })))
    }),
  )

  it.effect("waits for its owner's others, and for nobody else's", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const { received, url } = yield* receiver(0)
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const told = Effect.fnUntraced(function* (key: string) {
          const id = (yield* post(baseUrl, "Hello.", url, { key })).json.task_id as string
          yield* until(baseUrl, id, "completed", key)
          return id
        })
        const first = yield* told(anna)
        yield* passing("1 second", received, 1)
        const second = yield* told(anna)
        const bens = yield* told(ben)
        yield* passing("1 second", received, 2)
        yield* passing("16 seconds", received, 3)
        assert.deepStrictEqual(
          received.map(({ body }) => JSON.parse(body).data.task_id),
          [first, bens, second],
        )
      }).pipe(Effect.provide(serve({ dataDirectory, webhooksToPrivateAddresses: true })))
    }),
  )

  it.effect("is not looked for over and over while the server stops", () => {
    let looks = 0
    const queue = Layer.mock(WebhookQueue, {
      take: () => Effect.sync(() => (looks++, Option.none())),
      untilDue: () => Effect.succeedNone,
    })
    return Effect.gen(function* () {
      const changes = yield* StatusChanges
      yield* Effect.yieldNow
      yield* changes.end
      for (let turns = 0; turns < 100; turns++) yield* Effect.yieldNow
      assert.isAtMost(looks, 2)
    }).pipe(
      Effect.provide(
        WebhookSender.layer.pipe(
          Layer.provide([queue, Layer.mock(Tasks, {}), Progress.layer, ServerConfig.layer({ dataDirectory: "" })]),
          Layer.provideMerge(StatusChanges.layer),
        ),
      ),
    )
  })

  it.effect("belongs to the create that an idempotency key stands for", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      yield* Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const headers = { "idempotency-key": "a" }
        const statuses = []
        for (const url of ["https://example.com/a", "https://example.com/a", "https://example.com/b", ""]) {
          statuses.push((yield* post(baseUrl, "wait", url, { headers })).status)
        }
        assert.deepStrictEqual(statuses, [200, 200, 422, 422])
        const refused = yield* post(baseUrl, "wait", "https://[::1]/")
        assert.deepStrictEqual(
          [refused.status, refused.json.detail],
          [422, "webhook_url leads to an address that is not public"],
        )
      }).pipe(Effect.provide(serve({ dataDirectory })))
    }),
  )

  it.each<[string, boolean]>([
    ["https://example.com/hook", true],
    ["https://8.8.8.8/", true],
    ["http://example.com/", false],
    ["ftp://example.com/", false],
    ["file:///etc/passwd", false],
    ["https://user:secret@example.com/", false],
    ["https://127.0.0.1/", false],
    ["https://0x7f.1/", false],
    ["https://2130706433/", false],
    ["https://[::ffff:127.0.0.1]/", false],
    ["https://169.254.169.254/latest/meta-data", false],
    [`https://example.com/${"x".repeat(2048)}`, false],
    ["not a URL", false],
  ])("may go to %s: %s", (url, may) => {
    assert.strictEqual(Webhook.refuse(url, false) === undefined, may)
  })
})
