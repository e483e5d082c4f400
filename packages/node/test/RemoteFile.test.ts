import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { assert, describe, it } from "@effect/vitest"
import * as RemoteFile from "@voiceclone/core/RemoteFile"
import * as RetryPolicy from "@voiceclone/core/RetryPolicy"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as DigestNode from "../src/DigestNode.ts"
import * as HttpClientNode from "../src/HttpClientNode.ts"

const content = Buffer.alloc(3_000_000, "a file that is no speech, ")
const sha256 = createHash("sha256").update(content).digest("hex")

/** A server of one file that breaks its first answers off after `cut` bytes, and notes what is asked. */
const serving = (cuts: ReadonlyArray<number> = []) =>
  Effect.gen(function* () {
    const asked: Array<string> = []
    const left = [...cuts]
    const server = createServer((request: IncomingMessage, response: ServerResponse) => {
      asked.push(`${request.url} ${request.headers.range ?? ""}`.trim())
      if (request.url === "/latest") return void response.writeHead(302, { location: "/file" }).end()
      if (request.url !== "/file") return void response.writeHead(404).end("no such file")
      const start = Number(/bytes=(\d+)-/u.exec(request.headers.range ?? "")?.[1] ?? 0)
      response.writeHead(start > 0 ? 206 : 200, {
        etag: '"1"',
        "content-length": content.length - start,
        ...(start > 0 ? { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
      })
      const cut = left.shift()
      if (cut === undefined) return void response.end(content.subarray(start))
      response.write(content.subarray(start, start + cut), () => setTimeout(() => response.destroy(), 100))
    })
    yield* Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening"))
    yield* Effect.addFinalizer(() => Effect.sync(() => (server.close(), server.closeAllConnections())))
    const url = (path: string) => new URL(path, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    return { asked, url }
  })

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "remote-file-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true })),
)

const save = (url: URL, target: string, options?: { readonly sha256: string }) =>
  RemoteFile.save(url, target, options).pipe(
    Effect.provide(Layer.mergeAll(HttpClientNode.layer(), NodeFileSystem.layer, NodePath.layer, DigestNode.layer)),
    Effect.provideService(RetryPolicy.RetryPolicy, { schedule: Schedule.recurs(0) }),
  )

describe("RemoteFile", () => {
  it.live("follows redirects, and checks the digest", () =>
    Effect.gen(function* () {
      const { asked, url } = yield* serving()
      const place = yield* directory
      const target = join(place, "model.tar.bz2")
      assert.deepStrictEqual(yield* save(url("/latest"), target, { sha256: sha256.toUpperCase() }), {
        path: target,
        bytes: content.length,
        sha256,
      })
      assert.isTrue(readFileSync(target).equals(content))
      assert.deepStrictEqual(readdirSync(place), ["model.tar.bz2"])
      yield* save(url("/latest"), target, { sha256 })
      assert.deepStrictEqual(asked, ["/latest", "/file"])
    }).pipe(Effect.scoped),
  )

  it.live("goes on where it was broken off, in the same run and in the next", () =>
    Effect.gen(function* () {
      const { asked, url } = yield* serving([1_000_000, 500_000, 0])
      const target = join(yield* directory, "model")
      const error = yield* Effect.flip(save(url("/file"), target, { sha256 }))
      assert.strictEqual(error._tag, "ConnectionFailed")
      yield* save(url("/file"), target, { sha256 })
      assert.isTrue(readFileSync(target).equals(content))
      const starts = asked.map((line) => Number(/bytes=(\d+)/u.exec(line)?.[1] ?? 0))
      assert.strictEqual(starts[0], 0)
      assert.isTrue(starts.slice(1).every((start) => start > 0))
    }).pipe(Effect.scoped),
  )

  it.live("throws away what has another digest, and leaves what was there", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      const place = yield* directory
      const target = join(place, "model")
      writeFileSync(target, "as it was")
      const error = yield* Effect.flip(save(url("/file"), target, { sha256: "0".repeat(64) }))
      assert.match(error.message, /its SHA-256 is [0-9a-f]{64}, and 0{64} was to come/)
      assert.strictEqual(readFileSync(target, "utf8"), "as it was")
      assert.deepStrictEqual(readdirSync(place), ["model"])
    }).pipe(Effect.scoped),
  )

  it.live("says what a server answers that has no such file", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      const place = yield* directory
      const error = yield* Effect.flip(save(url("/nothing"), join(place, "model")))
      assert.match(error.message, /404: no such file/)
      assert.deepStrictEqual(readdirSync(place), [])
    }).pipe(Effect.scoped),
  )
})
