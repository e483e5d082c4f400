import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/testing/TestClock"
import * as JobEvent from "../src/JobEvent.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import { TaskId } from "../src/Task.ts"
import * as TaskError from "../src/TaskError.ts"

const taskId = TaskId("t1")
const unavailable = new TaskError.ServerUnavailable({ status: 503, detail: "busy" })

/** Repeats an effect that goes wrong in these ways, one after the other, the last for ever. */
const repeat = Effect.fnUntraced(function* (
  errors: ReadonlyArray<TaskError.TaskError>,
  step: JobEvent.Retrying["step"] = "status",
  times?: number,
) {
  const retries: Array<JobEvent.Retrying> = []
  let tries = 0
  const fiber = yield* Effect.suspend(() => Effect.fail(errors[Math.min(tries++, errors.length - 1)]!)).pipe(
    RetryPolicy.retry(step, times),
    Effect.provideService(JobEvent.Listener, (event) =>
      Effect.sync(() => void (event._tag === "Retrying" && retries.push(event))),
    ),
    Effect.flip,
    Effect.forkChild,
  )
  yield* TestClock.adjust("1 day")
  return { error: yield* Fiber.join(fiber), tries, retries }
})

describe("RetryPolicy", () => {
  it.effect("repeats trouble on the way eight times, over about 90 s, then gives the error as it is", () =>
    Effect.gen(function* () {
      const { error, tries, retries } = yield* repeat([unavailable])
      assert.strictEqual(error, unavailable)
      assert.strictEqual(tries, 9)
      assert.deepStrictEqual(
        retries.map(({ attempt }) => attempt),
        [1, 2, 3, 4, 5, 6, 7, 8],
      )
      for (const [i, { delayMillis, reason, ...rest }] of retries.entries()) {
        const plain = Math.min(30_000, 500 * 2 ** i)
        assert.isTrue(delayMillis >= plain * 0.8 && delayMillis <= plain * 1.2, `${i}: ${delayMillis} ms`)
        assert.strictEqual(reason, "The server cannot answer now (503: busy)")
        assert.deepInclude(rest, { step: "status", error: "ServerUnavailable" })
      }
    }),
  )

  it.effect("waits as long as the server asks, but never not at all", () =>
    Effect.gen(function* () {
      const after = (retryAfterMillis: number) =>
        new TaskError.TooManyRequests({ detail: "slow down", retryAfterMillis })
      const { retries } = yield* repeat([after(120_000), after(0), new TaskError.InvalidApiKey({ detail: "no" })])
      assert.strictEqual(retries[0]?.delayMillis, 120_000)
      assert.isAtLeast(retries[1]?.delayMillis ?? 0, 400)
      assert.strictEqual(retries.length, 2)
    }),
  )

  it.effect("repeats at most as often as it is told", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* repeat([unavailable], "create", 3)).tries, 4)
    }),
  )

  it.effect("obeys the policy in force", () =>
    Effect.gen(function* () {
      const { tries } = yield* repeat([unavailable]).pipe(
        Effect.provideService(RetryPolicy.RetryPolicy, { schedule: Schedule.recurs(2) }),
      )
      assert.strictEqual(tries, 3)
    }),
  )

  const once: ReadonlyArray<TaskError.TaskError> = [
    new TaskError.InvalidInput({ input: "text", reason: "", nextStep: "" }),
    new TaskError.SampleUnreadable({ sample: "", reason: "" }),
    new TaskError.InvalidApiKey({ detail: "" }),
    new TaskError.AccessDenied({ detail: "" }),
    new TaskError.TaskNotFound({ taskId, detail: "" }),
    new TaskError.TaskNotReady({ taskId, detail: "" }),
    new TaskError.ResultExpired({ taskId, detail: "" }),
    new TaskError.RequestRejected({ status: 422, detail: "" }),
    new TaskError.CreateOutcomeUnknown({ reason: "" }),
    new TaskError.TaskFailed({ taskId, reason: "" }),
    new TaskError.WaitTimedOut({ taskId, waitedMillis: 1, tally: { polls: 1, statuses: {}, errors: {} } }),
    new TaskError.ResultCorrupt({ taskId, reason: "", cutShort: false }),
    new TaskError.TargetUnwritable({ path: "", reason: "" }),
  ]
  it.effect.each(once)("never repeats $_tag", (error) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* repeat([error])).tries, 1)
    }),
  )

  const again: ReadonlyArray<TaskError.TaskError> = [
    new TaskError.ConnectionFailed({ origin: "", reason: "" }),
    new TaskError.TooManyRequests({ detail: "" }),
    new TaskError.UnexpectedResponse({ status: 200, reason: "" }),
    new TaskError.ResultCorrupt({ taskId, reason: "", cutShort: true }),
  ]
  it.effect.each(again)("repeats $_tag", (error) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* repeat([error], "download")).tries, 9)
    }),
  )

  it.effect("never repeats a create that was answered as no one foresaw", () =>
    Effect.gen(function* () {
      const answer = new TaskError.UnexpectedResponse({ status: 302, reason: "a redirect" })
      assert.strictEqual((yield* repeat([answer], "create")).tries, 1)
    }),
  )
})

describe("RetryPolicy.retryUnknownCreate", () => {
  it.effect("repeats what is in doubt, when the server wants to be asked, and nothing that is decided", () =>
    Effect.gen(function* () {
      const errors = [
        new TaskError.CreateOutcomeUnknown({ reason: "" }),
        new TaskError.ServerUnavailable({ status: 503, detail: "", retryAfterMillis: 20_000 }),
        new TaskError.RequestRejected({ status: 422, detail: "" }),
      ]
      const retries: Array<JobEvent.Retrying> = []
      let tries = 0
      const fiber = yield* Effect.suspend(() => Effect.fail(errors[tries++]!)).pipe(
        RetryPolicy.retryUnknownCreate,
        Effect.provideService(JobEvent.Listener, (event) =>
          Effect.sync(() => void (event._tag === "Retrying" && retries.push(event))),
        ),
        Effect.flip,
        Effect.forkChild,
      )
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "RequestRejected")
      assert.deepStrictEqual(
        retries.map(({ error }) => error),
        ["CreateOutcomeUnknown", "ServerUnavailable"],
      )
      assert.strictEqual(retries[1]?.delayMillis, 20_000)
    }),
  )
})
