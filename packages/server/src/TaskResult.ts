/**
 * The answer to `task-result`: the WAV, whole or a range of it, straight from the store.
 */
import { Conflict, Forbidden, Gone, NotFound } from "@voiceclone/core/VoiceCloneApi"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import { BlobStore, type BlobStoreFailed, resultOf } from "./BlobStore.ts"
import * as ByteRange from "./ByteRange.ts"
import * as ReprDigest from "./ReprDigest.ts"
import { type TaskRecord, Tasks } from "./Tasks.ts"

/** The task, for its owner. */
export const owned = Effect.fnUntraced(function* (
  taskId: string,
  owner: string,
): Effect.fn.Return<TaskRecord, NotFound | Forbidden, Tasks> {
  const tasks = yield* Tasks
  const task = yield* tasks.find(taskId)
  if (Option.isNone(task)) return yield* new NotFound({ detail: NotFound.detail })
  if (task.value.owner !== owner) return yield* new Forbidden({ detail: Forbidden.detail })
  return task.value
})

/** Answers with the result of the owner's task. */
export const respond = Effect.fnUntraced(function* (
  request: HttpServerRequest,
  taskId: string,
  owner: string,
): Effect.fn.Return<
  HttpServerResponse.HttpServerResponse,
  NotFound | Forbidden | Conflict | Gone | BlobStoreFailed,
  Tasks | BlobStore
> {
  const blobs = yield* BlobStore
  const { completedAt, expiresAt, id, resultDigest, status } = yield* owned(taskId, owner)
  if (status !== "completed" || completedAt === null || expiresAt === null) {
    return yield* new Conflict({ detail: Conflict.detail(status) })
  }
  const now = yield* Clock.currentTimeMillis
  if (now >= DateTime.toEpochMillis(expiresAt)) return yield* new Gone({ detail: Gone.detail })
  const name = resultOf(id)
  const found = yield* blobs.size(name)
  if (Option.isNone(found)) return yield* new NotFound({ detail: NotFound.detail })
  const size = found.value

  const validators: ByteRange.Validators = {
    etag: `"${id}"`,
    lastModified: Headers.formatHttpDate(completedAt),
  }
  const headers = {
    "accept-ranges": "bytes",
    "cache-control": "private, no-transform",
    "content-disposition": `attachment; filename="task_${id}.wav"`,
    etag: validators.etag,
    "last-modified": validators.lastModified,
    ...(resultDigest === null ? {} : { "repr-digest": ReprDigest.field(resultDigest) }),
  }
  if (ByteRange.ifNoneMatch(request.headers["if-none-match"], validators)) {
    return HttpServerResponse.empty({ status: 304, headers })
  }
  // Ranges are defined for GET alone.
  const asked =
    request.method === "GET" && ByteRange.ifRange(request.headers["if-range"], validators)
      ? request.headers["range"]
      : undefined
  const range = ByteRange.parse(asked, size)
  if (range._tag === "Unsatisfiable") {
    return HttpServerResponse.jsonUnsafe(
      { detail: `The range begins after the end of the result, which has ${size} bytes` },
      { status: 416, headers: { "accept-ranges": "bytes", "content-range": `bytes */${size}` } },
    )
  }
  const part = range._tag === "Part" ? range : { offset: 0, length: size }
  return HttpServerResponse.stream(blobs.stream(name, part), {
    status: range._tag === "Part" ? 206 : 200,
    contentType: "audio/wav",
    contentLength: part.length,
    headers:
      range._tag === "Part"
        ? { ...headers, "content-range": `bytes ${part.offset}-${part.offset + part.length - 1}/${size}` }
        : headers,
  })
})
