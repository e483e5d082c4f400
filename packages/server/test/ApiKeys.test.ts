import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as ApiKeys from "../src/ApiKeys.ts"
import { DataDirectory } from "../src/DataDirectory.ts"
import { KeyStore } from "../src/KeyStore.ts"
import { ServerConfig, type ServerOptions } from "../src/ServerOptions.ts"
import { temporary } from "./TestServer.ts"

/** What a start finds or makes. */
const start = (options: ServerOptions) =>
  ApiKeys.ApiKeys.use((keys) => Effect.as(keys.keep, keys)).pipe(
    Effect.provide(
      ApiKeys.ApiKeys.layer.pipe(
        Layer.provide(Layer.mock(KeyStore, { holderOf: () => Effect.succeedNone })),
        Layer.provide(DataDirectory.layer),
        Layer.provide(ServerConfig.layer(options)),
        Layer.provide(NodeServices.layer),
      ),
    ),
  )

const databaseUrl = Redacted.make("postgres://127.0.0.1/none")

describe("ApiKeys", () => {
  it("reads owners and keys", () => {
    const keys = Result.getOrThrow(ApiKeys.parse(" anna : a:1 ,ben:b2,anna:a2"))
    assert.deepStrictEqual(
      keys.map(({ key, owner }) => [owner, Redacted.value(key)]),
      [
        ["anna", "a:1"],
        ["ben", "b2"],
        ["anna", "a2"],
      ],
    )
  })

  it.each([
    ["", "entry 1 is empty"],
    ["anna:1,", "entry 2 is empty"],
    ["anna:1,secret", "entry 2 has no colon between owner and key"],
    [":secret", "entry 1 has no owner before the colon"],
    ["anna:", "entry 1 has no key after the colon"],
    ["anna:sécret", "entry 1 has a key with characters other than visible ASCII"],
    ["anna:secret,ben:secret", "entry 2 repeats a key of an earlier entry"],
  ])("refuses %j", (text, reason) => {
    const error = Result.getOrThrow(Result.flip(ApiKeys.parse(text)))
    assert.strictEqual(error.reason, reason)
    assert.notInclude(`${error.message} ${error.nextStep}`, "cret")
  })

  it.effect("makes a key once, readable by its owner alone", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const first = yield* start({ dataDirectory })
      const second = yield* start({ dataDirectory })
      const key = Redacted.value(first.first.key)
      assert.match(key, /^vc_[\w-]{43}$/u)
      assert.deepStrictEqual([first.firstIsNew, second.firstIsNew], [true, false])
      assert.strictEqual(Redacted.value(second.first.key), key)
      assert.strictEqual(readFileSync(`${dataDirectory}/key`, "utf8"), `${key}\n`)
      assert.strictEqual(statSync(`${dataDirectory}/key`).mode & 0o777, 0o600)
      assert.deepStrictEqual(yield* second.holderOf(key), Option.some({ owner: "owner", keyId: "kept" }))
      assert.deepStrictEqual(yield* second.holderOf(`${key}x`), Option.none())
      assert.deepStrictEqual(yield* second.holderOf(""), Option.none())
    }),
  )

  it.effect("makes one key for servers that start at the same time", () =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      const starts = yield* Effect.forEach([1, 2, 3, 4], () => start({ dataDirectory, databaseUrl }), {
        concurrency: "unbounded",
      })
      assert.strictEqual(new Set(starts.map(({ first }) => Redacted.value(first.key))).size, 1)
      assert.strictEqual(starts.filter(({ firstIsNew }) => firstIsNew).length, 1)
      assert.deepStrictEqual(readdirSync(dataDirectory), ["key"])
    }),
  )

  it.effect.each(["", "\n", "schlüssel"])("lets nobody in by a key file that holds %j", (content) =>
    Effect.gen(function* () {
      const dataDirectory = yield* temporary
      writeFileSync(join(dataDirectory, "key"), content)
      for (const shared of [{}, { databaseUrl }]) {
        const error = yield* Effect.flip(start({ dataDirectory, ...shared }))
        assert.match(error.message, /the file "key" in it holds no key/u)
      }
      const configured = yield* start({ dataDirectory, keys: [{ owner: "anna", key: Redacted.make(content) }] })
      assert.deepStrictEqual(yield* configured.holderOf(""), Option.none())
    }),
  )
})
