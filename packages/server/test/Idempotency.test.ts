import { assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { request } from "node:http"
import { text as bodyOf } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { Server } from "../src/Server.ts"
import {
  anna,
  ben,
  call,
  eventually,
  files,
  form,
  Fresh,
  holds,
  sample,
  serve,
  temporary,
  until,
} from "./TestServer.ts"

const send = (baseUrl: string, key: string, text = "Hello.", options: { readonly audio?: Buffer; as?: string } = {}) =>
  call(`${baseUrl}/async-clone/create-task`, {
    method: "POST",
    headers: { "idempotency-key": key },
    body: form(text, options.audio ?? sample),
    key: options.as ?? anna,
  })

/** How many results and samples there are. */
const kept = (dataDirectory: string) => files(dataDirectory, "results").length + files(dataDirectory, "samples").length

layer(Fresh, { excludeTestServices: true })("Idempotency-Key", (it) => {
  it.effect("gives 20 that come at once, and one that comes late, the same task", () =>
    Effect.gen(function* () {
      const { baseUrl, dataDirectory } = yield* Server
      const answers = yield* Effect.all(
        Array.from({ length: 20 }, () => send(baseUrl, "many")),
        { concurrency: 20 },
      )
      const ids = new Set(answers.map(({ json }) => json.task_id))
      assert.deepStrictEqual([answers.map(({ status }) => status), ids.size], [Array(20).fill(200), 1])
      for (const { headers } of answers) assert.strictEqual(headers["idempotency-key"], "many")
      const first = answers.filter(({ headers }) => headers["idempotent-replayed"] === undefined)
      const rest = answers.filter(({ headers }) => headers["idempotent-replayed"] === "true")
      assert.deepStrictEqual([first.length, rest.length], [1, 19])
      const [id] = ids
      yield* until(baseUrl, id, "completed")
      const late = yield* send(baseUrl, "many")
      assert.deepStrictEqual([late.status, late.json], [200, { task_id: id }])
      assert.strictEqual(late.headers["idempotent-replayed"], "true")
      yield* holds(dataDirectory, "samples")
      yield* holds(dataDirectory, "results", `${id}.1.wav`)
    }),
  )

  it.effect("does not serve for another text or sample", () =>
    Effect.gen(function* () {
      const { baseUrl, dataDirectory } = yield* Server
      const { json } = yield* send(baseUrl, '"quoted"')
      yield* until(baseUrl, json.task_id, "completed")
      yield* holds(dataDirectory, "samples")
      const before = kept(dataDirectory)
      const audio = Buffer.from(sample)
      audio.writeInt16LE(1, audio.length - 2)
      const others = [
        yield* send(baseUrl, '"quoted"', "Hello!"),
        yield* send(baseUrl, '"quoted"', "Hello.", { audio }),
        ...(yield* Effect.all([send(baseUrl, "race", "One."), send(baseUrl, "race", "Two.")], {
          concurrency: 2,
        })).filter(({ status }) => status !== 200),
      ]
      assert.strictEqual(others.length, 3)
      for (const { headers, json, status } of others) {
        const detail = "This Idempotency-Key was used before, with another form"
        assert.deepStrictEqual([status, json], [422, { detail }])
        assert.isString(headers["idempotency-key"])
      }
      yield* holds(dataDirectory, "samples")
      assert.strictEqual(kept(dataDirectory), before + 1)
    }),
  )

  it.effect("is its owner's, and nobody's where there is none", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      const annas = yield* send(baseUrl, "shared")
      const bens = yield* send(baseUrl, "shared", "Hello.", { as: ben })
      assert.deepStrictEqual([annas.status, bens.status], [200, 200])
      assert.notStrictEqual(annas.json.task_id, bens.json.task_id)
      const url = `${baseUrl}/async-clone/create-task`
      const without = yield* call(url, { method: "POST", body: form("Hello.") })
      const again = yield* call(url, { method: "POST", body: form("Hello.") })
      assert.notStrictEqual(without.json.task_id, again.json.task_id)
      assert.notProperty(without.headers, "idempotency-key")
    }),
  )

  it.effect("is not used up by a create that is refused", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      const refused = yield* send(baseUrl, "refused", "")
      assert.deepStrictEqual([refused.status, refused.headers["idempotency-key"]], [422, "refused"])
      const mended = yield* send(baseUrl, "refused")
      assert.deepStrictEqual([mended.status, mended.headers["idempotent-replayed"]], [200, undefined])
    }),
  )

  it.effect.each([["", "x".repeat(256), "two words", "ké"]].flat())("refuses %j", (key) =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      const answer = yield* send(baseUrl, key)
      const detail = "Idempotency-Key is not 1 to 255 visible ASCII characters"
      assert.deepStrictEqual([answer.status, answer.json], [422, { detail }])
    }),
  )

  it.effect("does not make a repeat wait for an upload that hangs", () =>
    Effect.gen(function* () {
      const { baseUrl, dataDirectory } = yield* Server
      const encoded = new Response(form("Hello."))
      const whole = Buffer.from(yield* Effect.promise(() => encoded.arrayBuffer()))
      const hanging = request(`${baseUrl}/async-clone/create-task`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${anna}`,
          "content-type": encoded.headers.get("content-type") ?? "",
          "content-length": String(whole.length),
          "idempotency-key": "hanging",
        },
      })
      hanging.write(whole.subarray(0, whole.length / 2))
      yield* eventually(
        "the upload to begin",
        Effect.sync(() => files(dataDirectory, "samples").some((name) => name.endsWith(".part"))),
      )
      const repeat = yield* send(baseUrl, "hanging")
      assert.deepStrictEqual([repeat.status, repeat.headers["idempotent-replayed"]], [200, undefined])
      hanging.end(whole.subarray(whole.length / 2))
      const [answer] = yield* Effect.promise(() => once(hanging, "response"))
      const body = yield* Effect.promise(() => bodyOf(answer))
      assert.deepStrictEqual([answer.statusCode, JSON.parse(body)], [200, repeat.json])
      assert.strictEqual(answer.headers["idempotent-replayed"], "true")
      yield* until(baseUrl, repeat.json.task_id, "completed")
      yield* holds(dataDirectory, "samples")
    }),
  )
})

describe("Idempotency-Key", () => {
  it.live("finds the task of a server that was killed between its commit and its answer", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const script = fileURLToPath(new URL("crashing.ts", import.meta.url))
      const args = ["--conditions=@voiceclone/source", script, dataDirectory, "mute"]
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
      yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGKILL")))
      const exited = once(child, "exit")
      const [line] = yield* Effect.promise(() => once(child.stdout, "data"))
      const lost = yield* Effect.exit(send(String(line).trim(), "lost"))
      assert.isTrue(Exit.isFailure(lost))
      const [, signal] = yield* Effect.promise(() => exited)
      assert.strictEqual(signal, "SIGKILL")
      const [id] = files(dataDirectory, "samples")

      for (const _ of ["the next start", "one more"]) {
        const scope = yield* Scope.make()
        const context = yield* Layer.buildWithScope(serve({ dataDirectory }), scope)
        const { baseUrl } = yield* Effect.provide(Server, context)
        const repeat = yield* send(baseUrl, "lost")
        assert.deepStrictEqual([repeat.status, repeat.json], [200, { task_id: id }])
        assert.strictEqual(repeat.headers["idempotent-replayed"], "true")
        yield* until(baseUrl, String(id), "completed")
        yield* holds(dataDirectory, "samples")
        yield* holds(dataDirectory, "results", `${id}.1.wav`)
        yield* Scope.close(scope, Exit.void)
      }
    }),
  )
})
