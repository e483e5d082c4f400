/**
 * The head of an answer that carries a file, and its bytes as they come.
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"
import type { ConnectionFailed } from "../TaskError.ts"
import type { ResultResponse } from "../VoiceCloneClient.ts"
import type { Redaction } from "./redaction.ts"
import * as transport from "./transport.ts"

export const resultResponse = (
  status: ResultResponse["status"],
  { headers, stream }: HttpClientResponse.HttpClientResponse,
  failed: (reason: string, cause?: HttpClientError.HttpClientError) => ConnectionFailed,
  redact: Redaction,
  idleTimeout: Duration.Input,
): ResultResponse => {
  const field = <K extends string>(
    key: K,
    name: string,
    show: Redaction = (value) => value,
  ): { readonly [P in K]?: string } => {
    const value = headers[name]
    return (value === undefined ? {} : { [key]: show(value) }) as never
  }
  const contentLength = Number(headers["content-length"] ?? Number.NaN)
  return {
    status,
    ...(Number.isSafeInteger(contentLength) ? { contentLength } : {}),
    ...field("contentRange", "content-range"),
    ...field("contentType", "content-type"),
    ...(headers["content-encoding"] === "identity" ? {} : field("contentEncoding", "content-encoding", redact)),
    ...field("etag", "etag"),
    ...field("reprDigest", "repr-digest"),
    stream: Stream.transformPull(stream, (pull) =>
      Effect.succeed(
        pull.pipe(
          Effect.mapError((error) => (Cause.isDone(error) ? error : failed(transport.reasonOf(error), error))),
          Effect.timeoutOrElse({
            duration: idleTimeout,
            orElse: () =>
              Effect.fail(failed(`not a byte came for ${Duration.format(Duration.fromInputUnsafe(idleTimeout))}`)),
          }),
        ),
      ),
    ),
  }
}
