/**
 * The head of an answer that carries a file, and its bytes as they come.
 */
import * as Duration from "effect/Duration"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"
import type { ConnectionFailed } from "../TaskError.ts"
import type { ResultResponse } from "../VoiceCloneClient.ts"
import * as transport from "./transport.ts"

export const resultResponse = (
  status: ResultResponse["status"],
  { headers, stream }: HttpClientResponse.HttpClientResponse,
  failed: (reason: string, cause?: HttpClientError.HttpClientError) => ConnectionFailed,
  idleTimeout: Duration.Input,
): ResultResponse => {
  const field = <K extends string>(key: K, name: string): { readonly [P in K]?: string } => {
    const value = headers[name]
    return (value === undefined ? {} : { [key]: value }) as never
  }
  const contentLength = Number(headers["content-length"] ?? Number.NaN)
  return {
    status,
    ...(Number.isSafeInteger(contentLength) ? { contentLength } : {}),
    ...field("contentRange", "content-range"),
    ...field("contentType", "content-type"),
    ...(headers["content-encoding"] === "identity" ? {} : field("contentEncoding", "content-encoding")),
    ...field("etag", "etag"),
    ...field("reprDigest", "repr-digest"),
    stream: Stream.mapError(stream, (error) => failed(transport.reasonOf(error), error)).pipe(
      Stream.timeoutOrElse({
        duration: idleTimeout,
        orElse: () =>
          Stream.fail(failed(`not a byte came for ${Duration.format(Duration.fromInputUnsafe(idleTimeout))}`)),
      }),
    ),
  }
}
