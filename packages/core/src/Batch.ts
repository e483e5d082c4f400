/**
 * Many jobs: thousands of them, created, waited for and saved side by side, each phase with its own limit. One failure
 * stops nothing else unless asked. Run again, a batch goes on where it stood, as every job does by itself.
 */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { type Begun, CloneJob, type CreateOnce } from "./CloneJob.ts"
import type { SavedResult } from "./Download.ts"
import * as FileClaims from "./FileClaims.ts"
import * as expiry from "./internal/expiry.ts"
import { makeHeap } from "./internal/heap.ts"
import * as duration from "./internal/timeout.ts"
import { Journal } from "./Journal.ts"
import * as Pacer from "./Pacer.ts"
import type { Sample } from "./Sample.ts"
import type { TaskId } from "./Task.ts"
import { type CloneError, InvalidInput, type SampleUnreadable, type WaitError } from "./TaskError.ts"
import type { VoiceCloneClient } from "./VoiceCloneClient.ts"

/** One job of a batch. */
export interface Job extends Omit<CreateOnce, "sample"> {
  /** The sample, or how to open it: that is done when the job's turn comes. */
  readonly sample: Sample | Effect.Effect<Sample, SampleUnreadable | InvalidInput>
  /** The path of the file to write. */
  readonly output: string
}

/** How many at a time, how often, for how long, and what must stay as it is. */
export interface Options {
  /** How many jobs may be in each phase at the same time; waiting itself has no limit. */
  readonly concurrency?:
    | {
        /** @default 4 */
        readonly create?: number | undefined
        /** @default 16 */
        readonly status?: number | undefined
        /** @default 4 */
        readonly save?: number | undefined
      }
    | undefined
  /**
   * Status calls in a second, at most, all jobs together.
   * @default 100
   */
  readonly pollsPerSecond?: number | undefined
  /**
   * How long to wait for each task.
   * @default "24 hours"
   */
  readonly timeout?: Duration.Input | undefined
  /**
   * After the first failure no further task is created; those that exist are brought home.
   * @default false
   */
  readonly stopOnFailure?: boolean | undefined
  /**
   * Files that no result may be written over, such as the samples of jobs that are yet to come. Those of the jobs that
   * have come are safe by themselves.
   */
  readonly protect?: ReadonlyArray<string> | undefined
}

/** What became of one job; `index` is its place in the batch. */
export type Outcome =
  | { readonly _tag: "Saved"; readonly index: number; readonly result: SavedResult }
  | {
      readonly _tag: "Failed"
      readonly index: number
      readonly output: string
      /** The task, where one was created: it is paid for, and may be gone on with. */
      readonly taskId?: TaskId
      readonly error: CloneError
    }

/** What became of all. */
export interface Summary {
  readonly saved: number
  readonly failed: number
  readonly bytes: number
  /** Of speech. */
  readonly seconds: number
  readonly failures: ReadonlyArray<Outcome & { readonly _tag: "Failed" }>
}

/** Options that cannot work, found out before anything is paid for. */
const check = Effect.fnUntraced(function* ({ concurrency = {}, pollsPerSecond, timeout }: Options) {
  yield* duration.check("timeout", timeout)
  for (const [name, value] of Object.entries({ ...concurrency, pollsPerSecond })) {
    const isWrong = name === "pollsPerSecond" ? !(Number(value) > 0) : !Number.isSafeInteger(value) || Number(value) < 1
    if (value !== undefined && isWrong) {
      return yield* new InvalidInput({
        input: "options",
        reason: `${name} is ${value}, which lets nothing through`,
        nextStep: "Give a number of 1 or more.",
      })
    }
  }
})

const taken = (output: string) =>
  new InvalidInput({
    input: "output",
    reason: `An earlier job of the batch writes ${output} too`,
    nextStep: "Give each job an output of its own.",
  })

const overSample = (output: string) =>
  new InvalidInput({
    input: "output",
    reason: `${output} is the voice sample of a job, or another file to be kept as it is`,
    nextStep: "Give the job another output; that file is left as it is.",
  })

const overwritten = (sample: string) =>
  new InvalidInput({
    input: "sample",
    reason: `An earlier job of the batch has written its result over the voice sample ${sample}`,
    nextStep: "Give each output a name that is no sample's, and list samples under protect where they come later.",
  })

/** A completed task needs no waiting, only a look. */
const lastLook = "10 minutes"

/** How long to wait for whoever else works on the same job, or writes the same output. Rows of one job take turns. */
const patience = Schedule.upTo(Schedule.spaced("200 millis"), { duration: "1 minute" })

const whileBusy = <A, E extends { readonly _tag: string }, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.retry(self, { while: (error) => error._tag === "JobBusy" || error._tag === "TargetBusy", schedule: patience })

/** A result of which the journal doesn't know it is as good as expired. */
const expiryOf = ({ expiresAt }: Begun): number => (expiresAt === undefined ? 0 : Date.parse(expiresAt))

/** What a batch runs on. */
type Needs = CloneJob | VoiceCloneClient | Journal | FileSystem.FileSystem | Path.Path

/** A job as far as its files go. */
interface Holder {
  /** Whether its result is being saved, or stands. */
  isSaving: boolean
  /** Whether its output has turned out to be another job's sample. */
  isSpared: boolean
}

/** The outcomes, as the jobs end. Jobs are taken from the stream only as fast as tasks are created. */
export const run = <E, R>(
  jobs: Stream.Stream<Job, E, R>,
  options: Options = {},
): Stream.Stream<Outcome, E | InvalidInput, R | Needs> =>
  Stream.callback<Outcome, E | InvalidInput, R | Needs>(
    Effect.fnUntraced(function* (outcomes): Effect.fn.Return<void, never, R | Needs | Scope.Scope> {
      const invalid = yield* Effect.flip(check(options)).pipe(Effect.option)
      if (Option.isSome(invalid)) return void (yield* Queue.fail(outcomes, invalid.value))
      const job = yield* CloneJob
      const journal = yield* Journal
      const claims = FileClaims.make<Holder>(yield* FileSystem.FileSystem, yield* Path.Path)
      const { concurrency, stopOnFailure = false, pollsPerSecond, timeout } = options
      const pacer = yield* Pacer.make({ concurrency: concurrency?.status, pollsPerSecond, timeout })
      interface Ready {
        readonly holder: Holder
        readonly index: number
        readonly output: string
        readonly begun: Begun
        readonly exit: Exit.Exit<unknown, WaitError>
        /** In milliseconds since the epoch; of what has failed there is nothing to wait for. */
        readonly expiry: number
      }
      // what is ready is saved in the order of its expiry, however many wait for their turn; a signal stands for each
      const { currentTimeMillisUnsafe: now } = yield* Clock.Clock
      const ready = makeHeap<Ready>(({ expiry }) => expiry)
      const signals = yield* Queue.make<void>()
      const offer = (one: Ready) => {
        ready.push(one)
        Queue.offerUnsafe(signals, undefined)
      }
      for (const file of options.protect ?? []) yield* claims.read(file, { isSaving: false, isSpared: false })
      const oneByOne = yield* Semaphore.make(1)
      let open = 0
      let feeding = true
      let stopped = false

      const settled = (outcome: Outcome) =>
        Effect.suspend(() => {
          if (outcome._tag === "Failed" && stopOnFailure) stopped = true
          return Queue.offer(outcomes, outcome)
        }).pipe(Effect.andThen(Effect.sync(() => open--)), Effect.andThen(endWhenDone))
      const endWhenDone = Effect.suspend(() => (feeding || open > 0 ? Effect.void : Effect.asVoid(Queue.end(outcomes))))

      /** Claims the files of a job. */
      const admit = Effect.fnUntraced(function* (holder: Holder, output: string, sample: string | undefined) {
        const writer = sample === undefined ? undefined : yield* claims.read(sample, holder)
        const claim = yield* claims.write(output, holder)
        if (claim !== undefined) return yield* claim.use === "read" ? overSample(output) : taken(output)
        if (sample === undefined || writer === undefined) return
        if (writer.isSaving) return yield* overwritten(sample)
        writer.isSpared = true
      }, oneByOne.withPermit)

      /** What is paid for stays known, but not as to be saved over a sample. */
      const withoutOutput = Effect.fnUntraced(
        function* ({ key, taskId }: Begun) {
          yield* journal.hold(key)
          const known = Option.getOrUndefined(yield* journal.find(key))
          if (known?.taskId !== taskId || known.state === "saved") return
          const { output: _, ...rest } = known
          yield* journal.record(rest)
        },
        Effect.scoped,
        whileBusy,
      )

      const begin = ([request, index]: readonly [Job, number]) =>
        Effect.suspend(() => {
          if (stopped) return Effect.void
          open++
          const { output, sample: given, ...rest } = request
          const holder: Holder = { isSaving: false, isSpared: false }
          const begun = Effect.gen(function* () {
            const sample = yield* Effect.isEffect(given) ? given : Effect.succeed(given)
            yield* admit(holder, output, sample.path)
            return yield* whileBusy(job.begin({ ...rest, output, sample }))
          })
          return begun.pipe(
            Effect.matchEffect({
              onSuccess: (begun) =>
                // what is completed already needs no waiting
                begun.state !== "submitted"
                  ? Effect.sync(() => offer({ holder, index, output, begun, exit: Exit.void, expiry: expiryOf(begun) }))
                  : pacer.add(begun.taskId, (exit) =>
                      offer({
                        holder,
                        index,
                        output,
                        begun,
                        exit,
                        expiry: Exit.isSuccess(exit) ? expiry.of(exit.value, now()) : 0,
                      }),
                    ),
              onFailure: (error) => settled({ _tag: "Failed", index, output, error }),
            }),
          )
        })

      const save = Effect.gen(function* () {
        while (true) {
          yield* Queue.take(signals)
          const next = ready.pop()
          if (next === undefined) continue
          const { holder, index, output, begun, exit } = next
          const error = Exit.isSuccess(exit) ? undefined : Option.getOrUndefined(Exit.findErrorOption(exit))
          // how a task has ended is written down by its job, which looks once more
          holder.isSaving = !holder.isSpared
          const end = holder.isSpared
            ? Effect.andThen(withoutOutput(begun), Effect.fail(overSample(output)))
            : error === undefined || error._tag === "TaskFailed"
              ? whileBusy(job.conclude(begun, output, { wait: { timeout: lastLook } }))
              : Effect.fail(error)
          const outcome = yield* Effect.match(end, {
            onSuccess: (result): Outcome => ({ _tag: "Saved", index, result }),
            onFailure: (error): Outcome => ({ _tag: "Failed", index, output, taskId: begun.taskId, error }),
          })
          holder.isSaving = outcome._tag === "Saved"
          yield* settled(outcome)
        }
      })

      for (let worker = 0; worker < (concurrency?.save ?? 4); worker++) yield* Effect.forkScoped(save)
      yield* jobs.pipe(
        Stream.zipWithIndex,
        Stream.mapEffect(begin, { concurrency: concurrency?.create ?? 4, unordered: true }),
        Stream.runDrain,
        Effect.matchCauseEffect({
          onFailure: (cause) => Queue.failCause(outcomes, cause),
          onSuccess: () => {
            feeding = false
            return endWhenDone
          },
        }),
      )
    }),
  )

/** Counts outcomes. */
export const summarize = <E, R>(outcomes: Stream.Stream<Outcome, E, R>): Effect.Effect<Summary, E, R> =>
  Effect.suspend(() => {
    const failures: Array<Summary["failures"][number]> = []
    let [saved, bytes, seconds] = [0, 0, 0]
    return Stream.runForEach(outcomes, (outcome) =>
      Effect.sync(() => {
        if (outcome._tag === "Failed") return void failures.push(outcome)
        saved++
        bytes += outcome.result.bytes
        seconds += outcome.result.seconds
      }),
    ).pipe(Effect.map(() => ({ saved, failed: failures.length, bytes, seconds, failures })))
  })
