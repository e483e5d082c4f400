/**
 * The layers of Node.js, for programs written with Effect.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as CloneJob from "@voiceclone/core/CloneJob"
import type { Digest } from "@voiceclone/core/Digest"
import * as Download from "@voiceclone/core/Download"
import * as Journal from "@voiceclone/core/Journal"
import * as JournalStore from "@voiceclone/core/JournalStore"
import * as Poller from "@voiceclone/core/Poller"
import type { InvalidInput } from "@voiceclone/core/TaskError"
import * as VoiceCloneClient from "@voiceclone/core/VoiceCloneClient"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as Path from "effect/Path"
import { join } from "node:path"
import * as BaseDirectory from "./BaseDirectory.ts"
import * as DigestNode from "./DigestNode.ts"
import * as HttpClientNode from "./HttpClientNode.ts"
import * as ProcessIdentityNode from "./ProcessIdentityNode.ts"

/** The client's options, the pool's, and the journal's. */
export interface Options extends VoiceCloneClient.Options, HttpClientNode.Options {
  /**
   * The directory where every job is written down before and after each step that costs, so that the same job run again
   * goes on instead of paying again. `false` keeps it in memory, for as long as the client lives.
   * @default {@link defaultJournal}
   */
  readonly journal?: string | false | undefined
}

/**
 * `$XDG_STATE_HOME/voiceclone/jobs`, or `~/.local/state/voiceclone/jobs` (XDG Base Directory Specification). A variable
 * that is no absolute path is ignored, as that says, and such a `HOME` too: each working directory would have a journal of its own, and a job
 * would be paid twice.
 */
export const defaultJournal = (): string =>
  join(BaseDirectory.named("XDG_STATE_HOME", ".local", "state"), "voiceclone", "jobs")

/** Everything a job needs, and the filesystem that it saves to. */
export type Services =
  | VoiceCloneClient.VoiceCloneClient
  | Poller.Poller
  | Download.Download
  | CloneJob.CloneJob
  | Journal.Journal
  | Digest
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
    Layer.provideMerge(Layer.mergeAll(Poller.Poller.layer, Download.Download.layer, Journal.Journal.layer)),
    Layer.provide(
      options.journal === false
        ? JournalStore.layerMemory
        : JournalStore.layerFileSystem(options.journal ?? defaultJournal()),
    ),
    Layer.provideMerge(VoiceCloneClient.layer(options)),
    Layer.provide(HttpClientNode.layer(options)),
    Layer.provideMerge(
      Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, DigestNode.layer, ProcessIdentityNode.layer),
    ),
  )
