/** The adapters of Node.js, held to what their ports promise. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Digest } from "@voiceclone/core/Digest"
import * as JournalStore from "@voiceclone/core/JournalStore"
import * as DigestConformance from "@voiceclone/testing/DigestConformance"
import * as HttpClientConformance from "@voiceclone/testing/HttpClientConformance"
import * as HttpClientConformanceServer from "@voiceclone/testing/HttpClientConformanceServer"
import * as FileSystemConformance from "@voiceclone/testing/FileSystemConformance"
import * as JournalStoreConformance from "@voiceclone/testing/JournalStoreConformance"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as DigestNode from "../src/DigestNode.ts"
import * as HttpClientNode from "../src/HttpClientNode.ts"
import * as ProcessIdentityNode from "../src/ProcessIdentityNode.ts"

describe("DigestNode", () => {
  for (const { name, check } of DigestConformance.cases(Digest)) {
    it.effect(name, () => Effect.provide(check, DigestNode.layer))
  }
})

describe("JournalStore.layerFileSystem with the processes of Node.js", () => {
  const platform = Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, ProcessIdentityNode.layer)
  const place = Effect.map(
    Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "voiceclone-" })),
    (directory) =>
      Effect.map(
        Layer.build(Layer.fresh(JournalStore.layerFileSystem(`${directory}/jobs`))),
        Context.get(JournalStore.JournalStore),
      ),
  )
  for (const { name, check } of JournalStoreConformance.cases(place, { durable: true })) {
    it.live(name, () => Effect.provide(check, platform))
  }
})

describe("NodeFileSystem", () => {
  const place = Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.map(fs.makeTempDirectoryScoped({ prefix: "voiceclone-" }), (directory) => ({ fs, directory })),
  )
  const isRoot = process.getuid?.() === 0
  const lacks =
    process.platform === "win32"
      ? (["directory sync", "modes", "permissions"] as const)
      : isRoot
        ? (["permissions"] as const)
        : []
  for (const { name, check } of FileSystemConformance.cases(place, { lacks })) {
    it.live(name, () => Effect.provide(check, NodeFileSystem.layer))
  }

  it.skipIf(!isRoot)("does all of that for another user than root", () => {
    const program = fileURLToPath(new URL("unprivileged.ts", import.meta.url))
    const told = execFileSync(process.execPath, ["--conditions=@voiceclone/source", program], { encoding: "utf8" })
    const { cases, failures } = JSON.parse(told) as { readonly cases: number; readonly failures: ReadonlyArray<string> }
    assert.deepStrictEqual(failures, [])
    assert.strictEqual(cases, FileSystemConformance.cases(place).length)
  })
})

const server = await HttpClientConformanceServer.start()
afterAll(server.close)

describe("HttpClientNode", () => {
  const connections = 4
  const client = Effect.map(
    Layer.build(Layer.fresh(HttpClientNode.layer({ connections }))),
    Context.get(HttpClient.HttpClient),
  )
  const asking = Effect.map(client, HttpClient.mapRequest(HttpClientRequest.acceptJson))
  describe.each([
    ["for results", client],
    ["for questions", asking],
  ] as const)("%s", (_, client) => {
    for (const { name, check } of HttpClientConformance.cases(client, server, { connections })) {
      it.live(name, () => check)
    }
  })
})
