import { assert, describe, it } from "@effect/vitest"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeHttpClient from "@voiceclone/testing/FakeHttpClient"
import * as Fault from "@voiceclone/testing/Fault"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as JobEvent from "../src/JobEvent.ts"
import * as Poller from "../src/Poller.ts"
import { TaskId } from "../src/Task.ts"
import { WaitTimedOut } from "../src/TaskError.ts"
import * as VoiceCloneClient from "../src/VoiceCloneClient.ts"

const layer = (api: FakeApi.FakeApi) =>
  Poller.Poller.layer.pipe(
    Layer.provide(VoiceCloneClient.layer({ apiKey: "key" })),
    Layer.provide(FakeHttpClient.layer(api)),
  )

/** Waits for a task over `time`; tells how that ended and when, in seconds, each event came. */
const wait = Effect.fnUntraced(function* (
  scenario: FakeApi.Scenario,
  options: Poller.Options | undefined,
  time: `${number} ${"seconds" | "minutes" | "hours"}`,
) {
  const api = FakeApi.make(scenario)
  const id = TaskId(api.addTask())
  const events: Array<[seconds: number, JobEvent.JobEvent]> = []
  const fiber = yield* Poller.Poller.use((poller) => poller.awaitCompletion(id, options)).pipe(
    Effect.provide(layer(api)),
    Effect.provideService(JobEvent.Listener, (event) =>
      Effect.map(Clock.currentTimeMillis, (now) => void events.push([now / 1000, event])),
    ),
    Effect.result,
    Effect.zip(Clock.currentTimeMillis),
    Effect.forkChild,
  )
  yield* TestClock.adjust(time)
  assert.isDefined(fiber.pollUnsafe(), "still waiting")
  const [result, endedAt] = yield* Fiber.join(fiber)
  const at = (tag: JobEvent.JobEvent["_tag"]) => events.filter(([, event]) => event._tag === tag).map(([time]) => time)
  const unknown = events.flatMap(([time, event]) =>
    event._tag === "NotFoundYet" ? [[time, event.leftMillis / 1000] as const] : [],
  )
  return { api, result, polls: at("Polled"), retries: at("Retrying"), unknown, seconds: endedAt / 1000 }
})

const gaps = (times: ReadonlyArray<number>) => times.slice(1).map((time, i) => time - times[i]!)

const processing = (count: number) => Array.from({ length: count }, () => "processing")

describe("Poller", () => {
  it.effect("asks after 1 s, 1.5 s, 2.25 s, …, at most 30 s, give or take a fifth", () =>
    Effect.gen(function* () {
      const { polls, result } = yield* wait(
        { lifecycle: ["pending", ...processing(14), "completed"] },
        undefined,
        "1 hours",
      )
      assert.strictEqual(result._tag, "Success")
      assert.strictEqual(polls.length, 16)
      assert.strictEqual(polls[0], 0)
      const waited = gaps(polls)
      for (const [i, gap] of waited.entries()) {
        const plain = Math.min(30, 1.5 ** i)
        assert.isTrue(
          gap >= plain * 0.8 - 0.002 && gap <= plain * 1.2 + 0.002,
          `gap ${i}: ${gap} s, not about ${plain}`,
        )
      }
      assert.isTrue(new Set(waited.slice(-5)).size > 1, "without jitter, many would call as one")
    }),
  )

  it.effect("asks when the server wants to be asked", () =>
    Effect.gen(function* () {
      const { polls } = yield* wait(
        {
          lifecycle: [{ status: "pending", retryAfter: "7" }, { status: "processing", retryAfter: "45" }, "completed"],
        },
        undefined,
        "2 minutes",
      )
      assert.deepStrictEqual(gaps(polls), [7, 45])
    }),
  )

  it.effect("takes a last look when its time is over, though the server asked for a longer pause", () =>
    Effect.gen(function* () {
      const { result, seconds } = yield* wait(
        {
          lifecycle: ["completed"],
          faults: [Fault.on("status", 1, Fault.answer(503, { headers: { "retry-after": "30" } }))],
        },
        { timeout: "3 seconds" },
        "3 seconds",
      )
      assert.deepStrictEqual([result._tag, seconds], ["Success", 3])
    }),
  )

  it.effect.each(["0", "-5", "Thu, 01 Jan 1960 00:00:00 GMT"])("pauses though Retry-After says %s", (retryAfter) =>
    Effect.gen(function* () {
      const { polls } = yield* wait(
        { lifecycle: [{ status: "processing", retryAfter }] },
        { timeout: "10 seconds" },
        "1 minutes",
      )
      assert.isBelow(polls.length, 15)
    }),
  )

  it.effect("keeps another schedule", () =>
    Effect.gen(function* () {
      const { polls } = yield* wait({}, { schedule: Schedule.spaced("10 seconds") }, "1 minutes")
      assert.deepStrictEqual(polls, [0, 10, 20])
    }),
  )

  it.effect("cuts the last sleep short, takes a last look, and tells what it saw", () =>
    Effect.gen(function* () {
      const { polls, result, seconds } = yield* wait(
        { lifecycle: ["pending", "pending", { status: "processing", retryAfter: "3600" }] },
        { timeout: "2 minutes" },
        "1 hours",
      )
      assert.strictEqual(polls.at(-1), 120)
      assert.strictEqual(seconds, 120)
      assert.isTrue(result._tag === "Failure" && result.failure._tag === "WaitTimedOut")
      if (result._tag !== "Failure" || result.failure._tag !== "WaitTimedOut") return
      assert.deepInclude(result.failure, { taskId: TaskId("task-1"), waitedMillis: 120_000 })
      assert.deepInclude(result.failure.lastSeen, { id: TaskId("task-1"), status: "processing" })
      assert.strictEqual(result.failure.message, "Task task-1 was not finished after 2m (last seen processing)")
      // of a clock that is no test's
      const { message } = new WaitTimedOut({ ...result.failure, waitedMillis: 3_601_769 })
      assert.strictEqual(message, "Task task-1 was not finished after 1h 2s (last seen processing)")
    }),
  )

  it.effect("cuts short its own sleep too", () =>
    Effect.gen(function* () {
      const { polls } = yield* wait(
        { lifecycle: ["processing"] },
        { schedule: Schedule.spaced("50 seconds"), timeout: "2 minutes" },
        "1 hours",
      )
      assert.deepStrictEqual(polls, [0, 50, 100, 120])
    }),
  )

  it.effect("is content when the last look finds the task completed", () =>
    Effect.gen(function* () {
      const { result, seconds } = yield* wait(
        { lifecycle: [{ status: "processing", retryAfter: "600" }, "completed"] },
        { timeout: "90 seconds" },
        "1 hours",
      )
      assert.strictEqual(result._tag, "Success")
      assert.strictEqual(seconds, 90)
    }),
  )

  it.effect("ends in time when the server falls silent", () =>
    Effect.gen(function* () {
      const { result, seconds } = yield* wait(
        { faults: [Fault.on("status", [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13], Fault.stall())] },
        { timeout: "1 minutes" },
        "1 hours",
      )
      assert.isTrue(result._tag === "Failure" && result.failure._tag === "WaitTimedOut")
      assert.isAtMost(seconds, 70, "the deadline and ten seconds for the last look")
    }),
  )

  it.effect("takes trouble on the way for what it is", () =>
    Effect.gen(function* () {
      const { api, polls, result, retries } = yield* wait(
        {
          lifecycle: ["processing", "completed"],
          faults: [
            Fault.on("status", 1, Fault.answer(503)),
            Fault.on("status", 2, Fault.reset()),
            Fault.on("status", 3, Fault.html()),
            Fault.on("status", 4, Fault.answer(429, { headers: { "retry-after": "20" } })),
          ],
        },
        undefined,
        "10 minutes",
      )
      assert.strictEqual(result._tag, "Success")
      assert.strictEqual(retries.length, 4)
      assert.closeTo(polls[0]! - retries[3]!, 20, 0.001)
      assert.strictEqual(api.requestsOf("status").length, 4 + polls.length)
    }),
  )

  it.effect("waits through an outage of any length, as long as there is time, once the task is known to be there", () =>
    Effect.gen(function* () {
      const outage = Array.from({ length: 40 }, (_, index) => index + 2)
      const { polls, result } = yield* wait(
        { lifecycle: ["processing", "completed"], faults: [Fault.on("status", outage, Fault.reset())] },
        undefined,
        "1 hours",
      )
      assert.strictEqual(result._tag, "Success")
      assert.isAbove(polls[1]! - polls[0]!, 300, "seconds of outage")

      const away = { faults: [Fault.on("status", "every", Fault.reset())] }
      const unseen = yield* wait(away, undefined, "1 hours")
      assert.isTrue(unseen.result._tag === "Failure" && unseen.result.failure._tag === "ConnectionFailed")
      assert.isBelow(unseen.retries.at(-1)! - unseen.retries[0]!, 300, "a server that was never there is said soon")
      const created = yield* wait(away, { grace: "1 minute" }, "2 hours")
      assert.isTrue(created.result._tag === "Failure" && created.result.failure._tag === "WaitTimedOut")
    }),
  )

  it.effect("repeats nothing that the server has decided", () =>
    Effect.gen(function* () {
      for (const [status, tag] of [
        [401, "InvalidApiKey"],
        [403, "AccessDenied"],
        [404, "TaskNotFound"],
        [422, "RequestRejected"],
      ] as const) {
        const { api, result } = yield* wait(
          { faults: [Fault.on("status", "every", Fault.answer(status))] },
          undefined,
          "1 hours",
        )
        assert.strictEqual(result._tag === "Failure" && result.failure._tag, tag)
        assert.strictEqual(api.requests.length, 1)
      }
    }),
  )

  it.effect("goes on while it has no word for the status", () =>
    Effect.gen(function* () {
      const { polls, result } = yield* wait(
        { lifecycle: ["queued", "warming_up", "completed"] },
        undefined,
        "1 minutes",
      )
      assert.strictEqual(result._tag, "Success")
      assert.strictEqual(polls.length, 3)
      for (const gap of gaps(polls)) assert.isAbove(gap, 0.5)
    }),
  )

  it.effect("fails with the task, for its reason", () =>
    Effect.gen(function* () {
      const failed = yield* wait(
        { lifecycle: ["pending", { status: "failed", error: "The sample is silent" }] },
        undefined,
        "1 minutes",
      )
      assert.isTrue(failed.result._tag === "Failure" && failed.result.failure._tag === "TaskFailed")
      if (failed.result._tag === "Failure") {
        assert.strictEqual(failed.result.failure.message, "Task task-1 failed: The sample is silent")
      }
      const silent = yield* wait({ lifecycle: ["failed"] }, undefined, "1 minutes")
      assert.match(silent.result._tag === "Failure" ? silent.result.failure.message : "", /no reason/)
    }),
  )

  it.effect("shows each snapshot, the failed one too", () =>
    Effect.gen(function* () {
      const api = FakeApi.make({
        lifecycle: ["pending", { status: "processing", fields: { progress: 0.5 } }, "failed"],
      })
      const id = TaskId(api.addTask())
      const fiber = yield* Poller.Poller.use((poller) => Stream.runCollect(poller.watch(id))).pipe(
        Effect.provide(layer(api)),
        Effect.forkChild,
      )
      yield* TestClock.adjust("1 minute")
      const seen = yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        seen.map(({ status, progress }) => [status, progress]),
        [
          ["pending", undefined],
          ["processing", 0.5],
          ["failed", undefined],
        ],
      )
    }),
  )

  it.effect("tells what it was answered while it waited", () =>
    Effect.gen(function* () {
      const { api, result } = yield* wait(
        {
          lifecycle: ["pending", "constructor"],
          faults: [
            Fault.on("status", [2, 3], Fault.answer(503)),
            Fault.on("status", 4, Fault.html()),
            Fault.on("status", 6, Fault.reset()),
          ],
        },
        { timeout: "2 minutes" },
        "1 hours",
      )
      assert.isTrue(result._tag === "Failure" && result.failure._tag === "WaitTimedOut")
      if (result._tag !== "Failure" || result.failure._tag !== "WaitTimedOut") return
      const { polls, statuses, errors } = result.failure.tally
      const asked = api.requestsOf("status").length
      assert.strictEqual(polls, asked)
      assert.deepStrictEqual(statuses, { pending: 1, constructor: asked - 5 })
      assert.deepStrictEqual(errors, { ServerUnavailable: 2, UnexpectedResponse: 1, ConnectionFailed: 1 })
    }),
  )

  it.effect("gives a server time to know a task that it has just created, and no more than that", () =>
    Effect.gen(function* () {
      const never = yield* wait(
        { faults: [Fault.on("status", "every", Fault.answer(404))] },
        { grace: "10 seconds" },
        "10 minutes",
      )
      const late = { faults: [Fault.on("status", [1, 2, 3], Fault.answer(404))] }
      const known = yield* wait(late, { grace: "1 minute" }, "10 minutes")
      assert.strictEqual(known.result._tag, "Success")
      assert.strictEqual(known.polls.length, 3)
      assert.strictEqual(known.api.requests.length, 3 + 3, "asked again each second")
      assert.strictEqual((yield* wait(late, undefined, "10 minutes")).api.requests.length, 1)
      assert.strictEqual(never.result._tag === "Failure" && never.result.failure._tag, "TaskNotFound")
      assert.closeTo(never.seconds, 10, 1)
      // and says so all the while, and for how long
      assert.deepStrictEqual(
        never.unknown,
        Array.from({ length: 10 }, (_, second) => [second, 10 - second]),
      )
      assert.lengthOf(known.unknown, 3)
      assert.deepStrictEqual(never.retries, [])
    }),
  )

  it.effect("doesn't take a task for unknown that is so new, where the time to wait is shorter still", () =>
    Effect.gen(function* () {
      const { result, unknown } = yield* wait(
        { faults: [Fault.on("status", "every", Fault.answer(404))] },
        { grace: "1 minute", timeout: "10 seconds" },
        "10 minutes",
      )
      assert.strictEqual(result._tag === "Failure" && result.failure._tag, "WaitTimedOut")
      assert.deepStrictEqual(unknown[0], [0, 10])
    }),
  )

  it.effect("lets a server hold its answers, and asks again at once", () =>
    Effect.gen(function* () {
      const { api, polls, result, seconds } = yield* wait(
        { lifecycle: ["pending"], holds: "40 seconds" },
        { timeout: "1 minute" },
        "1 hours",
      )
      assert.isTrue(result._tag === "Failure" && result.failure._tag === "WaitTimedOut")
      const asked = api.requestsOf("status").map(({ headers }) => headers["prefer"])
      assert.deepStrictEqual(asked.slice(0, 2), ["wait=25", "wait=25"])
      assert.match(asked[2] ?? "", /^wait=[78]$/, "no longer than is left")
      for (const gap of gaps(polls).slice(0, 1)) assert.closeTo(gap, 25.6, 0.7)
      assert.isAtMost(seconds, 61)
    }),
  )

  it.effect("is not driven by a server that says it held its answer, and did not", () =>
    Effect.gen(function* () {
      const { polls } = yield* wait(
        {
          lifecycle: ["pending"],
          faults: [Fault.on("status", "every", Fault.headers({ "preference-applied": "wait=25" }))],
        },
        { timeout: "1 minute" },
        "1 hours",
      )
      for (const gap of gaps(polls).slice(0, -2)) assert.isAtLeast(gap, 0.8)
    }),
  )

  /** The time that fibers are told: the wall clock may be set, and the machine may sleep. */
  const meddledClock = Effect.map(Clock.Clock, (clock) => {
    const meddled = { wall: 0, slept: 0, sleeps: 0, asleepAt: -1 }
    const millis = () => clock.currentTimeMillisUnsafe() + meddled.wall + meddled.slept
    const nanos = () => clock.monotonicTimeNanosUnsafe() + BigInt(meddled.slept) * 1_000_000n
    const service: Clock.Clock = {
      ...clock,
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: () => BigInt(Math.round(millis() * 1e6)),
      currentTimeNanos: Effect.sync(() => BigInt(Math.round(millis() * 1e6))),
      monotonicTimeNanosUnsafe: nanos,
      monotonicTimeNanos: Effect.sync(nanos),
      sleep: (duration) =>
        Effect.tap(clock.sleep(duration), () =>
          Effect.sync(() => {
            // the pauses between the first polls, not what watches over a call
            const isPause = Duration.toMillis(duration) > 0 && Duration.toMillis(duration) < 5000
            if (isPause && ++meddled.sleeps === meddled.asleepAt) meddled.slept = 8 * 3_600_000
          }),
        ),
    }
    return { meddled, service }
  })

  it.effect.each([-24, -1, 1, 24])("minds no wall clock that is set by %i hours", (hours) =>
    Effect.gen(function* () {
      const { meddled, service } = yield* meddledClock
      const api = FakeApi.make({ lifecycle: ["pending"] })
      const id = TaskId(api.addTask())
      const fiber = yield* Poller.Poller.use((poller) => poller.awaitCompletion(id, { timeout: "10 minutes" })).pipe(
        Effect.provide(layer(api)),
        Effect.provideService(Clock.Clock, service),
        Effect.flip,
        Effect.forkChild,
      )
      yield* TestClock.adjust("2 minutes")
      const before = api.requests.length
      meddled.wall = hours * 3_600_000
      yield* TestClock.adjust("7 minutes")
      assert.isUndefined(fiber.pollUnsafe(), "it gave up early")
      assert.isBelow(api.requests.length - before, 20)
      yield* TestClock.adjust("2 minutes")
      assert.isDefined(fiber.pollUnsafe(), "still waiting")
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "WaitTimedOut", waitedMillis: 600_000 })
    }),
  )

  it.effect.each([
    [["pending", "pending", "pending", "completed"], "completed"],
    [["pending"], "WaitTimedOut"],
  ] as const)("looks once when the machine wakes after the deadline: %s", ([lifecycle, outcome]) =>
    Effect.gen(function* () {
      const { meddled, service } = yield* meddledClock
      meddled.asleepAt = 3
      const api = FakeApi.make({ lifecycle })
      const id = TaskId(api.addTask())
      const fiber = yield* Poller.Poller.use((poller) => poller.awaitCompletion(id)).pipe(
        Effect.provide(layer(api)),
        Effect.provideService(Clock.Clock, service),
        Effect.match({ onSuccess: ({ status }) => status, onFailure: ({ _tag }) => _tag }),
        Effect.forkChild,
      )
      yield* TestClock.adjust("2 minutes")
      assert.isDefined(fiber.pollUnsafe(), "still waiting")
      assert.strictEqual(yield* Fiber.join(fiber), outcome)
      assert.strictEqual(api.requests.length, 4, "three before it slept, one after")
    }),
  )
})
