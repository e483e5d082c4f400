/**
 * Deletes what a crash left between two steps: uploads that became no task, samples of tasks that have ended, results of
 * claims that were lost. People's voices are not to lie about.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { type BlobEntry, type BlobName, BlobStore, resultOf } from "./BlobStore.ts"
import { DataDirectory } from "./DataDirectory.ts"
import { StoreIdentity } from "./StoreIdentity.ts"
import { Tasks } from "./Tasks.ts"

/** An upload under way is over by then, and a claim that is worked on has written to its result. */
const minimumAge = Duration.toMillis(Duration.hours(2))

const period = "1 hour"

/**
 * Fails where the store is not this database's. Sweeps before anything else goes on, where nobody else can be at work; then
 * over and over, sparing what is young.
 */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const tasks = yield* Tasks
    const blobs = yield* BlobStore
    const { isShared } = yield* DataDirectory
    yield* StoreIdentity.use(({ check }) => check)

    /** Whether it is a task's result; or, where somebody may be at work, one that its task is to know of presently. */
    const isResult = Effect.fnUntraced(function* (name: BlobName, atWork: boolean) {
      const id = name.slice("results/".length).replace(/(\.\d+)?\.wav$/u, "")
      return Option.exists(
        yield* tasks.find(id),
        (task) => (atWork ? task.status !== "failed" : task.status === "completed") && resultOf(task) === name,
      )
    })

    const sweep = Effect.fnUntraced(
      function* (age: number) {
        const youngest = (yield* Clock.currentTimeMillis) - age
        const isOld = ({ modifiedAt }: BlobEntry) => modifiedAt <= youngest
        // looked at before the tasks are, so that a sample is not taken for nobody's whose task is made meanwhile
        const samples = (yield* blobs.list("samples")).filter(isOld)
        const needed = yield* tasks.unended
        for (const { name } of samples) {
          if (!needed.has(name.slice("samples/".length))) yield* blobs.remove(name)
        }
        for (const { name } of (yield* blobs.list("results")).filter(isOld)) {
          if (!(yield* isResult(name, age > 0))) yield* blobs.remove(name)
        }
      },
      Effect.catchCause((cause) => Effect.logWarning("What nobody needs was not deleted", cause)),
    )

    if (!isShared) yield* sweep(0)
    yield* sweep(minimumAge).pipe(Effect.delay(period), Effect.repeat(Schedule.forever), Effect.forkScoped)
  }),
)
