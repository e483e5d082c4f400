/** The adapters of browsers, held to what their ports promise. */
import { assert, describe, it } from "@effect/vitest"
import { Digest } from "@voiceclone/core/Digest"
import { JournalStore } from "@voiceclone/core/JournalStore"
import { UploadProgress } from "@voiceclone/core/UploadProgress"
import * as DigestConformance from "@voiceclone/testing/DigestConformance"
import * as FileSystemConformance from "@voiceclone/testing/FileSystemConformance"
import * as HttpClientConformance from "@voiceclone/testing/HttpClientConformance"
import * as JournalStoreConformance from "@voiceclone/testing/JournalStoreConformance"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { inject } from "vitest"
import * as DigestBrowser from "../src/DigestBrowser.ts"
import * as FileSystemBrowser from "../src/FileSystemBrowser.ts"
import * as HttpClientBrowser from "../src/HttpClientBrowser.ts"
import * as JournalStoreBrowser from "../src/JournalStoreBrowser.ts"

const { conformance } = inject("servers")
const isFirefox = navigator.userAgent.includes("Firefox")
const isWebKit = !isFirefox && !navigator.userAgent.includes("Chrome")

describe("DigestBrowser", () => {
  for (const { name, check } of DigestConformance.cases(Digest)) {
    it.effect(name, () => Effect.provide(check, DigestBrowser.layer))
  }
})

const layers = [
  ["in a worker", FileSystemBrowser.layer({ directory: "conformance-worker", writing: "worker" })],
  ["by streams", FileSystemBrowser.layer({ directory: "conformance-streams", writing: "streams" })],
  ["in memory", FileSystemBrowser.layerMemory],
] as const

describe.each(layers.filter(([how]) => !isWebKit || how !== "in a worker"))(
  "FileSystemBrowser, writing %s",
  (how, layer) => {
    const place = Effect.gen(function* () {
      const context = yield* Layer.build(Layer.fresh(layer))
      const { heldInMemory } = Context.get(context, FileSystemBrowser.Files)
      if ((heldInMemory !== undefined) !== (how === "in memory")) return yield* Effect.die(new Error(heldInMemory))
      const fs = Context.get(context, FileSystem.FileSystem)
      const directory = `/${crypto.randomUUID()}`
      yield* Effect.acquireRelease(fs.makeDirectory(directory), () =>
        Effect.ignore(fs.remove(directory, { recursive: true })),
      )
      return { fs, directory }
    })
    const cases = FileSystemConformance.cases(place, {
      lacks: ["links", "directory sync", "open files", "modes", "permissions"],
    })
    for (const { name, check } of cases) it.live(name, () => check)
  },
)

describe("JournalStoreBrowser", () => {
  const place = Effect.map(
    Effect.sync(() => `conformance-${crypto.randomUUID()}`),
    (name) => Effect.map(Layer.build(Layer.fresh(JournalStoreBrowser.layer(name))), Context.get(JournalStore)),
  )
  for (const { name, check } of JournalStoreConformance.cases(place, { durable: true })) it.live(name, () => check)

  it.live("opens its database again where the browser has closed it without a word", () =>
    Effect.gen(function* () {
      const connections: Array<IDBDatabase> = []
      const { transaction } = IDBDatabase.prototype
      IDBDatabase.prototype.transaction = function (...args) {
        connections.push(this)
        return transaction.apply(this, args)
      }
      yield* Effect.addFinalizer(() => Effect.sync(() => void Object.assign(IDBDatabase.prototype, { transaction })))
      const store = yield* yield* place
      yield* store.write("job", "before")
      // no `close` event is told of this
      connections[0]!.close()
      yield* store.write("job", "after")
      assert.deepStrictEqual(yield* store.read("job"), Option.some("after"))
    }).pipe(Effect.scoped),
  )
})

describe("HttpClientBrowser", () => {
  const client = Effect.map(Layer.build(Layer.fresh(HttpClientBrowser.layer())), Context.get(HttpClient.HttpClient))
  const options = {
    // what Chromium has and takes, over HTTP/1.1
    connections: 6,
    unreadBytes: 96 * 1024 * 1024,
  }
  const lacks = [
    "streamed uploads",
    "accept-encoding",
    "redirect status",
    "reasons",
    "single sends",
    ...(isFirefox || isWebKit ? ["paced answers" as const] : []),
  ] as const
  // libsoup, which is under WebKitGTK, takes a body without its last chunk for whole
  const isTold = ({ name }: { readonly name: string }) => !isWebKit || !name.includes("before the last chunk")
  for (const { name, check } of HttpClientConformance.cases(client, conformance, { ...options, lacks }).filter(
    isTold,
  )) {
    it.live(name, () => check)
  }

  describe("where the progress of an upload is wanted", () => {
    const cases = HttpClientConformance.cases(client, conformance, {
      ...options,
      lacks: [...lacks, "refused redirects"],
    })
    for (const { name, check } of cases.filter(isTold)) {
      it.live(name, () => Effect.provideService(check, UploadProgress, () => Effect.void))
    }

    it.live("tells how much of a body has been sent, up to all of it", () =>
      Effect.gen(function* () {
        const http = yield* client
        const bytes = new Uint8Array(20 * 1024 * 1024)
        const told: Array<readonly [sent: number, total: number]> = []
        const begun = yield* Deferred.make<void>()
        const path = `/${crypto.randomUUID()}`
        // the server takes a little, and the rest when something has been told
        const script = encodeURIComponent(JSON.stringify({ takesBytes: 100_000 }))
        const sending = yield* http
          .execute(
            HttpClientRequest.post(`${conformance.baseUrl}${path}?script=${script}`).pipe(
              HttpClientRequest.bodyUint8Array(bytes, "application/octet-stream"),
            ),
          )
          .pipe(
            Effect.provideService(UploadProgress, (sent, total) => {
              told.push([sent, total])
              return Effect.asVoid(Deferred.succeed(begun, undefined))
            }),
            Effect.provideService(HttpClient.TracerPropagationEnabled, false),
            Effect.forkScoped,
          )
        yield* Deferred.await(begun)
        yield* Effect.promise(() => fetch(`${conformance.controlUrl}${path}`, { method: "POST" }))
        yield* Fiber.join(sending)
        assert.isAbove(told.length, 1)
        assert.deepStrictEqual(told.at(-1), [bytes.byteLength, bytes.byteLength])
        assert.deepStrictEqual(
          told,
          told.toSorted(([a], [b]) => a - b),
        )
      }),
    )
  })
})
