/**
 * Effect's `FileSystem` in a page: over the origin private file system, which is on the device's disk and outlives the
 * page, or in memory where the browser keeps nothing.
 *
 * It does what downloads, locks and the journal stand on. Paths are absolute, put together with `/`; a file has one name,
 * no mode, and is seen by the pages of this origin alone. `watch`, `symlink` and the like fail.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as memoryVolume from "./internal/memoryVolume.ts"
import * as opfsVolume from "./internal/opfsVolume.ts"
import * as opfsWriter from "./internal/opfsWriter.ts"
import type { Volume } from "./internal/volume.ts"
import * as volumeFileSystem from "./internal/volumeFileSystem.ts"

/** What a page's files are besides what every `FileSystem` has. */
export class Files extends Context.Service<
  Files,
  {
    /** Why files are held in memory alone; `undefined` where they outlive the page. */
    readonly heldInMemory: string | undefined
    /** A file's bytes as they are now, without reading them: the browser reads them from its disk when it needs them. */
    readonly blob: (path: string) => Promise<Blob>
  }
>()("voiceclone/browser/Files") {}

/** How files are written. */
export interface Options {
  /**
   * The directory of the origin private file system that is the root here.
   * @default "voiceclone"
   */
  readonly directory?: string | undefined
  /**
   * `worker`: by sync access handles, in a worker, which is started from a `blob:` address. `streams`: by writable
   * streams, which write a file anew with each change that is to last.
   * @default a worker, or streams where none can be started
   */
  readonly writing?: "worker" | "streams" | undefined
}

const contextOf = (volume: Volume, heldInMemory: string | undefined) =>
  Context.make(FileSystem.FileSystem, volumeFileSystem.make(volume)).pipe(
    Context.add(Files, { heldInMemory, blob: volume.blob }),
  )

const memory = (reason: string) => Effect.sync(() => contextOf(memoryVolume.make(), reason))

const reasonOf = (cause: unknown): string => {
  // what Safari says in a private window is that it may be out of memory
  if (cause instanceof DOMException && cause.name === "UnknownError") return "it may be a private window"
  return cause instanceof Error ? cause.message : String(cause)
}

const canStream = () => "createWritable" in FileSystemFileHandle.prototype

const writerOf = async (writing: Options["writing"]): Promise<opfsWriter.Writer> => {
  if (writing === "streams") return opfsWriter.byStreams()
  try {
    return await opfsWriter.inWorker()
  } catch (error) {
    if (writing === undefined && canStream()) return opfsWriter.byStreams()
    throw error
  }
}

/** Files that outlive the page; in memory, which {@link Files} says, where the browser keeps none. */
export const layer = ({ directory = "voiceclone", writing }: Options = {}): Layer.Layer<
  FileSystem.FileSystem | Files
> =>
  Layer.effectContext(
    Effect.suspend(() => {
      const lack = opfsVolume.lack()
      if (lack !== undefined) return memory(lack)
      return Effect.acquireRelease(
        Effect.tryPromise(() => writerOf(writing)),
        (writer) => Effect.promise(() => writer.close().catch(() => {})),
      ).pipe(
        Effect.flatMap((writer) => Effect.tryPromise(() => opfsVolume.open(directory, writer))),
        Effect.map((volume) => contextOf(volume, undefined)),
        // a private window, or storage that is switched off
        Effect.catch(({ cause }) => memory(`this browser keeps no files for this page (${reasonOf(cause)})`)),
      )
    }),
  )

/** Files in memory: for tests, and for pages that shall keep nothing. */
export const layerMemory: Layer.Layer<FileSystem.FileSystem | Files> = Layer.effectContext(
  memory("this page keeps nothing"),
)
