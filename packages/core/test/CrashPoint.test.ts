/**
 * A job that is ended at each of its steps, and run again: one task is paid for, and its result is saved; or, where a
 * create call may have been heard and the server keeps no idempotency keys, we are told so.
 */
import { assert, describe, it } from "@effect/vitest"
import type * as FakeApi from "@voiceclone/testing/FakeApi"
import * as Fault from "@voiceclone/testing/Fault"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as CloneJob from "../src/CloneJob.ts"
import * as JobEvent from "../src/JobEvent.ts"
import { Journal } from "../src/Journal.ts"
import * as JournalStore from "../src/JournalStore.ts"
import * as Sample from "../src/Sample.ts"
import { hurriedClock, soon, workshop } from "./workshop.ts"

const speech = WavFile.tone({ seconds: 2 })
const request = { sample: Sample.fromBytes(WavFile.tone({ seconds: 3 }), "me.wav"), text: "Hello!", wait: soon }

const keys = ["ignored", "acknowledged", "documented"] as const

/** The steps at which the world may end, counted from 1. */
type End =
  | { readonly at: "event" | "before" | "after"; readonly step: number }
  | { readonly at: "call"; readonly fault: Fault.Fault }

/** A journal on which the world may end: nothing comes after, though nobody may interrupt what is paid for. */
const mortal = (end: End, reached: Deferred.Deferred<void>) =>
  Layer.effect(
    JournalStore.JournalStore,
    Effect.map(JournalStore.JournalStore, (store) => {
      let writes = 0
      const endsHere = (at: End["at"], step: number) =>
        end.at === at && "step" in end && end.step === step
          ? Effect.andThen(Deferred.succeed(reached, undefined), Effect.interruptible(Effect.never))
          : Effect.void
      return JournalStore.JournalStore.of({
        ...store,
        write: (key, text) => {
          const step = ++writes
          return endsHere("before", step).pipe(
            Effect.andThen(store.write(key, text)),
            Effect.andThen(endsHere("after", step)),
          )
        },
      })
    }),
  ).pipe(Layer.provide(JournalStore.layerMemory))

/** Ends the job there; `false` where it never came there. Then runs it again, with what is known. */
const endAndRunAgain = Effect.fnUntraced(function* (end: End, idempotencyKeys: FakeApi.Scenario["idempotencyKeys"]) {
  const reached = yield* Deferred.make<void>()
  const { api, directory, disk, run } = yield* workshop(
    {
      speech,
      serving: { etag: "strong" },
      lifecycle: ["pending", "completed"],
      ...(idempotencyKeys === undefined ? {} : { idempotencyKeys }),
      faults: [
        ...(end.at === "call"
          ? [end.fault]
          : [Fault.on("create", 1, Fault.answer(503, { headers: { "retry-after": "0" } }))]),
        Fault.on("result", 1, Fault.cutShort(40_000)),
      ],
    },
    { journal: mortal(end, reached), answerTimeout: "100 seconds" },
  )
  const output = `${directory}/speech.wav`
  const job = CloneJob.CloneJob.use((job) => job.run({ ...request, output }))
  let events = 0
  const listener = () =>
    Effect.suspend(() =>
      end.at === "event" && ++events === end.step
        ? // what is paid for is told to the end, unless the listener itself gives way
          Effect.andThen(Deferred.succeed(reached, undefined), Effect.interruptible(Effect.never))
        : Effect.void,
    )
  const stalled = Effect.gen(function* () {
    if (end.at !== "call") return yield* Effect.never
    const { fault } = end
    // all that comes before the stall has come
    while (!api.requests.some(({ attempt, call }) => call === fault.call && fault.befalls(attempt))) {
      yield* Effect.sleep(2)
    }
    yield* Effect.sleep(30)
  })
  const fiber = yield* Effect.forkChild(
    run(
      job.pipe(
        Effect.provideService(JobEvent.Listener, listener),
        Effect.provideService(Clock.Clock, end.at === "call" ? yield* Clock.Clock : hurriedClock),
      ),
    ).pipe(Effect.exit),
  )
  yield* Effect.raceFirst(Effect.raceFirst(Effect.asVoid(Fiber.join(fiber)), Deferred.await(reached)), stalled)
  const ended = fiber.pollUnsafe()
  yield* Fiber.interrupt(fiber)
  if (ended?._tag === "Success" && ended.value._tag === "Success") return false

  const { entries, unreadable } = yield* run(Journal.use((journal) => journal.list))
  assert.deepStrictEqual(unreadable, [])
  const inDoubt = entries[0]?.state === "sent"
  const before = api.tasks.length
  const outcome = yield* run(job).pipe(Effect.provideService(Clock.Clock, hurriedClock), Effect.result)
  if (outcome._tag === "Success") {
    assert.strictEqual(api.tasks.length, 1, "paid once")
    assert.deepStrictEqual(yield* disk.readFile(output), new Uint8Array(speech))
  } else {
    assert.strictEqual(outcome.failure._tag, "CreateOutcomeUnknown", outcome.failure.message)
    assert.strictEqual(api.tasks.length, before, "nothing more was paid")
  }
  const isUnknown = inDoubt && idempotencyKeys !== "documented"
  // a server that only acknowledges keys has to have been heard by this very client
  if (idempotencyKeys !== "acknowledged" || !inDoubt) {
    assert.strictEqual(outcome._tag, isUnknown ? "Failure" : "Success")
  }
  // in doubt exactly where the whole call has left and its answer isn't written down
  if (api.tasks.length > before || entries[0]?.taskId !== undefined) assert.isFalse(inDoubt && isUnknown)
  // nothing that ended the job was a secret: a third run says the same
  const third = yield* Effect.result(run(job).pipe(Effect.provideService(Clock.Clock, hurriedClock)))
  assert.strictEqual(third._tag, outcome._tag)
  assert.isAtMost(api.tasks.length, 1)
  return true
})

describe("A job that ends at", () => {
  for (const idempotencyKeys of keys) {
    it.live.each(["event", "before", "after"] as const)(`every %s; keys ${idempotencyKeys}`, (at) =>
      Effect.gen(function* () {
        let step = 1
        while (yield* Effect.scoped(endAndRunAgain({ at, step }, idempotencyKeys))) step++
        // as many as there are at least
        assert.isAbove(step, at === "event" ? 9 : 5)
      }),
    )

    it.live.each([
      ["the upload", Fault.on("create", 1, Fault.stall({ afterReceived: 100 }))],
      ["the answer to create", Fault.on("create", 1, Fault.stall())],
      ["a part of that answer", Fault.on("create", 1, Fault.stall({ afterSent: 5 }))],
      ["the first status", Fault.on("status", 1, Fault.stall())],
      ["the last status", Fault.on("status", 2, Fault.stall({ afterSent: 5 }))],
      ["the head of the result", Fault.on("result", 1, Fault.stall())],
      ["the middle of the result", Fault.on("result", 2, Fault.stall({ afterSent: 10_000 }))],
    ] as const)(`%s; keys ${idempotencyKeys}`, ([, fault]) =>
      Effect.map(endAndRunAgain({ at: "call", fault }, idempotencyKeys), (reached) => assert.isTrue(reached)),
    )
  }
})
