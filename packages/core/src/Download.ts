/**
 * Brings a result home: streams it to `<target>.part` beside the target, judges it, syncs it, and only then renames it.
 * The target is absent, or as it was, until the whole and valid result stands there.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { reasonOf } from "./internal/filesystem.ts"
import * as JobEvent from "./JobEvent.ts"
import * as RetryPolicy from "./RetryPolicy.ts"
import type { TaskId } from "./Task.ts"
import { type DownloadError, InvalidInput, ResultCorrupt, TargetUnwritable } from "./TaskError.ts"
import { VoiceCloneClient } from "./VoiceCloneClient.ts"
import * as Wav from "./Wav.ts"

/** A result that is whole and valid. */
export interface Received {
  readonly taskId: TaskId
  readonly bytes: number
  readonly format: Wav.WavFormat
  /** How long the speech is, in seconds. */
  readonly seconds: number
}

/** A result that stands in a file. */
export interface SavedResult extends Received {
  readonly path: string
}

/** A result that is held in memory. */
export interface ResultInMemory extends Received {
  readonly data: Uint8Array<ArrayBuffer>
}

/** Saves results to files. Needs a filesystem; where there is none, see {@link receive}. */
export class Download extends Context.Service<
  Download,
  {
    /**
     * Saves the result of a completed task at `path`, replacing what is there only when the whole result has arrived and
     * been verified.
     */
    readonly toFile: (taskId: TaskId, path: string) => Effect.Effect<SavedResult, DownloadError>
    /**
     * Whether a file can be written at `path`: its directory exists and it is not a directory itself. To be asked before
     * anything is paid for.
     */
    readonly checkTarget: (path: string) => Effect.Effect<void, InvalidInput | TargetUnwritable>
  }
>()("voiceclone/Download") {
  static readonly layer = Layer.effect(
    Download,
    Effect.gen(function* () {
      const client = yield* VoiceCloneClient
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path

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
        if ((yield* isDirectory(target)) === true) {
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
      })

      const toFile = Effect.fn("Download.toFile")(function* (taskId: TaskId, target: string) {
        yield* checkTarget(target)
        const part = `${target}.part`
        const received = yield* Effect.scoped(
          Effect.gen(function* () {
            const file = yield* Effect.mapError(fs.open(part, { flag: "w" }), unwritable(part))
            const received = yield* transfer(client, taskId, (chunk) =>
              Effect.mapError(file.writeAll(chunk), unwritable(part)),
            )
            yield* Effect.mapError(file.sync, unwritable(part))
            return received
          }),
        ).pipe(
          // what is there now is no use to anyone: the next try begins anew
          Effect.onError(() => Effect.ignore(fs.remove(part))),
          RetryPolicy.retry("download"),
        )
        yield* fs.rename(part, target).pipe(
          // a rename lasts when the directory is on disk too; not every system can sync one
          Effect.andThen(Effect.ignore(Effect.scoped(Effect.flatMap(fs.open(path.dirname(target)), (_) => _.sync)))),
          Effect.mapError(unwritable(target)),
        )
        yield* JobEvent.emit({ _tag: "Saved", taskId, path: target })
        return { ...received, path: target } satisfies SavedResult
      })

      return Download.of({ toFile, checkTarget })
    }),
  )
}

/** Brings a result into memory, for runtimes without a filesystem and for results that are known to be small. */
export const receive = Effect.fn("Download.receive")(function* (
  taskId: TaskId,
): Effect.fn.Return<ResultInMemory, DownloadError, VoiceCloneClient> {
  const client = yield* VoiceCloneClient
  return yield* Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    return Effect.map(
      Effect.scoped(transfer(client, taskId, (chunk) => Effect.sync(() => void chunks.push(chunk)))),
      (received) => ({ ...received, data: concat(chunks, received.bytes) }),
    )
  }).pipe(RetryPolicy.retry("download"))
})

/** One attempt: every byte goes to `write`, and the whole is judged at the end. */
const transfer = Effect.fnUntraced(function* (
  client: VoiceCloneClient["Service"],
  taskId: TaskId,
  write: (chunk: Uint8Array) => Effect.Effect<void, TargetUnwritable>,
): Effect.fn.Return<Received, DownloadError, Scope.Scope> {
  const corrupt = (reason: string, cutShort = false) => new ResultCorrupt({ taskId, reason, cutShort })
  const response = yield* client.result(taskId)
  if (response.status !== 200)
    return yield* corrupt(`a part was sent (${response.status}) where the whole was asked for`)
  if (response.contentEncoding !== undefined)
    return yield* corrupt(`it was sent encoded as ${response.contentEncoding}`)
  const { contentLength } = response
  const head: Array<Uint8Array> = []
  let bytes = 0
  const meter = JobEvent.meter((receivedBytes) => ({
    _tag: "Downloading",
    taskId,
    receivedBytes,
    ...(contentLength === undefined ? {} : { totalBytes: contentLength }),
  }))
  yield* Stream.runForEach(response.stream, (chunk) => {
    if (bytes < Wav.headBytes) head.push(chunk)
    bytes += chunk.byteLength
    return Effect.andThen(write(chunk), meter.count(chunk.byteLength))
  })
  yield* meter.finish
  if (contentLength !== undefined && bytes !== contentLength) {
    return yield* corrupt(`${bytes} bytes arrived of ${contentLength}`, bytes < contentLength)
  }
  const wav = Wav.verify(concat(head, Math.min(bytes, Wav.headBytes)), bytes, contentLength !== undefined)
  if (Result.isFailure(wav)) return yield* corrupt(wav.failure.reason, wav.failure.cutShort)
  const { format, seconds } = wav.success
  yield* JobEvent.emit({ _tag: "Verified", taskId, bytes, format, seconds })
  return { taskId, bytes, format, seconds }
})

/** The first `length` bytes of the chunks, as one. */
const concat = (chunks: ReadonlyArray<Uint8Array>, length: number): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    const fitting = chunk.subarray(0, length - offset)
    whole.set(fitting, offset)
    offset += fitting.byteLength
  }
  return whole
}
