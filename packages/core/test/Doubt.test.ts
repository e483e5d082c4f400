/**
 * What a fresh pair of eyes doubted: each was wrong once, or might have been.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Fault from "@voiceclone/testing/Fault"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { CloneJob } from "../src/CloneJob.ts"
import { Download } from "../src/Download.ts"
import { Journal } from "../src/Journal.ts"
import * as JournalStore from "../src/JournalStore.ts"
import * as Sample from "../src/Sample.ts"
import { TaskId } from "../src/Task.ts"
import { JournalFailed } from "../src/TaskError.ts"
import { hurriedClock, soon, workshop } from "./workshop.ts"

const speech = WavFile.tone({ seconds: 2 })
const voice = WavFile.tone({ seconds: 3, frequency: 220 })
const request = { sample: Sample.fromBytes(voice, "me.wav"), text: "Hello!", wait: soon }

const clone = (output: string, more: { readonly force?: boolean; readonly sample?: Sample.Sample } = {}) =>
  CloneJob.use((job) => job.run({ ...request, ...more, output }))

describe("In doubt", () => {
  it.live.each<[what: string, headers: Readonly<Record<string, string>>]>([
    ["without a word of when to come again", {}],
    ["with one, but not by the API", { "retry-after": "0" }],
  ])("is a create that was answered 503 %s", ([, headers]) =>
    Effect.gen(function* () {
      // as proxies answer that have lost a server at work: the task exists
      const { api, directory, run } = yield* workshop({
        speech,
        faults: [
          Fault.on("create", 1, {
            answer: (right) => ({ ...right, status: 503, headers: { ...right.headers, ...headers } }),
          }),
        ],
      })
      assert.strictEqual((yield* Effect.flip(run(clone(`${directory}/a.wav`))))._tag, "CreateOutcomeUnknown")
      assert.strictEqual((yield* Effect.flip(run(clone(`${directory}/a.wav`))))._tag, "CreateOutcomeUnknown")
      assert.strictEqual(api.tasks.length, 1)
    }),
  )

  it.live("is a create without an answer, at a server whose description of itself makes no sense", () =>
    Effect.gen(function* () {
      const parameters = [{ in: "header", name: { toString: "Idempotency-Key" } }]
      const body = JSON.stringify({ paths: { "/async-clone/create-task": { post: { parameters } } } })
      const { directory, run } = yield* workshop({
        faults: [Fault.on("create", 1, Fault.reset()), Fault.on("openapi", "every", Fault.answer(200, { body }))],
      })
      assert.strictEqual((yield* Effect.flip(run(clone(`${directory}/a.wav`))))._tag, "CreateOutcomeUnknown")
    }),
  )

  it.live("is no job whose forced repetition is refused: the older task stays known", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({
        speech,
        faults: [Fault.on("create", 2, Fault.answer(422))],
      })
      yield* run(clone(`${directory}/a.wav`))
      const refused = yield* Effect.flip(run(clone(`${directory}/b.wav`, { force: true })))
      assert.strictEqual(refused._tag, "RequestRejected")
      const { taskId } = yield* run(clone(`${directory}/c.wav`))
      assert.strictEqual(taskId, "task-1")
      assert.strictEqual(api.tasks.length, 1)
    }),
  )

  it.live("is no job whose forced repetition was stopped before all of it was sent: the older task stays known", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({ speech })
      yield* run(clone(`${directory}/a.wav`))
      const uploading = yield* Deferred.make<void>()
      let readings = 0
      // read for its digest, and then never to its end
      const stream = Stream.suspend(() =>
        ++readings === 1
          ? Stream.succeed(voice)
          : Stream.concat(
              Stream.succeed(voice.slice(0, 1000)),
              Stream.fromEffect(Effect.andThen(Deferred.succeed(uploading, undefined), Effect.never)),
            ),
      )
      const sample = { ...request.sample, stream }
      const forced = yield* Effect.forkChild(run(clone(`${directory}/b.wav`, { force: true, sample })))
      yield* Deferred.await(uploading)
      yield* Fiber.interrupt(forced)
      const { taskId } = yield* run(clone(`${directory}/c.wav`))
      assert.strictEqual(taskId, "task-1")
      assert.strictEqual(api.tasks.length, 1)
    }),
  )

  const sentAt = (at: (hours: number) => number, plannedHours: number, updatedHours: number) =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const planned = yield* journal.plan({ server: "the server", sample: request.sample, text: request.text })
      const clock = Effect.provideService(Clock.Clock, {
        ...hurriedClock,
        currentTimeMillis: Effect.succeed(at(updatedHours)),
      })
      const plannedAt = new Date(at(plannedHours)).toISOString()
      yield* clock(journal.record({ ...planned, plannedAt }, { state: "sent" }))
    })

  const calls: ReadonlyArray<[what: string, plannedHours: number, updatedHours: number]> = [
    ["of yesterday", 24, 24],
    // the server counts from the first call with a key, whenever it was last repeated
    ["that was first sent yesterday, and repeated an hour ago", 24, 1],
    ["from a time to come: the clock was wrong, so nobody knows how old it is", -24, -24],
  ]
  it.live.each(calls)("is a create call %s, even at a server that knows keys", ([, plannedHours, updatedHours]) =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({ speech, idempotencyKeys: "documented" })
      yield* run(sentAt((hours) => Date.now() - hours * 3_600_000, plannedHours, updatedHours))
      assert.strictEqual((yield* Effect.flip(run(clone(`${directory}/a.wav`))))._tag, "CreateOutcomeUnknown")
      assert.strictEqual(api.requestsOf("create").length, 0)
    }),
  )

  it.live("is no create call of an hour ago, at a server that knows keys", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({ speech, idempotencyKeys: "documented" })
      yield* run(sentAt((hours) => Date.now() - hours * 3_600_000, 1, 1))
      yield* run(clone(`${directory}/a.wav`))
      assert.strictEqual(api.tasks.length, 1)
    }),
  )
})

describe("Never saved wrong", () => {
  it.live("is a sample that changes between its naming and its sending: nothing is created", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({ speech })
      let opened = 0
      const sample: Sample.Sample = {
        ...request.sample,
        stream: Stream.suspend(() => {
          const bytes = new Uint8Array(voice)
          if (opened++ > 0) bytes[1000] = 1 - (bytes[1000] ?? 0)
          return Stream.succeed(bytes)
        }),
      }
      const error = yield* Effect.flip(run(clone(`${directory}/a.wav`, { sample })))
      assert.strictEqual(error._tag, "SampleUnreadable")
      assert.strictEqual(api.tasks.length, 0)
    }),
  )

  it.live("and never out of memory: a size that no disk has is not prepared for", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({
        speech,
        lifecycle: ["completed"],
        serving: { etag: "strong" },
        faults: [
          Fault.on("result", "every", {
            answer: (right) => ({
              ...right,
              headers: {
                ...right.headers,
                "content-range": `bytes 0-99/${Number.MAX_SAFE_INTEGER}`,
                "content-length": "100",
              },
              body: right.body.subarray(0, 100),
              status: 206,
            }),
          }),
        ],
      })
      const id = TaskId(api.addTask())
      const save = Download.use((download) => download.toFile(id, `${directory}/a.wav`, { connections: 2 }))
      const outcome = yield* Effect.result(Effect.timeoutOption(run(save), "5 seconds"))
      assert.strictEqual(outcome._tag, "Failure")
    }),
  )
})

describe("A deadline", () => {
  it.live("holds for a server that says completed and never has a result", () =>
    Effect.gen(function* () {
      const { directory, run } = yield* workshop({
        speech,
        lifecycle: ["completed"],
        faults: [Fault.on("result", "every", Fault.answer(409))],
      })
      const began = hurriedClock.currentTimeMillisUnsafe()
      const wait = { timeout: "5 seconds" } as const
      const error = yield* Effect.flip(
        run(CloneJob.use((job) => job.run({ ...request, wait, output: `${directory}/a.wav` }))).pipe(
          Effect.provideService(Clock.Clock, hurriedClock),
        ),
      )
      assert.include(["TaskNotReady", "WaitTimedOut"], error._tag)
      assert.isBelow(hurriedClock.currentTimeMillisUnsafe() - began, 30_000)
    }),
  )
})

describe("A journal that cannot be read", () => {
  it.live("keeps no paid result from its place", () =>
    Effect.gen(function* () {
      const journal = Layer.effect(
        JournalStore.JournalStore,
        Effect.map(JournalStore.JournalStore, (store) => ({
          ...store,
          keys: Effect.fail(new JournalFailed({ location: store.location, reason: "permission denied" })),
        })),
      ).pipe(Layer.provide(JournalStore.layerMemory))
      const { api, directory, disk, run } = yield* workshop({ speech, lifecycle: ["completed"] }, { journal })
      const id = TaskId(api.addTask())
      yield* run(CloneJob.use((job) => job.finish(id, `${directory}/a.wav`, { wait: soon })))
      assert.deepStrictEqual(yield* disk.readFile(`${directory}/a.wav`), new Uint8Array(speech))
    }),
  )
})

describe("When a result expires", () => {
  const expiry = Effect.map(
    Journal.use((journal) => journal.list),
    ({ entries }) => entries[0]?.expiresAt,
  )

  it.live("is reckoned from when it was first seen, where the server doesn't say: no later look puts it off", () =>
    Effect.gen(function* () {
      const { directory, run } = yield* workshop({
        speech,
        lifecycle: ["completed"],
        faults: [Fault.on("result", [1, 2], Fault.answer(403))],
      })
      const denied = run(Effect.flip(clone(`${directory}/a.wav`))).pipe(
        Effect.andThen(run(expiry)),
        Effect.provideService(Clock.Clock, hurriedClock),
      )
      const first = yield* denied
      assert.isDefined(first)
      assert.strictEqual(yield* denied, first)
    }),
  )

  it.live("may be beyond the end of time: the result is saved", () =>
    Effect.gen(function* () {
      const fields = { completed_at: new Date(8.64e15).toISOString() }
      const { directory, run } = yield* workshop({ speech, lifecycle: [{ status: "completed", fields }] })
      yield* run(clone(`${directory}/a.wav`))
    }),
  )
})
