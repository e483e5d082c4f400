/** The same download over Effect's `node:http` layer in place of undici's. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodePath from "@effect/platform-node/NodePath"
import { Download } from "@voiceclone/core/Download"
import { TaskId } from "@voiceclone/core/Task"
import * as VoiceCloneClient from "@voiceclone/core/VoiceCloneClient"
import * as DigestNode from "@voiceclone/node/DigestNode"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { argument, measured } from "../measured.ts"

const [origin, bytes, target] = [argument(0), argument(1), argument(2)]

const layer = Download.layer.pipe(
  Layer.provide(VoiceCloneClient.layer({ apiKey: "bench", baseUrl: `${origin}/api` })),
  Layer.provide(NodeHttpClient.layerNodeHttp),
  Layer.provide(Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, DigestNode.layer)),
)

await measured(() =>
  Download.use((download) => download.toFile(TaskId(bytes), target)).pipe(
    Effect.provide(layer),
    Effect.asVoid,
    Effect.runPromise,
  ),
)
