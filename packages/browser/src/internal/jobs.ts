/**
 * What whole jobs need besides the client: loaded when the first one begins.
 */
import * as CloneJob from "@voiceclone/core/CloneJob"
import type { Digest } from "@voiceclone/core/Digest"
import * as Download from "@voiceclone/core/Download"
import * as JobEvent from "@voiceclone/core/JobEvent"
import * as Journal from "@voiceclone/core/Journal"
import * as JournalStore from "@voiceclone/core/JournalStore"
import type { Poller } from "@voiceclone/core/Poller"
import type { InvalidInput } from "@voiceclone/core/TaskError"
import type { VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Path from "effect/Path"
import * as DigestBrowser from "../DigestBrowser.ts"
import * as FileSystemBrowser from "../FileSystemBrowser.ts"
import * as JournalStoreBrowser from "../JournalStoreBrowser.ts"
import * as ProcessIdentityBrowser from "../ProcessIdentityBrowser.ts"

/** Where jobs and their results are kept. */
export interface Options {
  /**
   * The name of the IndexedDB database where every job is written down before and after each step that costs, so that the
   * same job run again goes on instead of paying again. `false` keeps it in memory, for as long as the client lives.
   * @default "voiceclone"
   */
  readonly journal?: string | false | undefined
  /**
   * Where results are kept: in the origin private file system. `false` keeps them in memory.
   * @default the directory "voiceclone" there
   */
  readonly files?: FileSystemBrowser.Options | false | undefined
}

export type Services =
  | Download.Download
  | CloneJob.CloneJob
  | Journal.Journal
  | Digest
  | FileSystem.FileSystem
  | FileSystemBrowser.Files
  | Path.Path

/** A page has no working directory: every path is one from the root. */
const path = Layer.effect(
  Path.Path,
  Effect.map(
    Path.Path,
    (path) => ({ ...path, resolve: (...segments) => path.resolve("/", ...segments) }) satisfies Path.Path,
  ),
).pipe(Layer.provide(Path.layer))

/** Says at the beginning of each download where its result will be gone with the page. */
const telling = Layer.effect(
  Download.Download,
  Effect.gen(function* () {
    const download = yield* Download.Download
    const { heldInMemory } = yield* FileSystemBrowser.Files
    if (heldInMemory === undefined) return download
    const tell = JobEvent.emit({ _tag: "HeldInMemory", what: "results", reason: heldInMemory })
    return Download.Download.of({
      ...download,
      reserve: (target, sample) => Effect.andThen(tell, download.reserve(target, sample)),
      toFile: (taskId, target, options) => Effect.andThen(tell, download.toFile(taskId, target, options)),
    })
  }),
)

export const layer = ({ files, journal }: Options): Layer.Layer<Services, never, VoiceCloneClient | Poller> =>
  CloneJob.CloneJob.layer.pipe(
    Layer.provideMerge(telling.pipe(Layer.provide(Download.Download.layer))),
    Layer.provideMerge(Journal.Journal.layer),
    Layer.provide(journal === false ? JournalStore.layerMemory : JournalStoreBrowser.layer(journal)),
    Layer.provideMerge(
      Layer.mergeAll(
        files === false ? FileSystemBrowser.layerMemory : FileSystemBrowser.layer(files),
        path,
        DigestBrowser.layer,
        ProcessIdentityBrowser.layer,
      ),
    ),
  )

/** The runtime of whole jobs, on that of waiting. */
export const runtime = (
  options: Options,
  waiting: ManagedRuntime.ManagedRuntime<VoiceCloneClient | Poller, InvalidInput>,
) => ManagedRuntime.make(Layer.provideMerge(layer(options), Layer.effectContext(waiting.contextEffect)))
