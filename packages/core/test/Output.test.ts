/**
 * Several jobs that write to one place: none takes away what another has saved there unasked.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Fault from "@voiceclone/testing/Fault"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { CloneJob } from "../src/CloneJob.ts"
import * as Sample from "../src/Sample.ts"
import { TaskId } from "../src/Task.ts"
import { soon, workshop } from "./workshop.ts"

const speech = WavFile.tone({ seconds: 2 })
const request = { sample: Sample.fromBytes(WavFile.tone({ seconds: 3, frequency: 220 }), "me.wav"), wait: soon }

const job = (text: string, output: string) => CloneJob.use((job) => job.run({ ...request, text, output }))

/** Runs a job until its task is asked for, and leaves it there. */
const leave = Effect.fnUntraced(function* (
  { api, run }: Effect.Success<ReturnType<typeof workshop>>,
  text: string,
  output: string,
) {
  const asked = api.requestsOf("status").length
  const fiber = yield* Effect.forkChild(run(job(text, output)))
  while (api.requestsOf("status").length === asked) yield* Effect.sleep(5)
  yield* Fiber.interrupt(fiber)
})

const resume = CloneJob.use((job) => job.resumeAll({ wait: soon }))

describe("One output", () => {
  it.live("is held by its job from before it is paid for: another job pays nothing and is told", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({ speech, faults: [Fault.on("status", 1, Fault.stall())] })
      const output = `${directory}/speech.wav`
      const first = yield* Effect.forkChild(run(job("One", output)))
      while (api.requestsOf("status").length === 0) yield* Effect.sleep(5)
      const error = yield* Effect.flip(run(job("Two", output)))
      assert.strictEqual(error._tag, "TargetBusy")
      assert.strictEqual(api.tasks.length, 1)
      yield* Fiber.interrupt(first)
      yield* run(job("Two", output))
      assert.strictEqual(api.tasks.length, 2)
    }),
  )

  it.live("keeps what a later job has saved there, when the earlier one is resumed", () =>
    Effect.gen(function* () {
      const scene = yield* workshop({ speech, faults: [Fault.on("status", 1, Fault.stall())] })
      const { api, directory, disk, run } = scene
      const output = `${directory}/speech.wav`
      yield* leave(scene, "Earlier", output)
      yield* run(job("Later", output))
      yield* disk.writeFileString(output, "the later speech, edited")
      const { failed, saved } = yield* run(resume)
      assert.deepStrictEqual(saved, [])
      assert.deepStrictEqual(
        failed.map(({ error }) => error.message),
        [`Cannot write ${output}: a later job saves, or has saved, its speech there`],
      )
      assert.strictEqual(yield* disk.readFileString(output), "the later speech, edited")
      // asked for by name, it goes where it is told to
      yield* run(job("Earlier", output))
      assert.deepStrictEqual(yield* disk.readFile(output), new Uint8Array(speech))
      assert.strictEqual(api.tasks.length, 2)
    }),
  )

  it.live("keeps what a plain download has saved there, and was edited since, when the rest is resumed", () =>
    Effect.gen(function* () {
      const faults = [Fault.on("status", 1, Fault.stall())]
      const scene = yield* workshop({ speech, lifecycle: ["completed"], faults })
      const { directory, disk, run } = scene
      const output = `${directory}/speech.wav`
      yield* leave(scene, "Hello", output)
      yield* run(CloneJob.use((job) => job.download(TaskId("task-1"), output)))
      yield* disk.writeFileString(output, "edited")
      assert.deepInclude(yield* run(resume), { saved: [], failed: [] })
      assert.strictEqual(yield* disk.readFileString(output), "edited")
    }),
  )

  it.live("of several that were left goes to the job that began last", () =>
    Effect.gen(function* () {
      const scene = yield* workshop({ speech, faults: [Fault.on("status", [1, 2], Fault.stall())] })
      const { directory, run } = scene
      const output = `${directory}/speech.wav`
      yield* leave(scene, "Earlier", output)
      yield* leave(scene, "Later", output)
      const { failed, saved } = yield* run(resume)
      assert.deepStrictEqual(
        [saved.map(({ taskId }) => taskId), failed.map(({ entry }) => entry.taskId)],
        [["task-2"], ["task-1"]],
      )
    }),
  )
})
