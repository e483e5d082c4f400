import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import { renameSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Server } from "../src/Server.ts"
import { anna, ben, call, create, form, Fresh, holds, sample, stubResult, until } from "./TestServer.ts"

/** Says something on a bare connection, the rest as soon as it is answered, and returns all that comes back. */
const speak = (port: number, text: string, ...rest: Array<string>) =>
  Effect.promise(
    () =>
      new Promise<string>((resolve, reject) => {
        let heard = ""
        const socket = connect(port, "127.0.0.1", () => socket.write(text))
        socket.on("data", (bytes) => {
          heard += bytes.toString()
          const next = rest.shift()
          if (next !== undefined) socket.write(next)
        })
        socket.on("close", () => resolve(heard))
        socket.on("error", reject)
      }),
  )

layer(Fresh, { excludeTestServices: true })("Server", (it) => {
  describe("the documented life of a task", () => {
    it.effect("creates, speaks and delivers", () =>
      Effect.gen(function* () {
        const { baseUrl, dataDirectory } = yield* Server
        const id = yield* create(baseUrl, "Hello.")
        const status = yield* until(baseUrl, id, "completed")
        assert.hasAllKeys(status, [
          "task_id",
          "status",
          "progress",
          "created_at",
          "started_at",
          "completed_at",
          "expires_at",
          "engine",
        ])
        assert.deepStrictEqual([status.task_id, status.progress, status.engine], [id, 1, "stub 1"])
        const kept = Date.parse(status.expires_at) - Date.parse(status.completed_at)
        assert.strictEqual(kept, 7 * 86_400_000)

        const result = yield* call(`${baseUrl}/async-clone/task-result/${id}`)
        assert.strictEqual(result.status, 200)
        assert.isTrue(result.body.equals(stubResult))
        const { headers } = result
        assert.strictEqual(headers["content-type"], "audio/wav")
        assert.strictEqual(headers["content-length"], String(stubResult.length))
        assert.strictEqual(headers["content-disposition"], `attachment; filename="task_${id}.wav"`)
        assert.strictEqual(headers["accept-ranges"], "bytes")
        assert.match(headers["etag"] ?? "", /^"[^"]+"$/u)
        assert.strictEqual(
          Math.floor(Date.parse(status.completed_at) / 1000),
          Date.parse(headers["last-modified"] ?? "") / 1000,
        )
        yield* holds(dataDirectory, "samples")
      }),
    )

    it.effect("answers each state with the documented words", () =>
      Effect.gen(function* () {
        const { baseUrl } = yield* Server
        const busy = yield* create(baseUrl, "wait")
        const waiting = yield* create(baseUrl, "Hello.")
        const working = yield* until(baseUrl, busy, "processing")
        assert.isAtMost(working.progress, 0.25)
        const queued = yield* until(baseUrl, waiting, "pending")
        assert.strictEqual(queued.queue_position, 1)
        const expected: ReadonlyArray<readonly [path: string, key: string, status: number, detail: string]> = [
          [`task-result/${busy}`, anna, 409, "Task not completed yet. Current status: processing"],
          [`task-result/${waiting}`, anna, 409, "Task not completed yet. Current status: pending"],
          [`task-result/${busy}`, ben, 403, "Access denied. Task belongs to another user"],
          [`task-status/${busy}`, ben, 403, "Access denied. Task belongs to another user"],
          ["task-result/nobody", anna, 404, "Task not found or result not available"],
          ["task-status/nobody", anna, 404, "Task not found or result not available"],
          [`task-status/${busy}`, "wrong", 401, "Invalid or missing API key"],
          [`task-result/${busy}`, "", 401, "Invalid or missing API key"],
        ]
        for (const [path, key, status, detail] of expected) {
          const answer = yield* call(`${baseUrl}/async-clone/${path}`, { key })
          assert.deepStrictEqual([answer.status, answer.json], [status, { detail }], path)
          assert.strictEqual(answer.headers["www-authenticate"], status === 401 ? "Bearer" : undefined)
        }
        for (const authorization of [anna, `Basic ${anna}`, "Bearer", `Bearer  ${anna}x`]) {
          const answer = yield* call(`${baseUrl}/async-clone/task-status/${busy}`, { headers: { authorization } })
          assert.strictEqual(answer.status, 401, authorization)
        }
      }),
    )
  })
})

layer(Fresh, { excludeTestServices: true })("Server's failures", (it) => {
  it.effect.each<[text: string, reason: string]>([
    ["script", "Only English is spoken."],
    ["broken", "The engine is not installed."],
    ["crash", "The engine failed; the server's log has the cause"],
  ])("of %s are said in a sentence", ([text, reason]) =>
    Effect.gen(function* () {
      const { baseUrl, dataDirectory } = yield* Server
      const id = yield* create(baseUrl, text)
      const { error, status } = yield* until(baseUrl, id, "failed")
      assert.deepStrictEqual([status, error], ["failed", reason])
      const result = yield* call(`${baseUrl}/async-clone/task-result/${id}`)
      const detail = "Task not completed yet. Current status: failed"
      assert.deepStrictEqual([result.status, result.json], [409, { detail }])
      yield* holds(dataDirectory, "samples")
      yield* holds(dataDirectory, "results")
    }),
  )
})

layer(Fresh, { excludeTestServices: true })("Server's results", (it) => {
  it.effect("come whole, in part, or not at all", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      const id = yield* create(baseUrl, "Hello.")
      yield* until(baseUrl, id, "completed")
      const url = `${baseUrl}/async-clone/task-result/${id}`
      const size = stubResult.length
      const { headers: whole } = yield* call(url, { method: "HEAD" })
      const etag = String(whole["etag"])
      const modified = String(whole["last-modified"])
      const digest = `sha-256=:${createHash("sha256").update(stubResult).digest("base64")}:`
      assert.strictEqual(whole["repr-digest"], digest)
      // of the content: a task that a restored backup has not ended is spoken again, under the same id
      assert.strictEqual(`sha-256=:${etag.slice(1, -1)}:`, digest)
      const parts: ReadonlyArray<[Record<string, string>, number, number, number]> = [
        [{ range: "bytes=0-" }, 206, 0, size],
        [{ range: "bytes=100-" }, 206, 100, size],
        [{ range: "bytes=10-19" }, 206, 10, 20],
        [{ range: "bytes=-10" }, 206, size - 10, size],
        [{ range: "bytes=0-9,5-6" }, 200, 0, size],
        [{ range: `bytes=7-9,${size}-` }, 206, 7, 10],
        [{ range: "nonsense" }, 200, 0, size],
        [{ range: "bytes=100-", "if-range": etag }, 206, 100, size],
        [{ range: "bytes=100-", "if-range": modified }, 206, 100, size],
        [{ range: "bytes=100-", "if-range": '"other"' }, 200, 0, size],
        [{ range: "bytes=100-", "if-range": `W/${etag}` }, 200, 0, size],
      ]
      for (const [headers, status, from, to] of parts) {
        const answer = yield* call(url, { headers })
        const what = JSON.stringify(headers)
        assert.strictEqual(answer.status, status, what)
        assert.isTrue(answer.body.equals(stubResult.subarray(from, to)), what)
        assert.strictEqual(answer.headers["content-length"], String(to - from), what)
        assert.strictEqual(
          answer.headers["content-range"],
          status === 206 ? `bytes ${from}-${to - 1}/${size}` : undefined,
          what,
        )
        assert.strictEqual(answer.headers["etag"], etag, what)
        // Of the whole result, whatever part of it this is.
        assert.strictEqual(answer.headers["repr-digest"], digest, what)
      }
      const beyond = yield* call(url, { headers: { range: `bytes=${size}-` } })
      assert.deepStrictEqual([beyond.status, beyond.headers["content-range"]], [416, `bytes */${size}`])
      assert.isString(beyond.json.detail)
      const head = yield* call(url, { method: "HEAD", headers: { range: "bytes=5-" } })
      assert.deepStrictEqual([head.status, head.headers["content-length"], head.body.length], [200, String(size), 0])
      const later = { "if-modified-since": modified, range: "bytes=5-" }
      for (const headers of [{ "if-none-match": etag }, { "if-none-match": `W/${etag}` }, later]) {
        const known = yield* call(url, { headers })
        assert.deepStrictEqual([known.status, known.body.length, known.headers["etag"]], [304, 0, etag])
      }
      for (const headers of [{ "if-match": `W/${etag}` }, { "if-unmodified-since": "Sun, 06 Nov 1994 08:49:37 GMT" }]) {
        const another = yield* call(url, { headers: { ...headers, range: "bytes=5-" } })
        assert.deepStrictEqual([another.status, Object.keys(another.json)], [412, ["detail"]])
      }

      const several = yield* call(url, { headers: { range: "bytes=-2,0-3", "if-range": etag } })
      assert.deepStrictEqual([several.status, several.headers["content-range"]], [206, undefined])
      const [, boundary] = /^multipart\/byteranges; boundary=(\S+)$/u.exec(several.headers["content-type"] ?? "") ?? []
      const framed = [
        [size - 2, size],
        [0, 4],
      ].flatMap(([from = 0, to = 0], i) => [
        `${i === 0 ? "" : "\r\n"}--${boundary}\r\nContent-Type: audio/wav\r\n`,
        `Content-Range: bytes ${from}-${to - 1}/${size}\r\n\r\n`,
        stubResult.toString("latin1", from, to),
      ])
      assert.strictEqual(several.body.toString("latin1"), `${framed.join("")}\r\n--${boundary}--\r\n`)
      assert.strictEqual(several.headers["content-length"], String(several.body.length))
    }),
  )
})

layer(Fresh, { excludeTestServices: true })("Server's manners", (it) => {
  it.effect("answer what is wrong with a request in JSON", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      const origin = new URL(baseUrl).origin
      const json = { "content-type": "application/json" }
      const bad: ReadonlyArray<[string, string, Record<string, string>, number, string | undefined]> = [
        ["GET", "/", {}, 404, undefined],
        ["GET", "/api", {}, 404, undefined],
        ["GET", "/api/async-clone/unknown", {}, 404, undefined],
        ["GET", "/api/%zz", {}, 404, undefined],
        ["GET", "/api/async-clone/task-status/%00", {}, 404, undefined],
        ["GET", "/api/async-clone/task-result/a%2Fb", {}, 404, undefined],
        ["GET", "/api/async-clone/create-task", {}, 405, "POST"],
        ["POST", "/api/async-clone/task-status/a", {}, 405, "GET, HEAD"],
        ["PROPFIND", "/api/async-clone/task-result/a?b=c", {}, 405, "GET, HEAD"],
        ["DELETE", "/health", {}, 405, "GET, HEAD"],
        ["POST", "/api/async-clone/create-task", json, 415, undefined],
        ["POST", "/api/async-clone/create-task", { "content-type": "multipart/form-data" }, 422, undefined],
      ]
      for (const [method, path, headers, status, allow] of bad) {
        const answer = yield* call(`${origin}${path}`, { method, headers })
        assert.deepStrictEqual([answer.status, answer.headers["allow"]], [status, allow], `${method} ${path}`)
        assert.deepStrictEqual(Object.keys(answer.json), ["detail"], `${method} ${path}`)
        assert.isNotEmpty(answer.json.detail)
      }
    }),
  )

  it.effect("hold for what is not HTTP, too", () =>
    Effect.gen(function* () {
      const { port } = yield* Server
      const garbage = yield* speak(port, "GARBAGE\r\n\r\n")
      assert.match(garbage, /^HTTP\/1\.1 400 [^]*\r\n\r\n\{"detail":"Bad Request"\}$/u)
      const endless = yield* speak(port, `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`)
      assert.match(endless, /^HTTP\/1\.1 431 [^]*\r\n\r\n\{"detail":"Request Header Fields Too Large"\}$/u)
    }),
  )

  it.effect("are not written into an answer under way", () =>
    Effect.gen(function* () {
      const { baseUrl, port } = yield* Server
      const id = yield* create(baseUrl, "wait")
      const head = `GET /api/async-clone/task-events/${id} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${anna}\r\n\r\n`
      const heard = yield* speak(port, head, "GARBAGE\r\n\r\n")
      assert.match(heard, /^HTTP\/1\.1 200 [^]*event: status/u)
      assert.notInclude(heard, "HTTP/1.1 400")
      yield* call(`${baseUrl}/async-clone/task/${id}`, { method: "DELETE" })
    }),
  )

  it.effect("name each request, by the client's name where that is harmless", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      const nameOf = (headers: Record<string, string>) =>
        Effect.map(call(`${baseUrl}/async-clone/tasks`, { headers }), (answer) => answer.headers["x-request-id"])
      assert.strictEqual(yield* nameOf({ "x-request-id": "job-7/a:b" }), "job-7/a:b")
      for (const given of ["a b", 'a" level=ERROR', "<b>", "x".repeat(129)]) {
        assert.match(String(yield* nameOf({ "x-request-id": given })), /^[\da-f-]{36}$/u)
      }
      assert.match(String(yield* nameOf({})), /^[\da-f-]{36}$/u)
    }),
  )

  it.effect("include health, a description of the API, and pages of other origins", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      const origin = new URL(baseUrl).origin
      for (const url of [`${origin}/health`, `${baseUrl}/health`]) {
        const health = yield* call(url, { key: "" })
        assert.deepStrictEqual([health.status, health.json], [200, { status: "ok" }])
      }
      const { json } = yield* call(`${baseUrl}/openapi.json`, { key: "" })
      assert.containsAllKeys(json.paths, ["/api/async-clone/create-task", "/api/async-clone/task-result/{task_id}"])
      const { parameters } = json.paths["/api/async-clone/create-task"].post
      assert.deepInclude(
        parameters.map(({ in: place, name }: Record<string, string>) => ({ place, name })),
        { place: "header", name: "Idempotency-Key" },
      )
      assert.notInclude(JSON.stringify(json), '"additionalProperties":false')
      const statusesOf = (path: string) => Object.keys(json.paths[`/api/async-clone/${path}/{task_id}`].get.responses)
      assert.includeMembers(statusesOf("task-result"), ["200", "206", "304", "409", "410", "412", "416"])
      assert.includeMembers(statusesOf("task-events"), ["200", "204"])
      const preflight = yield* call(`${baseUrl}/async-clone/task-status/a`, {
        method: "OPTIONS",
        headers: {
          origin: "https://example.org",
          "access-control-request-method": "GET",
          "access-control-request-headers": "authorization, idempotency-key, prefer, range",
        },
      })
      assert.deepStrictEqual(
        [preflight.status, preflight.headers["access-control-allow-headers"]],
        [204, "authorization, idempotency-key, prefer, range"],
      )
      const refused = yield* call(`${baseUrl}/async-clone/task-status/a`, {
        headers: { origin: "https://example.org" },
      })
      assert.deepStrictEqual([refused.status, refused.headers["access-control-allow-origin"]], [404, "*"])
      const exposed = (refused.headers["access-control-expose-headers"] ?? "").split(/,\s*/u)
      assert.includeMembers(exposed, [
        "Idempotency-Key",
        "Idempotent-Replayed",
        "Preference-Applied",
        "Repr-Digest",
        "Retry-After",
      ])
    }),
  )

  it.effect("accept the form in any order and with more than it needs", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      const odd = new FormData()
      odd.append("language", "en")
      odd.append("text", "Hello.")
      odd.append("picture", new Blob(["x".repeat(100_000)]), "a.png")
      odd.append("audio_file", new Blob([new Uint8Array(sample)]), "../../etc/passwd")
      odd.append("last", "one")
      const answer = yield* call(`${baseUrl}/async-clone/create-task`, { method: "POST", body: odd })
      assert.strictEqual(answer.status, 200)
      yield* until(baseUrl, answer.json.task_id, "completed")
    }),
  )
})

layer(Fresh, { excludeTestServices: true })("A server whose store is away", (it) => {
  it.effect("makes no task, misses no result, and says when to come again", () =>
    Effect.gen(function* () {
      const { baseUrl, dataDirectory } = yield* Server
      const id = yield* create(baseUrl, "Hello.")
      yield* until(baseUrl, id, "completed")
      const rename = (from: string, to: string) => {
        for (const kind of ["samples", "results"]) {
          renameSync(join(dataDirectory, `${kind}${from}`), join(dataDirectory, `${kind}${to}`))
        }
      }
      const ask = () =>
        Effect.all([
          call(`${baseUrl}/async-clone/create-task`, { method: "POST", body: form("Hello again.") }),
          call(`${baseUrl}/async-clone/task-result/${id}`),
        ])
      rename("", ".away")
      for (const { headers, json, status } of yield* ask()) {
        assert.deepStrictEqual([status, headers["retry-after"]], [503, "5"])
        assert.deepStrictEqual(json, { detail: "The store of samples and results fails; see Retry-After" })
      }
      const listed = yield* call(`${baseUrl}/async-clone/tasks`)
      assert.lengthOf(listed.json.tasks, 1)
      rename(".away", "")
      const [created, result] = yield* ask()
      assert.strictEqual(created.status, 200)
      assert.isTrue(result.body.equals(stubResult))
    }),
  )
})

layer(Fresh, { excludeTestServices: true })("Server's defects", (it) => {
  it.effect("are kept from clients, but for a number to ask about", () =>
    Effect.gen(function* () {
      const { baseUrl, dataDirectory } = yield* Server
      const database = new DatabaseSync(join(dataDirectory, "tasks.sqlite"))
      database.exec("alter table tasks rename to elsewhere")
      database.close()
      const answer = yield* call(`${baseUrl}/async-clone/create-task`, { method: "POST", body: form("Hello.") })
      assert.strictEqual(answer.status, 500)
      assert.match(answer.body.toString(), /^\{"detail":"Internal Server Error \(request [\da-f-]{36}\)"\}$/u)
    }),
  )
})
