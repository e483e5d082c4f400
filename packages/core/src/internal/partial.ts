/**
 * What has arrived of a result so far, and what we know of the whole, in a file beside the target.
 */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as PlatformError from "effect/PlatformError"
import type * as Scope from "effect/Scope"
import * as Checkpoint from "../Checkpoint.ts"
import { type Hasher, toHex } from "../Digest.ts"
import { TargetUnwritable } from "../TaskError.ts"
import { overwrite, reasonOf } from "./filesystem.ts"
import { monotonicMillis } from "./monotonic.ts"

/** What the server has said of the whole result. */
export interface Whole {
  /** In bytes; `undefined` too where what was said has turned out to be untrue. */
  readonly total?: number | undefined
  /** The entity tag, strong or weak. */
  readonly etag?: string
  /** SHA-256, in hexadecimal. */
  readonly reprDigest?: string
}

/** The bytes from the first on, without a gap. What holds them may fail with `E`. */
export interface Partial<E> {
  readonly whole: () => Whole
  readonly bytes: () => number
  /** Forgets everything: what comes next is the first byte of this whole. */
  readonly restart: (whole: Whole) => Effect.Effect<void, E>
  /** What an answer adds to what we know of the same whole. */
  readonly learn: (whole: Whole) => void
  readonly append: (chunk: Uint8Array) => Effect.Effect<void, E>
  /** The bytes from `first` on, `length` of them or as many as there are. */
  readonly read: (first: number, length: number) => Effect.Effect<Uint8Array<ArrayBuffer>, E>
  /** The SHA-256 of all bytes, in hexadecimal. */
  readonly sha256: Effect.Effect<string, E>
}

/** A checkpoint is written when this much has come since the last one, or this long after it. */
const checkpointBytes = 8 * 1024 * 1024
const checkpointMillis = 1000

/** Chunks are gathered into writes of this size: each write is a trip to another thread. */
const writeBytes = 256 * 1024

/** The pieces in which a file is read again. */
const pieceBytes = 1024 * 1024

/** The files of a download to `target` that stand beside it. */
export const filesOf = (target: string) => ({
  part: `${target}.part`,
  checkpoint: `${target}.part.json`,
  /** The next checkpoint, while it is written. */
  draft: `${target}.part.json.tmp`,
  /** What came whole, and is not what it claims to be. */
  corrupt: `${target}.corrupt`,
})

export interface Origin {
  readonly taskId: string
  readonly server: string
}

/** A partial that also keeps its checkpoint. */
export interface FilePartial extends Partial<TargetUnwritable> {
  /** Leaves what has come to the next run, with its checkpoint, as far as the disk allows; or nothing where none has. */
  readonly leave: Effect.Effect<void>
  /** Brings what has come to the disk, with its checkpoint: a file that gets no name now may get one in the next run. */
  readonly sync: Effect.Effect<void, TargetUnwritable>
}

/**
 * Opens the partial of `target`: what an earlier run left, as far as its checkpoint vouches for it, or nothing. The
 * file's bytes are hashed again and compared with the checkpoint, so that neither a stranger's file nor a torn write is
 * ever built upon.
 */
export const openFile = Effect.fnUntraced(function* (
  fs: FileSystem.FileSystem,
  newHasher: Effect.Effect<Hasher>,
  target: string,
  origin: Origin,
): Effect.fn.Return<FilePartial, TargetUnwritable, Scope.Scope> {
  const files = filesOf(target)
  const writing = Effect.mapError(
    (error: PlatformError.PlatformError) =>
      new TargetUnwritable({ path: files.part, reason: reasonOf(error), cause: error }),
  )
  const found = yield* fs.readFileString(files.checkpoint).pipe(
    Effect.map(Checkpoint.decode),
    Effect.orElseSucceed(() => undefined),
  )
  const candidate =
    found !== undefined && found.taskId === origin.taskId && found.server === origin.server ? found : undefined
  // a crash may have left one, and what a link leads to is not ours to write
  yield* Effect.ignore(fs.remove(files.draft))
  if (yield* Effect.isSuccess(fs.readLink(files.part))) yield* writing(fs.remove(files.part))
  const exists = yield* writing(fs.exists(files.part))
  // to open a pipe is to wait for whoever reads it
  if (exists && (yield* writing(fs.stat(files.part))).type !== "File") {
    return yield* new TargetUnwritable({ path: files.part, reason: "it is not a regular file" })
  }
  const file = yield* writing(fs.open(files.part, { flag: candidate !== undefined && exists ? "r+" : "w+" }))

  /** `bytes` stand in the file, and are hashed; what was gathered since comes after them. */
  const state = { bytes: 0, hasher: yield* newHasher, whole: {} as Whole }
  const gathered = new Uint8Array(writeBytes)
  let gatheredBytes = 0

  const readInto = Effect.fnUntraced(function* (buffer: Uint8Array<ArrayBuffer>, position: number) {
    let length = 0
    while (length < buffer.byteLength) {
      const count = yield* writing(file.read(buffer.subarray(length), { position: BigInt(position + length) }))
      if (count === 0) break
      length += count
    }
    return buffer.subarray(0, length)
  })

  const restart = (whole: Whole) =>
    Effect.gen(function* () {
      yield* writing(file.truncate(0))
      yield* writing(file.seek(0n, "start"))
      state.bytes = 0
      state.hasher = yield* newHasher
      state.whole = whole
      gatheredBytes = 0
    })

  const resume = Effect.fnUntraced(function* ({ bytes, sha256, total, etag, reprDigest }: Checkpoint.Checkpoint) {
    const buffer = new Uint8Array(Math.min(pieceBytes, Math.max(1, bytes)))
    for (let offset = 0; offset < bytes;) {
      const piece = yield* readInto(buffer.subarray(0, Math.min(buffer.byteLength, bytes - offset)), offset)
      if (piece.byteLength === 0) return false
      state.hasher.update(piece)
      offset += piece.byteLength
    }
    if (toHex(state.hasher.digest()) !== sha256) return false
    yield* writing(file.truncate(bytes))
    yield* writing(file.seek(BigInt(bytes), "start"))
    state.bytes = bytes
    state.whole = {
      ...(total === undefined ? {} : { total }),
      ...(etag === undefined ? {} : { etag }),
      ...(reprDigest === undefined ? {} : { reprDigest }),
    }
    return true
  })

  if (candidate === undefined || !(yield* resume(candidate))) yield* restart({})

  let checkpointed = { bytes: state.bytes, at: yield* monotonicMillis }
  const checkpoint = Effect.gen(function* () {
    checkpointed = { bytes: state.bytes, at: yield* monotonicMillis }
    // a browser's file may lose what was written to it, and then the older checkpoint is the true one
    if ((yield* file.stat).size < state.bytes) return
    const text = Checkpoint.encode({
      ...origin,
      bytes: state.bytes,
      sha256: toHex(state.hasher.digest()),
      ...state.whole,
    })
    // a crash in between leaves the older one, which is as true as ever
    yield* fs.writeFileString(files.draft, text).pipe(
      Effect.andThen(fs.rename(files.draft, files.checkpoint)),
      // a full disk still has the room that the older one takes
      Effect.catch(() => Effect.andThen(Effect.ignore(fs.remove(files.draft)), overwrite(fs, files.checkpoint, text))),
    )
  }).pipe(Effect.ignore)

  const flush = Effect.suspend(() => {
    const chunk = gathered.subarray(0, gatheredBytes)
    if (chunk.byteLength === 0) return Effect.void
    return Effect.flatMap(writing(file.writeAll(chunk)), () => {
      state.bytes += chunk.byteLength
      state.hasher.update(chunk)
      gatheredBytes = 0
      return state.bytes - checkpointed.bytes >= checkpointBytes ? checkpoint : Effect.void
    })
    // a write that goes on after its file is closed could go into another one
  }).pipe(Effect.uninterruptible)

  const append = (chunk: Uint8Array): Effect.Effect<void, TargetUnwritable> =>
    Effect.flatMap(monotonicMillis, (now) => {
      const fitting = chunk.subarray(0, writeBytes - gatheredBytes)
      gathered.set(fitting, gatheredBytes)
      gatheredBytes += fitting.byteLength
      const isLate = now - checkpointed.at >= checkpointMillis
      if (gatheredBytes < writeBytes && !isLate) return Effect.void
      const written = isLate ? Effect.andThen(flush, checkpoint) : flush
      return fitting.byteLength === chunk.byteLength
        ? written
        : Effect.andThen(written, append(chunk.subarray(fitting.byteLength)))
    })

  return {
    whole: () => state.whole,
    bytes: () => state.bytes + gatheredBytes,
    restart: (whole) => Effect.andThen(restart(whole), checkpoint),
    learn: (whole) => void (state.whole = { ...state.whole, ...whole }),
    append,
    read: (first, length) =>
      Effect.andThen(
        flush,
        Effect.suspend(() => readInto(new Uint8Array(Math.max(0, Math.min(length, state.bytes - first))), first)),
      ),
    sha256: Effect.map(flush, () => toHex(state.hasher.digest())),
    leave: Effect.andThen(
      Effect.ignore(flush),
      Effect.suspend(() =>
        state.bytes > 0
          ? checkpoint
          : Effect.andThen(Effect.ignore(fs.remove(files.part)), Effect.ignore(fs.remove(files.checkpoint))),
      ),
    ),
    sync: flush.pipe(
      Effect.andThen(writing(file.sync)),
      // a browser's file may have less, or more, than what was written to it, and its writer is told nothing
      Effect.andThen(writing(file.stat)),
      Effect.flatMap(({ size }) =>
        Number(size) === state.bytes
          ? checkpoint
          : new TargetUnwritable({
              path: files.part,
              reason: `${size} bytes stand in it, and ${state.bytes} were written`,
            }),
      ),
    ),
  }
})
