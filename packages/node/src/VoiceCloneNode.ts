/**
 * The layers of Node.js, for programs written with Effect.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as CloneJob from "@voiceclone/core/CloneJob"
import * as Download from "@voiceclone/core/Download"
import * as Poller from "@voiceclone/core/Poller"
import type { InvalidInput } from "@voiceclone/core/TaskError"
import * as VoiceCloneClient from "@voiceclone/core/VoiceCloneClient"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as Path from "effect/Path"
import * as HttpClientNode from "./HttpClientNode.ts"

/** The client's options and the pool's. */
export interface Options extends VoiceCloneClient.Options, HttpClientNode.Options {}

/** Everything a job needs, and the filesystem that it saves to. */
export type Services =
  | VoiceCloneClient.VoiceCloneClient
  | Poller.Poller
  | Download.Download
  | CloneJob.CloneJob
  | FileSystem.FileSystem
  | Path.Path

/**
 * Everything a job needs, for one server. Fails with `InvalidInput` for options that cannot work.
 *
 * @example
 * import { CloneJob } from "@voiceclone/core/CloneJob"
 * import * as Sample from "@voiceclone/core/Sample"
 * import * as VoiceCloneNode from "@voiceclone/node/VoiceCloneNode"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const job = yield* CloneJob
 *   const sample = yield* Sample.fromPath("voice.wav")
 *   return yield* job.run({ sample, text: "Hello!", output: "speech.wav" })
 * })
 *
 * program.pipe(Effect.provide(VoiceCloneNode.layer({ apiKey: "…" })), Effect.runPromise)
 */
export const layer = (options: Options): Layer.Layer<Services, InvalidInput> =>
  CloneJob.CloneJob.layer.pipe(
    Layer.provideMerge(Layer.mergeAll(Poller.Poller.layer, Download.Download.layer)),
    Layer.provideMerge(VoiceCloneClient.layer(options)),
    Layer.provide(HttpClientNode.layer(options)),
    Layer.provideMerge(Layer.mergeAll(NodeFileSystem.layer, NodePath.layer)),
  )
