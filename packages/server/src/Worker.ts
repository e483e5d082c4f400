/**
 * Makes the speech: one task after the other, in the order they came.
 *
 * Speaking is repeatable, and a task counts as completed only once its result lies in the store; so a worker that dies
 * at any point leaves a task that another can begin again.
 */
import { Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { BlobStore, resultOf, sampleOf } from "./BlobStore.ts"
import { Progress } from "./Progress.ts"
import * as ReprDigest from "./ReprDigest.ts"
import { ServerConfig } from "./ServerOptions.ts"
import * as SpeechFile from "./SpeechFile.ts"
import { StatusChanges } from "./StatusChanges.ts"
import { type TaskRecord, Tasks } from "./Tasks.ts"
import * as TaskTrace from "./TaskTrace.ts"

/** What the engine or the disk may get over: 3 more attempts, after 1, 2 and 4 seconds. */
const patience = Schedule.exponential("1 second").pipe(Schedule.upTo({ times: 3 }))

/** Recovers what a dead server left, then works until the scope closes. A task in work is then given back. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const tasks = yield* Tasks
    const blobs = yield* BlobStore
    const progress = yield* Progress
    const synthesizer = yield* Synthesizer
    const changes = yield* StatusChanges
    const { retention } = yield* ServerConfig
    const engine = `${synthesizer.description.name} ${synthesizer.description.version}`

    const dropSample = (id: string) =>
      Effect.catch(blobs.remove(sampleOf(id)), (error) => Effect.logWarning("A sample was not deleted", error))

    const speak = Effect.fnUntraced(
      function* ({ id, text, transcript }: TaskRecord) {
        const sample = yield* blobs.bytes(sampleOf(id))
        const speech = synthesizer
          .synthesize({ sample, text, transcript: transcript ?? undefined })
          .pipe(Stream.tap((chunk) => progress.report(id, chunk.progress)))
        const size = yield* blobs.put(resultOf(id), (writer) => SpeechFile.write(writer, speech))
        // Read again: the file begins with its size, which nobody knows while the rest is written.
        const digest = yield* ReprDigest.sha256(blobs.stream(resultOf(id), { offset: 0, length: size }))
        return { size, digest }
      },
      Effect.retry({
        schedule: patience,
        while: (error) => error._tag === "BlobStoreFailed" || (error._tag === "EngineUnavailable" && error.retryable),
      }),
    )

    const reasonOf = (cause: Cause.Cause<Effect.Error<ReturnType<typeof speak>>>) =>
      Option.match(Cause.findErrorOption(cause), {
        onNone: () => "The engine failed; the server's log has the cause",
        onSome: (error) => (error._tag === "BlobStoreFailed" ? "The server could not store the speech" : error.detail),
      })

    /** Returns when the task is no longer to be worked on, because its owner cancelled it. */
    const cancelled = Effect.fnUntraced(function* (id: string) {
      const stands = Effect.gen(function* () {
        const change = yield* changes.subscribe(id)
        const task = yield* tasks.find(id)
        if (Option.isNone(task) || task.value.status !== "processing") return false
        yield* change
        // Where the server stops, the task is given back, not cancelled.
        return (yield* changes.ended) ? yield* Effect.never : true
      }).pipe(Effect.scoped)
      while (yield* stands);
    })

    const work = Effect.fnUntraced(
      function* (task: TaskRecord) {
        yield* Effect.logInfo("Task begun")
        const exit = yield* Effect.exit(Effect.raceFirst(speak(task), Effect.as(cancelled(task.id), undefined)))
        if (Exit.isSuccess(exit)) {
          const made = exit.value
          if (made !== undefined && (yield* tasks.complete(task.id, { retention, digest: made.digest }))) {
            yield* Effect.logInfo("Task completed").pipe(Effect.annotateLogs("bytes", made.size))
          } else {
            yield* Effect.ignore(blobs.remove(resultOf(task.id)))
            yield* Effect.logInfo("Task cancelled")
          }
        } else if (Cause.hasInterruptsOnly(exit.cause)) {
          return yield* Effect.failCause(exit.cause)
        } else {
          const reason = reasonOf(exit.cause)
          yield* tasks.fail(task.id, reason)
          yield* Effect.logWarning("Task failed").pipe(Effect.annotateLogs("reason", reason))
          if (Cause.hasDies(exit.cause)) yield* Effect.logError("The engine has a bug", exit.cause)
        }
        yield* dropSample(task.id)
      },
      (effect, task) =>
        effect.pipe(
          Effect.ensuring(progress.forget(task.id)),
          Effect.annotateLogs("task", task.id),
          TaskTrace.resume(task),
        ),
    )

    // What a crash left between two steps: uploads that became no task, samples of tasks that have ended.
    const sweep = Effect.gen(function* () {
      const needed = yield* tasks.unended
      for (const name of yield* blobs.list("samples")) {
        if (!needed.has(name.slice("samples/".length))) yield* blobs.remove(name)
      }
    })

    const step = Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(
        tasks.claim(engine),
        Option.match({
          onNone: () => restore(tasks.arrival),
          // Stopped, or unable to write down how it ended: either way the work is to be done again.
          onSome: (task) => Effect.onError(restore(work(task)), () => tasks.release(task.id)),
        }),
      ),
    )

    for (const task of yield* tasks.recover) {
      yield* Effect.logInfo("Task found unfinished").pipe(Effect.annotateLogs({ task: task.id, status: task.status }))
    }
    yield* Effect.catch(sweep, (error) => Effect.logWarning("Samples that nobody needs were not deleted", error))

    yield* step.pipe(
      // A database that is full or locked must not end the worker.
      Effect.catchDefect((defect) =>
        Effect.andThen(Effect.logError("The worker stumbled", defect), Effect.sleep(Duration.seconds(5))),
      ),
      Effect.forever,
      Effect.forkScoped,
    )
  }),
)
