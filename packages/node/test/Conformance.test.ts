/** The adapters of Node.js, held to what their ports promise. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { describe, it } from "@effect/vitest"
import { Digest } from "@voiceclone/core/Digest"
import * as JournalStore from "@voiceclone/core/JournalStore"
import * as DigestConformance from "@voiceclone/testing/DigestConformance"
import * as JournalStoreConformance from "@voiceclone/testing/JournalStoreConformance"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as DigestNode from "../src/DigestNode.ts"
import * as ProcessIdentityNode from "../src/ProcessIdentityNode.ts"

describe("DigestNode", () => {
  for (const { name, check } of DigestConformance.cases(Digest.use(({ sha256 }) => sha256))) {
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
