import { assert, describe, it } from "@effect/vitest"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeHttpClient from "@voiceclone/testing/FakeHttpClient"
import * as Fault from "@voiceclone/testing/Fault"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as JobEvent from "../src/JobEvent.ts"
import * as Pacer from "../src/Pacer.ts"
import { type Task, TaskId } from "../src/Task.ts"
import type { WaitError } from "../src/TaskError.ts"
import * as VoiceCloneClient from "../src/VoiceCloneClient.ts"
import { hurried } from "./workshop.ts"

/** Waits for twenty tasks, in a hurry: how each ended, and what was told meanwhile. */
const wait = (scenario: FakeApi.Scenario, speed = 1000) =>
  Effect.gen(function* () {
    const api = FakeApi.make(scenario)
    const told: Array<JobEvent.JobEvent> = []
    const exits = yield* Queue.make<Exit.Exit<Task, WaitError>>()
    const pacer = yield* Pacer.make({ timeout: "1 hour" }).pipe(
      Effect.provideService(JobEvent.Listener, (event) => Effect.sync(() => void told.push(event))),
      Effect.provide(Layer.provide(VoiceCloneClient.layer({ apiKey: "key" }), FakeHttpClient.layer(api))),
    )
    for (let index = 0; index < 20; index++) {
      yield* pacer.add(TaskId(api.addTask()), (exit) => void Queue.offerUnsafe(exits, exit))
    }
    return { exits: yield* Queue.takeN(exits, 20), told }
  }).pipe(Effect.scoped, Effect.provideService(Clock.Clock, hurried(speed)))

const failureOf = <E>(exit: Exit.Exit<unknown, E>): E | undefined =>
  Exit.isFailure(exit) ? Option.getOrUndefined(Exit.findErrorOption(exit)) : undefined

describe("Pacer", () => {
  it.live("waits through an outage, and tells of it once rather than for each task", () =>
    Effect.gen(function* () {
      const outage = Array.from({ length: 400 }, (_, index) => index + 21)
      const { exits, told } = yield* wait({
        lifecycle: ["processing", "completed"],
        faults: [Fault.on("status", outage, Fault.reset())],
      })
      assert.deepStrictEqual(
        exits.map(Exit.isSuccess),
        Array.from({ length: 20 }, () => true),
      )
      assert.isTrue(told.every((event) => event._tag === "Retrying" && event.error === "ConnectionFailed"))
      // again only where it lasts
      assert.isTrue(told.length >= 1 && told.length < 5, `told ${told.length} times`)
    }),
  )

  it.live("ends in time, with what came last, at a server that does not come back", () =>
    Effect.gen(function* () {
      const { exits } = yield* wait({ faults: [Fault.on("status", "every", Fault.answer(503))] })
      for (const exit of exits) {
        const error = failureOf(exit)
        if (error?._tag !== "WaitTimedOut") assert.fail(String(error))
        assert.deepStrictEqual(Object.keys(error.tally.errors), ["ServerUnavailable"])
      }
    }),
  )

  it.live("says of tasks that they are not known yet, and waits for them", () =>
    Effect.gen(function* () {
      const late = { lifecycle: ["completed"], faults: [Fault.on("status", [1, 2, 3], Fault.answer(404))] } as const
      // a minute that a busy machine has enough of
      const { exits, told } = yield* wait(late, 20)
      assert.isTrue(exits.every(Exit.isSuccess))
      assert.lengthOf(told, 3)
      assert.isTrue(told.every((event) => event._tag === "NotFoundYet" && event.leftMillis > 0))
    }),
  )

  it.live("gives up on what is no answer of the API, such as a login page", () =>
    Effect.gen(function* () {
      const { exits } = yield* wait({ faults: [Fault.on("status", "every", Fault.html())] })
      assert.isTrue(exits.every((exit) => failureOf(exit)?._tag === "UnexpectedResponse"))
    }),
  )
})
