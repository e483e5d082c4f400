/**
 * Brings a result home: streams it to `<target>.part` beside the target, judges it, syncs it, and only then renames it.
 * The target is absent, or as it was, until the whole and valid result stands there.
 *
 * A download that was broken off, by a crash even, goes on where it stood: `<target>.part.json` remembers what the
 * partial is a part of, and vouches for its bytes. `<target>.part.lock` keeps a second writer away.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Stream from "effect/Stream"
import { Digest, toHex } from "./Digest.ts"
import { reasonOf, syncDirectory } from "./internal/filesystem.ts"
import * as partial from "./internal/partial.ts"
import * as transfer from "./internal/transfer.ts"
import * as JobEvent from "./JobEvent.ts"
import * as Lock from "./Lock.ts"
import type { TaskId } from "./Task.ts"
import { InvalidInput, type ReceiveError, type SaveError, TargetBusy, TargetUnwritable } from "./TaskError.ts"
import { VoiceCloneClient } from "./VoiceCloneClient.ts"
import * as Wav from "./Wav.ts"

/** A result that is whole and valid. */
export interface Received {
  readonly taskId: TaskId
  readonly bytes: number
  readonly format: Wav.WavFormat
  /** How long the speech is, in seconds. */
  readonly seconds: number
  /** Of all bytes, in hexadecimal. */
  readonly sha256: string
}

/** A result that stands in a file. */
export interface SavedResult extends Received {
  readonly path: string
}

/** A result that is held in memory. */
export interface ResultInMemory extends Received {
  readonly data: Uint8Array<ArrayBuffer>
}

/** How to download. */
export interface Options {
  /**
   * How many ranges to fetch at the same time. It helps where the server, or the way to it, limits each connection; it
   * needs a server that names a strong ETag, and holds 4 MiB for each connection in memory.
   * @default 1
   */
  readonly connections?: number | undefined
}

/** Saves results to files. Needs a filesystem; where there is none, see {@link receive}. */
export class Download extends Context.Service<
  Download,
  {
    /**
     * Saves the result of a completed task at `path`, replacing what is there only when the whole result has arrived and
     * been verified.
     */
    readonly toFile: (taskId: TaskId, path: string, options?: Options) => Effect.Effect<SavedResult, SaveError>
    /**
     * Whether a file can be written at `path`: its directory exists and it is not a directory itself. To be asked before
     * anything is paid for.
     */
    readonly checkTarget: (path: string) => Effect.Effect<void, InvalidInput | TargetUnwritable>
    /** What stands at `path`, read whole; none where it isn't a valid WAV file. */
    readonly inspect: (
      path: string,
    ) => Effect.Effect<Omit<Received, "taskId">, PlatformError.PlatformError | Wav.WavFault>
  }
>()("voiceclone/Download") {
  static readonly layer = Layer.effect(
    Download,
    Effect.gen(function* () {
      const client = yield* VoiceCloneClient
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const digest = yield* Digest

      const unwritable = (target: string) => (error: PlatformError.PlatformError) =>
        new TargetUnwritable({ path: target, reason: reasonOf(error), cause: error })

      const checkTarget = Effect.fn("Download.checkTarget")(function* (target: string) {
        const invalid = (reason: string, nextStep: string) => new InvalidInput({ input: "output", reason, nextStep })
        if (target === "") {
          return yield* invalid("The output has no name", "Give the path of the file to write, e.g. speech.wav.")
        }
        const isDirectory = (file: string) =>
          Effect.map(fs.stat(file), (info) => info.type === "Directory").pipe(
            Effect.catchIf(
              (error) => error.reason._tag === "NotFound",
              () => Effect.succeed("absent" as const),
            ),
            Effect.mapError(unwritable(target)),
          )
        const isLink = yield* Effect.isSuccess(fs.readLink(target))
        if (isLink) {
          return yield* invalid(
            `The output ${target} is a symbolic link`,
            "Give the path of the file that it leads to.",
          )
        }
        const standing = yield* isDirectory(target)
        if (standing === true) {
          return yield* invalid(
            `The output ${target} is a directory`,
            `Give the path of a file in it, e.g. ${path.join(target, "speech.wav")}.`,
          )
        }
        const directory = path.dirname(target)
        if ((yield* isDirectory(directory)) !== true) {
          return yield* invalid(
            `There is no directory ${directory} to write into`,
            "Make it first, or choose another output.",
          )
        }
        yield* Effect.mapError(fs.access(directory, { writable: true }), unwritable(target))
        if (standing === false) yield* Effect.mapError(fs.access(target, { writable: true }), unwritable(target))
      })

      const toFile = Effect.fn("Download.toFile")(function* (taskId: TaskId, target: string, options?: Options) {
        yield* checkTarget(target)
        const files = partial.filesOf(target)
        const lock = `${files.part}.lock`
        const held = yield* Effect.mapError(Lock.acquire(fs, lock), unwritable(lock))
        if (!held) return yield* new TargetBusy({ path: target, lock })

        const origin = { taskId, server: client.server }
        const fetched = yield* Effect.scoped(
          Effect.gen(function* () {
            const part = yield* partial.openFile(fs, digest.sha256, target, origin)
            const verdict = yield* transfer.run(client, taskId, part, options).pipe(
              Effect.tap(() => part.sync),
              // what has come is kept, and what it is a part of remembered
              Effect.onError(() => part.leave),
            )
            return { ...verdict, leave: part.leave }
          }),
        ).pipe(
          Effect.tapError((error) =>
            // the next run begins anew, and what is wrong with this one can be looked at
            error._tag === "ResultCorrupt" && !error.cutShort
              ? Effect.ignore(Effect.andThen(fs.rename(files.part, `${target}.corrupt`), fs.remove(files.checkpoint)))
              : Effect.void,
          ),
        )
        const received = yield* tellVerified(taskId, fetched)
        yield* fs.rename(files.part, target).pipe(
          Effect.mapError(unwritable(target)),
          Effect.onError(() => fetched.leave),
        )
        yield* syncDirectory(fs, path.dirname(target))
        yield* Effect.ignore(fs.remove(files.checkpoint))
        yield* JobEvent.emit({ _tag: "Saved", taskId, path: target })
        return { ...received, path: target } satisfies SavedResult
      }, Effect.scoped)

      const inspect = Effect.fn("Download.inspect")(function* (file: string) {
        const hasher = yield* digest.sha256
        const head = new Uint8Array(Wav.headBytes)
        let bytes = 0
        yield* Stream.runForEach(fs.stream(file), (chunk) =>
          Effect.sync(() => {
            if (bytes < head.byteLength) head.set(chunk.subarray(0, head.byteLength - bytes), bytes)
            bytes += chunk.byteLength
            hasher.update(chunk)
          }),
        )
        const wav = yield* Effect.fromResult(Wav.verify(head.subarray(0, bytes), bytes, true))
        return { bytes, sha256: toHex(hasher.digest()), ...wav }
      })

      return Download.of({ toFile, checkTarget, inspect })
    }),
  )
}

/** Brings a result into memory, for runtimes without a filesystem and for results that are known to be small. */
export const receive = Effect.fn("Download.receive")(function* (
  taskId: TaskId,
): Effect.fn.Return<ResultInMemory, ReceiveError, VoiceCloneClient | Digest> {
  const client = yield* VoiceCloneClient
  const part = yield* partial.inMemory((yield* Digest).sha256)
  const received = yield* tellVerified(taskId, yield* transfer.run(client, taskId, part))
  return { ...received, data: yield* part.read(0, received.bytes) }
})

const tellVerified = (taskId: TaskId, { bytes, sha256, wav }: transfer.Verdict) => {
  const received: Received = { taskId, bytes, sha256, ...wav }
  return Effect.as(JobEvent.emit({ _tag: "Verified", ...received }), received)
}
