/**
 * Jobs whose results are held in memory, and that nothing remembers: for runtimes without a filesystem.
 */
import * as Effect from "effect/Effect"
import { Digest } from "./Digest.ts"
import { createOnce } from "./internal/createOnce.ts"
import * as partialInMemory from "./internal/partialInMemory.ts"
import * as timeout from "./internal/timeout.ts"
import * as transfer from "./internal/transfer.ts"
import { whenReady } from "./internal/whenReady.ts"
import * as JobEvent from "./JobEvent.ts"
import * as Poller from "./Poller.ts"
import * as RandomId from "./RandomId.ts"
import type { TaskId } from "./Task.ts"
import type { CreateError, ReceiveError, WaitError } from "./TaskError.ts"
import { type CreateRequest, VoiceCloneClient } from "./VoiceCloneClient.ts"
import * as Wav from "./Wav.ts"

export type { Received } from "./internal/transfer.ts"

/** A result that is held in memory. */
export interface ResultInMemory extends transfer.Received {
  readonly data: Uint8Array<ArrayBuffer>
}

/**
 * Creates the task, and repeats that only where it is certain that none was created, or where the server makes one task
 * of one `Idempotency-Key`. Nothing is written down.
 */
export const submit = Effect.fn("InMemory.submit")(function* (
  request: CreateRequest,
): Effect.fn.Return<TaskId, CreateError, VoiceCloneClient> {
  const client = yield* VoiceCloneClient
  const idempotencyKey = request.idempotencyKey ?? RandomId.make()
  // told even to whoever stops us as the answer comes: nothing else knows the task
  const onCreated = (taskId: TaskId) =>
    Effect.ensuring(request.onCreated?.(taskId) ?? Effect.void, JobEvent.emit({ _tag: "Submitted", taskId }))
  return yield* createOnce(client, client.create({ ...request, idempotencyKey, onCreated }))
})

/** A job whose result is held in memory, and that nothing remembers: for runtimes without a filesystem. */
export const run = Effect.fn("InMemory.run")(function* (
  request: CreateRequest & { readonly wait?: Poller.Options | undefined },
): Effect.fn.Return<ResultInMemory, CreateError | WaitError | ReceiveError, VoiceCloneClient | Poller.Poller | Digest> {
  yield* timeout.check("timeout", request.wait?.timeout)
  const taskId = yield* submit(request)
  return yield* finish(taskId, { grace: Poller.afterCreate, ...request.wait })
})

/** The later part of {@link run}. */
export const finish = Effect.fn("InMemory.finish")(function* (
  taskId: TaskId,
  wait?: Poller.Options,
): Effect.fn.Return<ResultInMemory, WaitError | ReceiveError, VoiceCloneClient | Poller.Poller | Digest> {
  const poller = yield* Poller.Poller
  return yield* whenReady(poller, taskId, () => receive(taskId), wait)
})

/** Brings a result into memory, for runtimes without a filesystem and for results that are known to be small. */
export const receive = Effect.fn("InMemory.receive")(function* (
  taskId: TaskId,
): Effect.fn.Return<ResultInMemory, ReceiveError, VoiceCloneClient | Digest> {
  const client = yield* VoiceCloneClient
  const part = partialInMemory.make(yield* Digest)
  const received = yield* transfer.tellVerified(taskId, yield* transfer.run(client, taskId, part, Wav.verify))
  return { ...received, data: yield* part.read(0, received.bytes) }
})
