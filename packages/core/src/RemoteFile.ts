/**
 * Brings any file home as {@link file://./Download.ts | Download} brings a result: in ranges that go on where an earlier run
 * stopped, behind a lock, and under its name only when it is whole and has the digest that it should.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Path from "effect/Path"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { Digest, toHex } from "./Digest.ts"
import * as answer from "./internal/answer.ts"
import { syncDirectory } from "./internal/filesystem.ts"
import * as partial from "./internal/partial.ts"
import { resultResponse } from "./internal/resultResponse.ts"
import { lockOf, unwritable } from "./internal/target.ts"
import * as redaction from "./internal/redaction.ts"
import * as transfer from "./internal/transfer.ts"
import * as transport from "./internal/transport.ts"
import * as Lock from "./Lock.ts"
import { TaskId } from "./Task.ts"
import { ConnectionFailed, type ReceiveError, ResultCorrupt, TargetBusy, type TargetUnwritable } from "./TaskError.ts"
import type { ResultRange } from "./VoiceCloneClient.ts"

/** A file that stands where it was wanted. */
export interface SavedFile {
  readonly path: string
  readonly bytes: number
  /** In hexadecimal. */
  readonly sha256: string
}

/** Where files redirect to stores, as those of releases do. */
const maximumRedirects = 5
const answerTimeout = "30 seconds"

/** None is sent. */
const noKey = redaction.of("")

const source = (http: HttpClient.HttpClient, url: URL): transfer.Source => {
  const failed = (reason: string, cause?: unknown) => new ConnectionFailed({ origin: url.origin, reason, cause })
  const client = HttpClient.followRedirects(HttpClient.withScope(http), maximumRedirects)
  return {
    baseUrl: url.origin,
    result: Effect.fnUntraced(function* (_: TaskId, range?: ResultRange) {
      const headers = {
        "accept-encoding": "identity",
        ...(range === undefined ? {} : { range: `bytes=${range.start}-${range.end ?? ""}` }),
        ...(range?.ifRange === undefined ? {} : { "if-range": range.ifRange }),
      }
      const response = yield* client.execute(HttpClientRequest.get(url, { headers })).pipe(
        Effect.mapError((error) => failed(transport.reasonOf(error), error)),
        Effect.timeoutOrElse({
          duration: answerTimeout,
          orElse: () => Effect.fail(failed(`no answer within ${answerTimeout}`)),
        }),
      )
      const { status } = response
      if (status === 200 || status === 206 || (status === 416 && range !== undefined)) {
        return resultResponse(status, response, failed, noKey, answerTimeout)
      }
      const reason = answer.detail(yield* answer.text(response, answerTimeout), noKey)
      return yield* Effect.flatMap(answer.error(response, reason, noKey), Effect.fail)
    }),
  }
}

/**
 * Saves what `url` answers at `target`, replacing what is there. With `sha256`, in hexadecimal, nothing else than the file
 * of that digest is saved; what came instead is thrown away. A file that stands there with that digest is not fetched again.
 */
export const save = Effect.fn("RemoteFile.save")(function* (
  url: URL,
  target: string,
  { sha256: expected }: { readonly sha256?: string | undefined } = {},
): Effect.fn.Return<
  SavedFile,
  ReceiveError | TargetUnwritable | TargetBusy,
  Digest | FileSystem.FileSystem | HttpClient.HttpClient | Path.Path
> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const digest = yield* Digest
  const http = yield* HttpClient.HttpClient
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const lock = lockOf(target)
      if (!(yield* Effect.mapError(Lock.acquire(fs, path, lock), unwritable(lock)))) {
        return yield* new TargetBusy({ path: target, lock })
      }
      const hasher = yield* digest.sha256
      const standing = yield* Stream.runFold(
        fs.stream(target),
        () => 0,
        (size, chunk) => (hasher.update(chunk), size + chunk.byteLength),
      ).pipe(Effect.orElseSucceed(() => undefined))
      if (expected !== undefined && standing !== undefined && toHex(hasher.digest()) === expected.toLowerCase()) {
        return { path: target, bytes: standing, sha256: expected.toLowerCase() }
      }
      const files = partial.filesOf(target)
      const name = TaskId(url.href)
      const { bytes, sha256 } = yield* Effect.scoped(
        Effect.gen(function* () {
          const part = yield* partial.openFile(fs, digest.sha256, target, { taskId: name, server: url.origin })
          return yield* transfer
            .run(source(http, url), name, part, () => Result.succeed(undefined))
            .pipe(
              Effect.tap(() => part.sync),
              Effect.onError(() => part.leave),
            )
        }),
      )
      if (expected !== undefined && sha256 !== expected.toLowerCase()) {
        yield* Effect.ignore(fs.remove(files.part))
        yield* Effect.ignore(fs.remove(files.checkpoint))
        const reason = `its SHA-256 is ${sha256}, and ${expected.toLowerCase()} was to come`
        return yield* new ResultCorrupt({ taskId: name, reason, cutShort: false })
      }
      yield* Effect.mapError(fs.rename(files.part, target), unwritable(target))
      yield* syncDirectory(fs, path.dirname(target))
      yield* Effect.ignore(fs.remove(files.checkpoint))
      return { path: target, bytes, sha256 }
    }),
  )
})
