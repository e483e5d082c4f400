/** The same upload over Effect's `node:http` layer in place of undici's. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Sample from "@voiceclone/core/Sample"
import * as VoiceCloneClient from "@voiceclone/core/VoiceCloneClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { argument, measured } from "../measured.ts"

const [origin, file] = [argument(0), argument(1)]

const program = Effect.gen(function* () {
  const client = yield* VoiceCloneClient.VoiceCloneClient
  const sample = yield* Sample.fromPath(file)
  yield* client.create({ sample, text: "Hello!" })
})

const layer = VoiceCloneClient.layer({ apiKey: "bench", baseUrl: `${origin}/api` }).pipe(
  Layer.provide(NodeHttpClient.layerNodeHttp),
  Layer.provideMerge(Layer.mergeAll(NodeFileSystem.layer, NodePath.layer)),
)

await measured(() => program.pipe(Effect.provide(layer), Effect.runPromise))
