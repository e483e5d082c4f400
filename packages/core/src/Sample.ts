/**
 * A voice sample that can be opened again, so that an upload can be repeated from its start.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Stream from "effect/Stream"
import { reasonOf } from "./internal/filesystem.ts"
import { SampleUnreadable } from "./TaskError.ts"

/** A recording of the voice, as it is uploaded. */
export interface Sample {
  /** The file name that the server is told. */
  readonly name: string
  /** The media type that the server is told, e.g. `audio/wav`. */
  readonly type: string
  /** In bytes. The stream yields exactly as many, or fails. */
  readonly size: number
  /** Opens the sample from its start, each time it is run. */
  readonly stream: Stream.Stream<Uint8Array, SampleUnreadable>
  /**
   * The sample as the runtime's own object, to be sent by the runtime's own multipart encoder. For runtimes that cannot
   * stream an upload, like a browser: of what they send, nobody sees the last byte leave.
   */
  readonly blob?: Blob
  /** The file that the sample is, where it is one: no result may ever be written over it. */
  readonly path?: string
}

const mediaTypes: Record<string, string> = {
  aac: "audio/aac",
  aif: "audio/aiff",
  aiff: "audio/aiff",
  flac: "audio/flac",
  m4a: "audio/mp4",
  mp3: "audio/mpeg",
  mp4: "audio/mp4",
  oga: "audio/ogg",
  ogg: "audio/ogg",
  opus: "audio/ogg",
  wav: "audio/wav",
  wave: "audio/wav",
  webm: "audio/webm",
}

const mediaType = (name: string): string =>
  mediaTypes[name.slice(name.lastIndexOf(".") + 1).toLowerCase()] ?? "application/octet-stream"

/** A sample that is held in memory. */
export const fromBytes = (bytes: Uint8Array, name = "sample.wav"): Sample => ({
  name,
  type: mediaType(name),
  size: bytes.byteLength,
  stream: Stream.rechunk(
    Stream.suspend(() => Stream.fromIterable(pieces(bytes))),
    1,
  ),
})

/** In pieces, so that the progress of an upload shows, and where it broke off. */
const pieces = function* (bytes: Uint8Array): Generator<Uint8Array> {
  for (let offset = 0; offset < bytes.byteLength; offset += pieceBytes) {
    yield bytes.subarray(offset, offset + pieceBytes)
  }
}

const pieceBytes = 64 * 1024

/** A sample in a `Blob` or a `File`, as a browser's file picker or recorder gives it. */
export const fromBlob = (
  blob: Blob,
  name = "name" in blob && blob.name !== "" ? String(blob.name) : "sample",
): Sample => ({
  name,
  type: blob.type === "" ? mediaType(name) : blob.type,
  size: blob.size,
  stream: Stream.fromReadableStream({
    evaluate: () => blob.stream().pipeThrough(exact(blob)),
    onError: (cause) =>
      new SampleUnreadable({ sample: name, reason: cause instanceof Error ? cause.message : "it is gone" }),
  }),
})

/** Some browsers read all that a file has now, and send as much of it as it had when it was chosen. */
const exact = ({ size }: Blob): TransformStream<Uint8Array, Uint8Array> => {
  const changed = () => new Error("it changed since it was chosen")
  let left = size
  return new TransformStream({
    transform: (chunk, controller) => {
      left -= chunk.byteLength
      if (left < 0) controller.error(changed())
      else controller.enqueue(chunk)
    },
    flush: (controller) => {
      if (left > 0) controller.error(changed())
    },
  })
}

const unreadable =
  (sample: string) =>
  (error: PlatformError.PlatformError): SampleUnreadable =>
    new SampleUnreadable({ sample, reason: reasonOf(error) })

/**
 * A sample in a file, streamed from there and never held in memory.
 *
 * Fails with `SampleUnreadable` where there is no such file or it is not a file, and while it is read where it changes
 * its size meanwhile.
 */
export const fromPath = (file: string): Effect.Effect<Sample, SampleUnreadable, FileSystem.FileSystem | Path.Path> =>
  // no `Effect.fn`, which no bundler leaves out of a page
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const info = yield* Effect.mapError(fs.stat(file), unreadable(file))
    if (info.type !== "File") {
      return yield* new SampleUnreadable({
        sample: file,
        reason: info.type === "Directory" ? "it is a directory" : "it is not a regular file",
      })
    }
    const name = path.basename(file)
    const size = Number(info.size)
    return { name, type: mediaType(name), size, stream: exactly(file, size, fs.stream(file)), path: path.resolve(file) }
  }).pipe(Effect.withSpan("Sample.fromPath"))

const exactly = (
  file: string,
  size: number,
  stream: Stream.Stream<Uint8Array, PlatformError.PlatformError>,
): Stream.Stream<Uint8Array, SampleUnreadable> =>
  Stream.suspend(() => {
    const changed = () => new SampleUnreadable({ sample: file, reason: "it changed while it was being uploaded" })
    let left = size
    return stream.pipe(
      Stream.mapError(unreadable(file)),
      Stream.mapEffect((chunk) => {
        left -= chunk.byteLength
        return left < 0 ? Effect.fail(changed()) : Effect.succeed(chunk)
      }),
      Stream.concat(Stream.suspend(() => (left === 0 ? Stream.empty : Stream.fail(changed())))),
    )
  })
