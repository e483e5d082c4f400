import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { Server } from "../src/Server.ts"
import { anna, ben, call, create, serve, temporary } from "./TestServer.ts"

/** A server with a page, beside which there is something that is nobody's business. */
const served = <A, E>(use: (origin: string, code: string) => Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* temporary
    yield* fs.makeDirectory(`${directory}/page/assets`, { recursive: true })
    yield* fs.writeFileString(`${directory}/secret.js`, "secret")
    yield* fs.writeFileString(`${directory}/page/index.html`, "<!doctype html><title>Page</title>")
    yield* fs.writeFileString(`${directory}/page/assets/main-1a2b.js`, "export {}")
    return yield* Effect.provide(
      Server.use(({ pageUrl }) => {
        const url = new URL(Redacted.value(pageUrl!))
        return use(url.origin, url.hash.slice(1))
      }),
      serve({ dataDirectory: `${directory}/data`, page: `${directory}/page` }),
    )
  }).pipe(Effect.provide(NodeServices.layer))

const exchange = (origin: string, code: string) => call(`${origin}/session`, { method: "POST", key: code })

describe("PageRoutes", () => {
  it.effect("serves the page's files as what they are, and nothing beside them", () =>
    served((origin) =>
      Effect.gen(function* () {
        const document = yield* call(`${origin}/`, { key: "" })
        assert.strictEqual(document.body.toString(), "<!doctype html><title>Page</title>")
        assert.strictEqual(document.headers["content-type"], "text/html; charset=utf-8")
        assert.strictEqual(document.headers["cache-control"], "no-cache")
        assert.match(document.headers["content-security-policy"] as string, /^default-src 'none'; .*connect-src 'self'/)
        assert.strictEqual(document.headers["x-content-type-options"], "nosniff")
        const again = yield* call(`${origin}/`, { headers: { "if-none-match": document.headers.etag! } })
        assert.strictEqual(again.status, 304)
        const script = yield* call(`${origin}/assets/main-1a2b.js`, { key: "" })
        assert.strictEqual(script.headers["content-type"], "text/javascript; charset=utf-8")
        assert.match(script.headers["cache-control"] ?? "", /immutable/)
        for (const path of [
          "/assets/../../secret.js",
          "/assets/..%2f..%2fsecret.js",
          "/assets/%2e%2e/%2e%2e/secret.js",
          "/assets/..%5c..%5csecret.js",
          "/assets/%00",
          "/assets/%",
          "/assets",
          "/assets/",
          "/secret.js",
          "//secret.js",
        ]) {
          const { body, status } = yield* call(`${origin}${path}`, { key: "" })
          assert.include([400, 404], status, path)
          assert.notInclude(body.toString(), "secret", path)
        }
        assert.strictEqual((yield* call(`${origin}/api/nothing`)).status, 404)
      }),
    ),
  )

  it.effect("lets in the page that has the code, once, as the first owner", () =>
    served((origin, code) =>
      Effect.gen(function* () {
        for (const wrong of ["", "wrong", anna]) assert.strictEqual((yield* exchange(origin, wrong)).status, 401)
        const { headers, json, status } = yield* exchange(origin, code)
        assert.strictEqual(status, 200)
        assert.strictEqual(headers["cache-control"], "no-store")
        const again = yield* exchange(origin, code)
        assert.strictEqual(again.status, 401)
        assert.match(again.json.detail, /used already/)
        const id = yield* create(`${origin}/api`, "Hello!", json.token)
        const status_ = `${origin}/api/async-clone/task-status/${id}`
        assert.strictEqual((yield* call(status_, { key: anna })).status, 200)
        assert.strictEqual((yield* call(status_, { key: ben })).status, 403)
        assert.strictEqual((yield* call(status_, { key: code })).status, 401, "a code is no key")
      }),
    ),
  )

  it.effect("lets nobody in by an old code", () =>
    served((origin, code) =>
      Effect.gen(function* () {
        yield* TestClock.adjust("5 minutes")
        assert.strictEqual((yield* exchange(origin, code)).status, 401)
      }),
    ),
  )

  it.effect("has neither page nor session where none is asked for", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      yield* Effect.provide(
        Server.use(({ pageUrl, port }) =>
          Effect.gen(function* () {
            assert.isUndefined(pageUrl)
            assert.strictEqual((yield* call(`http://127.0.0.1:${port}/`)).status, 404)
            assert.strictEqual((yield* exchange(`http://127.0.0.1:${port}`, "")).status, 404)
          }),
        ),
        serve({ dataDirectory }),
      )
    }),
  )
})
