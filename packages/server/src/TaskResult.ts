/**
 * The answer to `task-result`: the WAV, whole or a range of it, straight from the store.
 */
import { Conflict, Forbidden, Gone, NotFound, PreconditionFailed } from "@voiceclone/core/VoiceCloneApi"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { BlobStore, type BlobStoreFailed, resultOf } from "./BlobStore.ts"
import * as ByteRange from "./ByteRange.ts"
import * as MultipartRanges from "./MultipartRanges.ts"
import * as Preconditions from "./Preconditions.ts"
import * as ReprDigest from "./ReprDigest.ts"
import { ResponseWriter } from "./ResponseWriter.ts"
import { type TaskRecord, Tasks } from "./Tasks.ts"

/** What was found, for its owner. */
export const forOwner = (
  found: Option.Option<TaskRecord>,
  owner: string,
): Effect.Effect<TaskRecord, NotFound | Forbidden> => {
  if (Option.isNone(found)) return Effect.fail(new NotFound({ detail: NotFound.detail }))
  if (found.value.owner !== owner) return Effect.fail(new Forbidden({ detail: Forbidden.detail }))
  return Effect.succeed(found.value)
}

/** The task, for its owner. */
export const owned = Effect.fnUntraced(function* (
  taskId: string,
  owner: string,
): Effect.fn.Return<TaskRecord, NotFound | Forbidden, Tasks> {
  // What is no id may hold what no database takes.
  if (!/^[\w-]+$/u.test(taskId)) return yield* new NotFound({ detail: NotFound.detail })
  const tasks = yield* Tasks
  return yield* forOwner(yield* tasks.find(taskId), owner)
})

/** Answers with the result of the owner's task. */
export const respond = Effect.fnUntraced(function* (
  request: HttpServerRequest,
  taskId: string,
  owner: string,
): Effect.fn.Return<
  HttpServerResponse.HttpServerResponse,
  NotFound | Forbidden | Conflict | Gone | PreconditionFailed | BlobStoreFailed,
  Tasks | BlobStore
> {
  const blobs = yield* BlobStore
  const task = yield* owned(taskId, owner)
  const { completedAt, expiresAt, id, resultDigest, status } = task
  if (status !== "completed" || completedAt === null || expiresAt === null) {
    return yield* new Conflict({ detail: Conflict.detail(status) })
  }
  const now = yield* Clock.currentTimeMillis
  if (now >= DateTime.toEpochMillis(expiresAt)) return yield* new Gone({ detail: Gone.detail })
  const name = resultOf(task)
  const found = yield* blobs.size(name)
  if (Option.isNone(found)) return yield* new NotFound({ detail: NotFound.detail })
  const size = found.value

  // Of the content: a task that a restored backup has not ended is spoken again, under the same id.
  const validators: Preconditions.Validators = { etag: `"${resultDigest ?? id}"`, lastModified: completedAt }
  const headers = {
    "accept-ranges": "bytes",
    "cache-control": "private, no-transform",
    "content-disposition": `attachment; filename="task_${id}.wav"`,
    etag: validators.etag,
    "last-modified": Headers.formatHttpDate(completedAt),
    ...(resultDigest === null ? {} : { "repr-digest": ReprDigest.field(resultDigest) }),
  }
  const verdict = Preconditions.evaluate(request.headers, validators)
  if (verdict === 304) return HttpServerResponse.empty({ status: 304, headers })
  if (verdict === 412) {
    return yield* new PreconditionFailed({ detail: "The result is another than the one that the request is about" })
  }
  // Ranges are defined for GET alone.
  const asked =
    request.method === "GET" && Preconditions.ifRange(request.headers["if-range"], validators)
      ? request.headers["range"]
      : undefined
  const range = ByteRange.parse(asked, size)
  const write = (yield* ResponseWriter)(request)
  const read = (part: ByteRange.Part) =>
    write === undefined ? blobs.stream(name, part) : Stream.fromEffectDrain(blobs.copy(name, part, write))
  const contentType = "audio/wav"
  switch (range._tag) {
    case "Unsatisfiable":
      return HttpServerResponse.jsonUnsafe(
        { detail: `The range begins after the end of the result, which has ${size} bytes` },
        { status: 416, headers: { "accept-ranges": "bytes", "content-range": `bytes */${size}` } },
      )
    case "Whole":
      return HttpServerResponse.stream(read({ offset: 0, length: size }), { contentType, contentLength: size, headers })
    case "Parts": {
      const [first, ...others] = range.parts
      if (others.length > 0) {
        const { stream, ...body } = MultipartRanges.make({ parts: range.parts, size, contentType, read })
        return HttpServerResponse.stream(stream, { status: 206, ...body, headers })
      }
      return HttpServerResponse.stream(read(first), {
        status: 206,
        contentType,
        contentLength: first.length,
        headers: { ...headers, "content-range": ByteRange.contentRange(first, size) },
      })
    }
  }
})
