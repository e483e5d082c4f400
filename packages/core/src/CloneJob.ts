/**
 * A whole job: create, wait, download. One program, that tells what happens as `JobEvent`s.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Download from "./Download.ts"
import * as JobEvent from "./JobEvent.ts"
import * as Poller from "./Poller.ts"
import * as RetryPolicy from "./RetryPolicy.ts"
import type { TaskId } from "./Task.ts"
import type { CloneError, CreateError, DownloadError, WaitError } from "./TaskError.ts"
import { type CreateRequest, VoiceCloneClient } from "./VoiceCloneClient.ts"

/** A job whose result goes to a file. */
export interface Request extends CreateRequest {
  /** The path of the file to write. */
  readonly output: string
  readonly wait?: Poller.Options | undefined
}

export class CloneJob extends Context.Service<
  CloneJob,
  {
    /** Runs the job and saves its result. Whether the target can be written is checked before anything is paid for. */
    readonly run: (request: Request) => Effect.Effect<Download.SavedResult, CloneError>
    /** The later part of a job: waits for a task that exists and saves its result. */
    readonly finish: (
      taskId: TaskId,
      output: string,
      wait?: Poller.Options,
    ) => Effect.Effect<Download.SavedResult, WaitError | DownloadError>
  }
>()("voiceclone/CloneJob") {
  static readonly layer = Layer.effect(
    CloneJob,
    Effect.gen(function* () {
      const client = yield* VoiceCloneClient
      const poller = yield* Poller.Poller
      const download = yield* Download.Download

      const finish = Effect.fn("CloneJob.finish")(function* (taskId: TaskId, output: string, wait?: Poller.Options) {
        yield* download.checkTarget(output)
        return yield* whenReady(poller, taskId, download.toFile(taskId, output), wait)
      })

      const run = Effect.fn("CloneJob.run")(function* ({ output, wait, ...request }: Request) {
        yield* download.checkTarget(output)
        const taskId = yield* Effect.provideService(submit(request), VoiceCloneClient, client)
        return yield* finish(taskId, output, wait)
      })

      return CloneJob.of({ run, finish })
    }),
  )
}

/** Creates the task, and repeats that only where it is certain that none was created. */
export const submit = Effect.fn("CloneJob.submit")(function* (
  request: CreateRequest,
): Effect.fn.Return<TaskId, CreateError, VoiceCloneClient> {
  const client = yield* VoiceCloneClient
  // nothing is under way yet, so a server that cannot be reached is said soon
  const taskId = yield* RetryPolicy.retry("create", 3)(client.create(request))
  yield* JobEvent.emit({ _tag: "Submitted", taskId })
  return taskId
})

/** A job whose result is held in memory: for runtimes without a filesystem. */
export const runInMemory = Effect.fn("CloneJob.runInMemory")(function* (
  request: CreateRequest & { readonly wait?: Poller.Options | undefined },
): Effect.fn.Return<Download.ResultInMemory, CloneError, VoiceCloneClient | Poller.Poller> {
  const taskId = yield* submit(request)
  return yield* finishInMemory(taskId, request.wait)
})

/** The later part of {@link runInMemory}. */
export const finishInMemory = Effect.fn("CloneJob.finishInMemory")(function* (
  taskId: TaskId,
  wait?: Poller.Options,
): Effect.fn.Return<Download.ResultInMemory, WaitError | DownloadError, VoiceCloneClient | Poller.Poller> {
  const poller = yield* Poller.Poller
  return yield* whenReady(poller, taskId, Download.receive(taskId), wait)
})

/** What a job tells, as a stream that ends with the job and fails as it does. */
export const events = <A, E, R>(job: Effect.Effect<A, E, R>): Stream.Stream<JobEvent.JobEvent, E, R> =>
  Stream.callback((queue) =>
    job.pipe(
      Effect.provideService(JobEvent.Listener, (event) => Effect.asVoid(Queue.offer(queue, event))),
      Effect.matchCauseEffect({
        onFailure: (cause) => Queue.failCause(queue, cause),
        onSuccess: () => Queue.end(queue),
      }),
    ),
  )

/** A server may say "completed" and yet answer "not ready": that is a state, and we go back to waiting. */
const whenReady = <A, R>(
  poller: Poller.Poller["Service"],
  taskId: TaskId,
  deliver: Effect.Effect<A, DownloadError, R>,
  wait?: Poller.Options,
) =>
  Effect.andThen(poller.awaitCompletion(taskId, wait), deliver).pipe(
    Effect.retry({
      while: (error) => error._tag === "TaskNotReady",
      schedule: Schedule.upTo(Poller.pacing, { times: 20 }),
    }),
  )
