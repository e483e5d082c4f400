/**
 * Waits for many tasks at once, under one pacing: one timer, a few workers, and some 200 bytes a task, where a fiber for
 * each would take kilobytes and call in a stampede.
 *
 * Every task is asked for at growing intervals, like the `Poller` does; all of them together no more often than
 * `pollsPerSecond`, and at most `concurrency` at a time. When the server asks for fewer requests (429), everyone slows
 * down.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Semaphore from "effect/Semaphore"
import type * as Scope from "effect/Scope"
import { makeHeap } from "./internal/heap.ts"
import * as JobEvent from "./JobEvent.ts"
import * as Poller from "./Poller.ts"
import * as RetryPolicy from "./RetryPolicy.ts"
import { isTerminal, type Task, type TaskId } from "./Task.ts"
import { type StatusError, TaskFailed, type WaitError, WaitTimedOut } from "./TaskError.ts"
import { VoiceCloneClient } from "./VoiceCloneClient.ts"

/** How often all tasks together are asked for, and for how long each is waited for. */
export interface Options {
  /**
   * Status calls under way at the same time, at most.
   * @default 16
   */
  readonly concurrency?: number | undefined
  /**
   * Status calls in a second, at most, all tasks together.
   * @default 100
   */
  readonly pollsPerSecond?: number | undefined
  /**
   * How long to wait for each task in all.
   * @default "24 hours"
   */
  readonly timeout?: Duration.Input | undefined
}

/** Tasks that are waited for. */
export interface Pacer {
  /** Waits for one more task; `settle` is run once, when it is completed or will not be. */
  readonly add: (taskId: TaskId, settle: (exit: Exit.Exit<Task, WaitError>) => void) => Effect.Effect<void>
  /** How many are waited for. */
  readonly size: () => number
}

interface Waiting {
  readonly taskId: TaskId
  readonly settle: (exit: Exit.Exit<Task, WaitError>) => void
  readonly since: number
  due: number
  delay: number
  polls: number
  /** In a row. */
  troubles: number
  lastError?: StatusError["_tag"]
}

const firstDelay = 1000
const growth = 1.5
const longestDelay = 30_000

/** After so many answers in a row that are none, with the delays growing, a task is given up for now: some 10 minutes. */
const patience = 20

/** When fewer requests are asked for, everyone slows down to so many times the usual delay, at most. */
const slowest = 16

/** The pacer runs as long as the scope. */
export const make = Effect.fnUntraced(function* ({
  concurrency = 16,
  pollsPerSecond = 100,
  timeout = Duration.hours(24),
}: Options = {}): Effect.fn.Return<Pacer, never, VoiceCloneClient | Scope.Scope> {
  const client = yield* VoiceCloneClient
  const random = yield* Random.Random
  const limit = Duration.toMillis(Duration.fromInputUnsafe(timeout))
  const heap = makeHeap<Waiting>((waiting) => waiting.due)
  const clock = yield* Clock.Clock
  const nowUnsafe = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const changed = yield* Latch.make()
  const turn = yield* Semaphore.make(1)
  const gap = 1000 / pollsPerSecond
  let size = 0
  let slowdown = 1
  /** No call before this. */
  let notBefore = 0
  let troubled = false
  let asleepUntil = Number.POSITIVE_INFINITY

  const jittered = (delay: number) => delay * (0.8 + 0.4 * random.nextDoubleUnsafe())

  const schedule = (waiting: Waiting, delay: number, now: number) => {
    waiting.due = Math.min(now + delay, Math.max(now, waiting.since + limit))
    heap.push(waiting)
    if (waiting.due < asleepUntil) changed.openUnsafe()
  }

  const settle = (waiting: Waiting, exit: Exit.Exit<Task, WaitError>) => {
    size--
    waiting.settle(exit)
  }

  const later = (waiting: Waiting, now: number, hint: number | undefined, lastSeen?: Task) => {
    const waited = now - waiting.since
    if (waited >= limit) {
      const error = new WaitTimedOut({
        taskId: waiting.taskId,
        waitedMillis: Math.round(waited),
        tally: {
          polls: waiting.polls,
          statuses: {},
          errors: waiting.lastError === undefined ? {} : { [waiting.lastError]: waiting.troubles },
        },
        ...(lastSeen === undefined ? {} : { lastSeen }),
      })
      return settle(waiting, Exit.fail(error))
    }
    waiting.delay = Math.min(longestDelay, waiting.delay * growth)
    schedule(waiting, Math.max(hint ?? 0, jittered(waiting.delay) * slowdown), now)
  }

  const saw = (waiting: Waiting, task: Task, now: number) => {
    waiting.troubles = 0
    troubled = false
    slowdown = Math.max(1, slowdown * 0.99)
    if (!isTerminal(task)) return later(waiting, now, task.retryAfterMillis, task)
    settle(waiting, task.status === "completed" ? Exit.succeed(task) : Exit.fail(TaskFailed.of(task)))
  }

  /** What is to be told: the first of a row of troubles, or an outage would be told once for each task. */
  const failed = (waiting: Waiting, error: StatusError, now: number): Effect.Effect<void> | undefined => {
    if (error._tag === "TooManyRequests") {
      slowdown = Math.min(slowest, slowdown * 1.5)
      notBefore = Math.max(notBefore, now + (error.retryAfterMillis ?? firstDelay))
    }
    // a server may not know at once what it has just created
    const left = Duration.toMillis(Poller.afterCreate) - (now - waiting.since)
    if (error._tag === "TaskNotFound" && left > 0) {
      later(waiting, now, undefined)
      return JobEvent.emit({ _tag: "NotFoundYet", taskId: waiting.taskId, leftMillis: Math.round(left) })
    }
    waiting.troubles++
    // an outage passes, and the task is paid for
    const isHopeless = !RetryPolicy.isOutage(error) && waiting.troubles > patience
    if (!RetryPolicy.isTransient(error) || isHopeless) {
      settle(waiting, Exit.fail(error))
      return undefined
    }
    waiting.lastError = error._tag
    later(waiting, now, "retryAfterMillis" in error ? error.retryAfterMillis : undefined)
    if (troubled) return undefined
    troubled = true
    return RetryPolicy.announce("status", waiting.troubles, waiting.due - now, error)
  }

  /** The next task whose time has come, one each `gap`. */
  const next = (now: number): Waiting | undefined => {
    const first = heap.peek()
    if (first === undefined || first.due > now || notBefore > now) return undefined
    notBefore = Math.max(notBefore, now - 1000) + gap
    return heap.pop()
  }

  /** Sleeps until there may be a next one. One worker does it for all, so that there is one timer. */
  const rest = Effect.suspend(() => {
    const now = nowUnsafe()
    const first = heap.peek()
    const at = first === undefined ? Number.POSITIVE_INFINITY : Math.max(first.due, notBefore)
    if (at <= now) return Effect.void
    asleepUntil = at
    changed.closeUnsafe()
    return Effect.timeoutOption(changed.await, at - now)
  }).pipe(turn.withPermits(1))

  const poll = Effect.gen(function* () {
    let now = nowUnsafe()
    while (true) {
      const waiting = next(now)
      if (waiting === undefined) {
        yield* rest
        now = nowUnsafe()
        continue
      }
      waiting.polls++
      const exit = yield* Effect.exit(client.status(waiting.taskId))
      now = nowUnsafe()
      if (Exit.isSuccess(exit)) saw(waiting, exit.value, now)
      else {
        const error = Option.getOrUndefined(Exit.findErrorOption(exit))
        if (error === undefined) settle(waiting, exit)
        else yield* failed(waiting, error, now) ?? Effect.void
      }
    }
  })

  for (let worker = 0; worker < concurrency; worker++) yield* Effect.forkScoped(poll)

  return {
    add: (taskId, settle) =>
      Effect.sync(() => {
        const now = nowUnsafe()
        size++
        const waiting = { taskId, settle, since: now, due: 0, delay: firstDelay / growth, polls: 0, troubles: 0 }
        later(waiting, now, undefined)
      }),
    size: () => size,
  }
})
