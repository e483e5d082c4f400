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
import { InvalidInput, type SaveError, TargetBusy, TargetUnwritable } from "./TaskError.ts"
import { VoiceCloneClient } from "./VoiceCloneClient.ts"
import * as Wav from "./Wav.ts"

export type { Received } from "./internal/transfer.ts"

/** A result that stands in a file. */
export interface SavedResult extends transfer.Received {
  readonly path: string
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

/** Keeps a second writer away from `target`. */
const lockOf = (target: string): string => `${partial.filesOf(target).part}.lock`

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
    ) => Effect.Effect<Omit<transfer.Received, "taskId">, PlatformError.PlatformError | Wav.WavFault>
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
        if (target.endsWith("/") || target.endsWith(path.sep)) {
          return yield* invalid(
            `The output ${target} is the name of a directory`,
            `Give the path of a file in it, e.g. ${path.join(target, "speech.wav")}.`,
          )
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
        // the name must be short enough for the longest of those that stand beside it, too
        yield* isDirectory(Lock.longestNameOf(lockOf(target)))
        yield* Effect.mapError(fs.access(directory, { writable: true }), unwritable(target))
        if (standing === false) yield* Effect.mapError(fs.access(target, { writable: true }), unwritable(target))
      })

      const toFile = Effect.fn("Download.toFile")(function* (taskId: TaskId, target: string, options?: Options) {
        yield* checkTarget(target)
        const files = partial.filesOf(target)
        const lock = lockOf(target)
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
        const received = yield* transfer.tellVerified(taskId, fetched)
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
