/**
 * A multipart/form-data body (RFC 7578) of one text field and one file, framed by hand so that it streams and still
 * has an exact Content-Length: no client library under us does both.
 */
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import type { Sample } from "../Sample.ts"
import type { JournalFailed, SampleUnreadable } from "../TaskError.ts"

/** As browsers escape a name in Content-Disposition (HTML standard, "multipart form data"). */
const escape = (name: string): string => name.replace(/["\r\n]/g, encodeURIComponent)

const utf8 = new TextEncoder()

/** What the body needs to know of itself while it is sent. */
export interface Progress {
  /** Called with the size of each chunk of the sample. */
  readonly onChunk: (bytes: number) => Effect.Effect<void>
  /** Called when the last byte is asked for: from here on the server may have the whole request. */
  readonly onEnd: Effect.Effect<void, JournalFailed | SampleUnreadable>
  /** Called with the error that ends the body early: the transport would only report that the body broke. */
  readonly onError: (error: SampleUnreadable | JournalFailed) => Effect.Effect<void>
}

/** The body, opened anew each time it is sent. */
export const body = Effect.fnUntraced(function* (sample: Sample, text: string, progress: Progress) {
  // a hundred random bits, so that no sample has them in it
  const boundary = `voiceclone-${(yield* Random.next).toString(36).slice(2)}${(yield* Random.next).toString(36).slice(2)}`
  const head = utf8.encode(
    `--${boundary}\r\nContent-Disposition: form-data; name="text"\r\n\r\n${text}\r\n` +
      `--${boundary}\r\nContent-Disposition: form-data; name="audio_file"; filename="${escape(sample.name)}"\r\n` +
      `Content-Type: ${sample.type}\r\n\r\n`,
  )
  const tail = utf8.encode(`\r\n--${boundary}--\r\n`)
  const stream = Stream.succeed(head).pipe(
    Stream.concat(Stream.tap(sample.stream, (chunk) => progress.onChunk(chunk.byteLength))),
    Stream.concat(Stream.fromEffect(Effect.as(progress.onEnd, tail))),
    Stream.tapError(progress.onError),
  )
  return HttpBody.stream(
    stream,
    `multipart/form-data; boundary=${boundary}`,
    head.byteLength + sample.size + tail.byteLength,
  )
})
