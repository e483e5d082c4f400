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
import type * as Scope from "effect/Scope"
import { syncDirectory } from "./internal/filesystem.ts"
import * as partial from "./internal/partial.ts"
import { check, lockOf, unwritable } from "./internal/target.ts"
import * as transfer from "./internal/transfer.ts"
import * as JobEvent from "./JobEvent.ts"
import * as Lock from "./Lock.ts"
import type { TaskId } from "./Task.ts"
import {
  type InvalidInput,
  ResultCorrupt,
  type SaveError,
  TargetBusy,
  type TargetError,
  type TargetUnwritable,
} from "./TaskError.ts"
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

/** A file to write, kept from every other writer for as long as its scope is open. */
export interface Target {
  readonly path: string
  /** Saves the result of a completed task there; see {@link Download}. */
  readonly save: (taskId: TaskId, options?: Options) => Effect.Effect<SavedResult, SaveError>
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
     * Keeps `path` for one writer until the scope closes. To be done before anything is paid for: two jobs with one
     * output would leave only the speech of one.
     */
    readonly reserve: (path: string, sample?: string) => Effect.Effect<Target, TargetError, Scope.Scope>
    /**
     * Whether a file can be written at `path`: its directory exists, it is a regular file where it is anything, and it
     * isn't the `sample`, under whatever name.
     */
    readonly checkTarget: (path: string, sample?: string) => Effect.Effect<void, InvalidInput | TargetUnwritable>
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

      const checkTarget = (target: string, sample?: string) => check(fs, path, target, sample)

      const save = Effect.fn("Download.save")(function* (taskId: TaskId, target: string, options?: Options) {
        const files = partial.filesOf(target)
        const origin = { taskId, server: client.server }
        const fetched = yield* Effect.scoped(
          Effect.gen(function* () {
            const part = yield* partial.openFile(fs, digest.sha256, target, origin)
            return yield* transfer.run(client, taskId, part, Wav.verify, options).pipe(
              Effect.tap(() => part.sync),
              // what has come is kept, and what it is a part of remembered
              Effect.onError(() => part.leave),
            )
          }),
        ).pipe(
          Effect.catchIf(
            (error) => error._tag === "ResultCorrupt" && !error.cutShort,
            // the next run begins anew, and what is wrong with this one can be looked at
            Effect.fnUntraced(function* ({ taskId, reason, cutShort }) {
              const isKept = yield* Effect.isSuccess(fs.rename(files.part, files.corrupt))
              yield* Effect.ignore(fs.remove(files.checkpoint))
              return yield* new ResultCorrupt({ taskId, reason, cutShort, ...(isKept ? { kept: files.corrupt } : {}) })
            }),
          ),
        )
        const received = yield* transfer.tellVerified(taskId, fetched)
        yield* Effect.mapError(fs.rename(files.part, target), unwritable(target))
        yield* syncDirectory(fs, path.dirname(target))
        yield* Effect.ignore(fs.remove(files.checkpoint))
        yield* JobEvent.emit({ _tag: "Saved", taskId, path: target })
        return { ...received, path: target } satisfies SavedResult
      })

      const reserve = Effect.fnUntraced(function* (
        target: string,
        sample?: string,
      ): Effect.fn.Return<Target, TargetError, Scope.Scope> {
        yield* checkTarget(target, sample)
        const lock = lockOf(target)
        const held = yield* Effect.mapError(Lock.acquire(fs, path, lock), unwritable(lock))
        if (!held) return yield* new TargetBusy({ path: target, lock })
        return { path: target, save: (taskId, options) => save(taskId, target, options) }
      })

      const toFile = Effect.fn("Download.toFile")(function* (taskId: TaskId, path: string, options?: Options) {
        const target = yield* reserve(path)
        return yield* target.save(taskId, options)
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

      return Download.of({ toFile, reserve, checkTarget, inspect })
    }),
  )
}
