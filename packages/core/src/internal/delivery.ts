/**
 * The rest of a job that is paid for: its task is waited for, its result saved, and what becomes of it written down.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Download from "../Download.ts"
import * as JobEvent from "../JobEvent.ts"
import { type Entry, Journal } from "../Journal.ts"
import * as Poller from "../Poller.ts"
import type { Task } from "../Task.ts"
import { ResultExpired } from "../TaskError.ts"
import * as expiry from "./expiry.ts"
import type { Paid } from "./payment.ts"
import { whenReady } from "./whenReady.ts"

/** The delivery of a paid job to its target. */
export const make = Effect.gen(function* () {
  const poller = yield* Poller.Poller
  const download = yield* Download.Download
  const journal = yield* Journal
  const path = yield* Path.Path

  /** What an earlier run has saved, if it stands there as it was. */
  const standing = Effect.fnUntraced(function* ({ saved, taskId }: Entry, output: string) {
    if (saved === undefined || taskId === undefined || saved.path !== path.resolve(output)) return undefined
    const there = yield* Effect.option(download.inspect(output))
    return Option.isSome(there) && there.value.sha256 === saved.sha256
      ? ({ ...there.value, taskId, path: output } satisfies Download.SavedResult)
      : undefined
  })

  return Effect.fnUntraced(function* (
    entry: Paid["entry"],
    target: Download.Target,
    { wait, ...transfer }: Download.Options & { readonly wait?: Poller.Options | undefined },
  ) {
    const { taskId } = entry
    const output = target.path
    const stands = yield* standing(entry, output)
    if (stands !== undefined) {
      yield* JobEvent.emit({ _tag: "Saved", taskId, path: output })
      return stands
    }
    if (entry.state === "expired") {
      return yield* new ResultExpired({ taskId, detail: `known since ${entry.updatedAt}` })
    }
    const grace = yield* graceOf(entry)
    let known: Entry = entry
    // from here on nothing costs, and a journal that has no room must not keep a paid result from its place
    const note = (change: Partial<Entry>) =>
      Effect.suspend(() => journal.record(known, change)).pipe(
        Effect.map((next) => void (known = next)),
        Effect.catch((error) => Effect.logWarning(error.message)),
      )
    yield* note({ output: path.resolve(output) })
    const saved = yield* whenReady(
      poller,
      taskId,
      (task) =>
        Effect.andThen(
          Effect.flatMap(expiryOf(task, known), (expiresAt) => note({ state: "completed", expiresAt })),
          target.save(taskId, transfer),
        ),
      { grace, ...wait },
    ).pipe(
      Effect.tapError((error) =>
        error._tag === "TaskFailed"
          ? note({ state: "failed", error: error.reason })
          : error._tag === "ResultExpired"
            ? note({ state: "expired" })
            : error._tag === "TaskNotFound"
              ? note({ state: "lost" })
              : Effect.void,
      ),
    )
    const { bytes, sha256 } = saved
    yield* note({ state: "saved", saved: { path: path.resolve(output), bytes, sha256 } })
    return saved
  })
})

/** For how long the server may not know the task yet. */
export const graceOf = ({ state, updatedAt }: Entry): Effect.Effect<Duration.Duration> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const isFresh =
      state === "submitted" && Math.abs(now - Date.parse(updatedAt)) < Duration.toMillis(Poller.afterCreate)
    return isFresh ? Poller.afterCreate : Duration.zero
  })

/** When a result is deleted, as RFC 3339. Where the server doesn't say, it counts from when it was first seen to be there. */
const expiryOf = (task: Task, { expiresAt }: Entry): Effect.Effect<string> =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    expiresAt === undefined || task.expiresAt !== undefined || task.completedAt !== undefined
      ? new Date(expiry.of(task, now)).toISOString()
      : expiresAt,
  )
