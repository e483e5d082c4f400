/**
 * Several parts of one file in one answer: `multipart/byteranges`.
 *
 * @see RFC 9110, section 14.6
 */
import * as Stream from "effect/Stream"
import * as ByteRange from "./ByteRange.ts"

/** A body in its parts. */
export interface MultipartRanges<E> {
  readonly contentType: string
  readonly contentLength: number
  readonly stream: Stream.Stream<Uint8Array, E>
}

const utf8 = new TextEncoder()

/** Frames the parts of a file, each read when its turn comes. */
export const make = <E>(options: {
  readonly parts: ReadonlyArray<ByteRange.Part>
  readonly size: number
  readonly contentType: string
  readonly read: (part: ByteRange.Part) => Stream.Stream<Uint8Array, E>
}): MultipartRanges<E> => {
  // Random, so that no file can hold it but by an accident that never happens.
  const boundary = crypto.randomUUID()
  const framed = options.parts.map((part, i) => ({
    part,
    head: utf8.encode(
      `${i === 0 ? "" : "\r\n"}--${boundary}\r\nContent-Type: ${options.contentType}\r\n` +
        `Content-Range: ${ByteRange.contentRange(part, options.size)}\r\n\r\n`,
    ),
  }))
  const end = utf8.encode(`\r\n--${boundary}--\r\n`)
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    contentLength: framed.reduce((sum, { head, part }) => sum + head.length + part.length, end.length),
    stream: Stream.fromIterable(framed).pipe(
      Stream.flatMap(({ head, part }) => Stream.concat(Stream.succeed(head), options.read(part))),
      Stream.concat(Stream.succeed(end)),
    ),
  }
}
