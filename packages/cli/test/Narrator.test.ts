import { assert, it } from "@effect/vitest"
import type { JobEvent } from "@voiceclone/core/JobEvent"
import { TaskId } from "@voiceclone/core/Task"
import * as Effect from "effect/Effect"
import { Display } from "../src/Display.ts"
import * as Narrator from "../src/Narrator.ts"

const silent = () => Effect.void
const display = Display.of({
  json: false,
  result: silent,
  event: silent,
  step: silent,
  note: silent,
  trouble: silent,
  live: silent,
  problem: silent,
  advice: silent,
  causes: silent,
})

it.effect("says once that a task is not known yet, and meanwhile for how long it asks", () =>
  Effect.gen(function* () {
    const told: Array<string> = []
    const note = (mark: string) => (text: string) => Effect.sync(() => void told.push(`${mark} ${text}`))
    const narrator = Narrator.make({ ...display, trouble: note("!"), live: note("…") })
    for (const leftMillis of [60_000, 58_700]) {
      yield* narrator.listen({ _tag: "NotFoundYet", taskId: TaskId("task-1"), leftMillis })
    }
    assert.deepStrictEqual(told, [
      "! Waiting: the server doesn't know the task yet; asking again for 60 s",
      "… Waiting: the server doesn't know the task yet; asking again for 60 s",
      "… Waiting: the server doesn't know the task yet; asking again for 59 s",
    ])
  }),
)

const uploading = (sentBytes: number): JobEvent => ({ _tag: "Uploading", sentBytes, totalBytes: 100 })
const retrying = (error: string, delayMillis = 1000): JobEvent => {
  return { _tag: "Retrying", step: "create", attempt: 1, delayMillis, error, reason: "It went wrong" }
}

it.effect.each<[what: string, isUnknown: boolean, events: ReadonlyArray<JobEvent>]>([
  ["half of a first call is sent", false, [uploading(50)]],
  ["all of it is sent", true, [uploading(100)]],
  ["all of it was sent, and refused for now", false, [uploading(100), retrying("TooManyRequests"), uploading(50)]],
  ["a call without an answer is repeated", true, [uploading(100), retrying("CreateOutcomeUnknown"), uploading(50)]],
  ["one of an earlier run is repeated", true, [retrying("CreateOutcomeUnknown"), retrying("ConnectionFailed")]],
  ["it was answered", false, [retrying("CreateOutcomeUnknown"), { _tag: "Submitted", taskId: TaskId("task-1") }]],
])("knows whether there may be a task when %s", ([, isUnknown, events]) =>
  Effect.gen(function* () {
    const narrator = Narrator.make(display)
    for (const event of events) yield* narrator.listen(event)
    assert.strictEqual(narrator.isOutcomeUnknown(), isUnknown)
  }),
)

it.effect("tells when a call is made again", () =>
  Effect.gen(function* () {
    const told: Array<string> = []
    const { listen } = Narrator.make({ ...display, trouble: (line) => Effect.sync(() => void told.push(line)) })
    for (const delay of [0, 1000]) yield* listen(retrying("ConnectionFailed", delay))
    assert.deepStrictEqual(told, ["It went wrong; trying again at once", "It went wrong; trying again in 1.0 s"])
  }),
)
