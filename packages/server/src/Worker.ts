/**
 * Makes the speech: so many tasks at a time, in the order they came.
 *
 * Speaking is repeatable, and a task counts as completed only once its result lies in the store; so a worker that dies
 * at any point leaves a task that another can begin again.
 */
import * as SampleFormat from "@voiceclone/engine/SampleFormat"
import { EngineUnavailable } from "@voiceclone/engine/SynthesisError"
import { Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { BlobStore, resultOf, sampleOf } from "./BlobStore.ts"
import { Progress } from "./Progress.ts"
import * as ReprDigest from "./ReprDigest.ts"
import * as SampleBlob from "./SampleBlob.ts"
import { ServerConfig } from "./ServerOptions.ts"
import * as SpeechFile from "./SpeechFile.ts"
import { StatusChanges } from "./StatusChanges.ts"
import { type Claim, type ClaimedTask, Leases, maxAttempts, type TaskRecord, Tasks } from "./Tasks.ts"
import * as TaskTrace from "./TaskTrace.ts"

/** What the engine may get over: 3 more attempts, after 1, 2 and 4 seconds. */
const patience = Schedule.exponential("1 second").pipe(Schedule.upTo({ times: 3 }))

/** A disk that is full, or a bucket or a database that is away, is no fault of the task's: it waits until somebody has seen to that. */
const untilStored = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("30 seconds")])

/** Tells the database how a task ended until it has taken that: what is made is not to be made again. */
const told = <A>(self: Effect.Effect<A>): Effect.Effect<A> =>
  self.pipe(
    Effect.catchDefect(Effect.fail),
    Effect.tapError((cause) => Effect.logWarning("The database does not take how a task ended", cause)),
    Effect.retry(untilStored),
    Effect.orDie,
  )

/**
 * Recovers what dead servers left, over and over where there are several, and works until the scope closes. Tasks in work are
 * then given back.
 */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const tasks = yield* Tasks
    const blobs = yield* BlobStore
    const progress = yield* Progress
    const synthesizer = yield* Synthesizer
    const changes = yield* StatusChanges
    const leases = yield* Leases
    const { retention, workers } = yield* ServerConfig
    const engine = `${synthesizer.description.name} ${synthesizer.description.version}`

    const dropSample = (id: string) =>
      Effect.catch(blobs.remove(sampleOf(id)), (error) => Effect.logWarning("A sample was not deleted", error))

    /** Then whoever has the task needs its sample. */
    const isUnended = (id: string) =>
      Effect.map(
        told(tasks.find(id)),
        Option.exists(({ status }) => status === "pending" || status === "processing"),
      )

    const engineReady = synthesizer.ready.pipe(
      Effect.timeoutOrElse({
        duration: "30 seconds",
        orElse: () => Effect.fail(new EngineUnavailable({ retryable: true, detail: "The engine does not answer" })),
      }),
    )
    let engineIsAway = false
    const turn = yield* Semaphore.make(1)
    /** One worker asks, and the others wait with it. */
    const engineBack = turn.withPermit(
      Effect.suspend(() => {
        if (!engineIsAway) return Effect.void
        return Effect.sleep("30 seconds").pipe(
          Effect.andThen(engineReady),
          Effect.retry(Schedule.forever),
          Effect.andThen(Effect.sync(() => (engineIsAway = false))),
          Effect.andThen(Effect.logInfo("The engine is back")),
        )
      }),
    )

    const spared = new Map<string, number>()
    /**
     * Whether the engine cannot speak at all: then the task waits with all others until it can. But the task may be what
     * brings the engine down, so it is not spared for ever.
     */
    const isSpared = Effect.fnUntraced(function* ({ id }: TaskRecord, cause: Failure) {
      if (!Option.exists(Cause.findErrorOption(cause), ({ _tag }) => _tag === "EngineUnavailable")) return false
      const ready = yield* Effect.result(engineReady)
      if (Result.isSuccess(ready)) return false
      if (!engineIsAway) {
        yield* Effect.logError("The engine is away; tasks wait for it").pipe(
          Effect.annotateLogs("reason", ready.failure.detail),
        )
      }
      engineIsAway = true
      const times = (spared.get(id) ?? 0) + 1
      spared.set(id, times)
      return times < maxAttempts
    })

    const speak = Effect.fnUntraced(
      function* (task: ClaimedTask) {
        const { id, text, transcript } = task
        const source = yield* Effect.provideService(SampleBlob.source(id), BlobStore, blobs)
        const sample = yield* SampleFormat.excerpt(source)
        const speech = synthesizer
          .synthesize({ sample, text, transcript: transcript ?? undefined })
          .pipe(Stream.tap((chunk) => progress.report(id, chunk.progress)))
        const size = yield* blobs.put(resultOf(task), (writer) => SpeechFile.write(writer, speech))
        // Read again: the file begins with its size, which nobody knows while the rest is written.
        const digest = yield* ReprDigest.sha256((to) => blobs.copy(resultOf(task), { offset: 0, length: size }, to))
        return { size, digest }
      },
      Effect.retry({
        schedule: patience,
        while: (error) => error._tag === "EngineUnavailable" && error.retryable,
      }),
      Effect.tapError((error) =>
        error._tag === "BlobStoreFailed" ? Effect.logWarning("The store fails a task", error) : Effect.void,
      ),
      Effect.retry({
        schedule: untilStored,
        while: (error) => error._tag === "BlobStoreFailed" && error.isMissing !== true,
      }),
    )

    type Failure = Cause.Cause<Effect.Error<ReturnType<typeof speak>>>

    const reasonOf = (cause: Failure) =>
      Option.match(Cause.findErrorOption(cause), {
        onNone: () => "The engine failed; the server's log has the cause",
        onSome: (error) => (error._tag === "BlobStoreFailed" ? "The voice sample is gone" : error.detail),
      })

    /** Returns when the task is no longer to be worked on, because its owner cancelled it or another server has it. */
    const cancelled = Effect.fnUntraced(function* ({ claims, id }: Claim) {
      const stands = Effect.gen(function* () {
        const change = yield* changes.subscribe(id)
        const task = yield* tasks.find(id)
        if (!Option.exists(task, (found) => found.status === "processing" && found.claims === claims)) return false
        yield* change
        // Where the server stops, the task is given back, not cancelled.
        return (yield* changes.ended) ? yield* Effect.never : true
      }).pipe(
        Effect.scoped,
        // A database that is away for a moment says nothing about the task.
        Effect.catchDefect((defect) =>
          Effect.logWarning("The task was not looked at", defect).pipe(
            Effect.andThen(Effect.sleep("1 second")),
            Effect.as(true),
          ),
        ),
      )
      while (yield* stands);
    })

    /** Renews the claim, and returns when it is lost, or may be: nobody has answered for as long as it lasts. */
    const lost = Effect.fnUntraced(function* (claim: Claim) {
      if (leases === undefined) return yield* Effect.never
      const clock = yield* Clock.Clock
      const monotonic = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
      let renewed = monotonic()
      while (true) {
        yield* Effect.sleep(leases.renewal)
        const asked = monotonic()
        const holds = yield* tasks.renew(claim).pipe(Effect.timeout(leases.renewal), Effect.catchCause(Effect.succeed))
        if (holds === false) return
        if (holds === true) renewed = asked
        else if (monotonic() - renewed >= Duration.toMillis(leases.duration)) return
      }
    })

    const work = Effect.fnUntraced(
      function* (task: ClaimedTask) {
        yield* Effect.logInfo("Task begun")
        const stopped = Effect.as(Effect.raceFirst(cancelled(task), lost(task)), undefined)
        const exit = yield* Effect.exit(Effect.raceFirst(speak(task), stopped))
        if (Exit.isFailure(exit) && (yield* isSpared(task, exit.cause))) {
          yield* told(tasks.release(task))
          return
        }
        spared.delete(task.id)
        if (Exit.isSuccess(exit)) {
          const made = exit.value
          if (made !== undefined && (yield* told(tasks.complete(task, { retention, digest: made.digest })))) {
            yield* Effect.logInfo("Task completed").pipe(Effect.annotateLogs("bytes", made.size))
          } else {
            yield* Effect.ignore(blobs.remove(resultOf(task)))
            yield* Effect.logInfo("Task cancelled, or taken over by another server")
            if (yield* isUnended(task.id)) return yield* tasks.survived(task)
          }
        } else {
          // An interruption that is seen here is the engine's own: ours ends this fiber.
          const reason = reasonOf(exit.cause)
          const failed = yield* told(tasks.fail(task, reason))
          if (failed) yield* Effect.logWarning("Task failed").pipe(Effect.annotateLogs("reason", reason))
          if (Cause.hasDies(exit.cause) || Cause.hasInterrupts(exit.cause))
            yield* Effect.logError("The engine has a bug", exit.cause)
          // cancelled at that very moment, or taken over
          if (!failed && (yield* isUnended(task.id))) return yield* tasks.survived(task)
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

    const step = Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(
        Effect.andThen(restore(engineBack), tasks.claim(engine)),
        Option.match({
          onNone: () => restore(tasks.arrival),
          // Stopped, or unable to write down how it ended: either way the work is to be done again.
          onSome: (task) => Effect.onError(restore(work(task)), () => tasks.release(task)),
        }),
      ),
    )

    const recover = Effect.gen(function* () {
      for (const task of yield* tasks.recover) {
        yield* Effect.logInfo("Task found unfinished").pipe(Effect.annotateLogs({ task: task.id, status: task.status }))
      }
    })
    yield* recover
    if (leases !== undefined) {
      yield* recover.pipe(
        Effect.catchCause((cause) => Effect.logWarning("The database was not looked through", cause)),
        Effect.delay(leases.patrol),
        Effect.forever,
        Effect.forkScoped,
      )
    }
    const worker = step.pipe(
      // Neither a database that is full or locked, nor anybody's interruption but our own, must end the worker.
      Effect.catchCause((cause) =>
        Effect.andThen(Effect.logError("The worker stumbled", cause), Effect.sleep(Duration.seconds(5))),
      ),
      Effect.forever,
    )
    for (let count = 0; count < workers; count++) yield* Effect.forkScoped(worker)
  }),
)
