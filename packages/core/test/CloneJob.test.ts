import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Fault from "@voiceclone/testing/Fault"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as PlatformError from "effect/PlatformError"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as CloneJob from "../src/CloneJob.ts"
import * as InMemory from "../src/InMemory.ts"
import { type JobEvent, Listener } from "../src/JobEvent.ts"
import * as Sample from "../src/Sample.ts"
import { TaskId } from "../src/Task.ts"
import * as VoiceCloneClient from "../src/VoiceCloneClient.ts"
import { soon, workshop } from "./workshop.ts"

const speech = WavFile.tone({ seconds: 2 })
const voice = WavFile.tone({ seconds: 10, frequency: 220 })
const request = { sample: Sample.fromBytes(voice, "me.wav"), text: "Hello!", wait: soon }

const job = (output: string) => CloneJob.CloneJob.use((job) => job.run({ ...request, output }))

/** The tags in their order, each run of the same one told once. */
const story = (events: ReadonlyArray<JobEvent>) =>
  events.map(({ _tag }) => _tag).filter((tag, i, tags) => tag !== tags[i - 1])

const whole = ["Uploading", "Submitted", "Polled", "Downloading", "Verified", "Saved"]

describe("CloneJob", () => {
  it.live("creates, waits and saves, and tells it in that order", () =>
    Effect.gen(function* () {
      const { api, directory, disk, events, run } = yield* workshop({ speech })
      const saved = yield* run(job(`${directory}/speech.wav`))
      assert.deepInclude(saved, { taskId: TaskId("task-1"), seconds: 2 })
      assert.deepStrictEqual(yield* disk.readFile(saved.path), new Uint8Array(speech))
      assert.deepStrictEqual(story(events), whole)
      assert.deepStrictEqual(
        events.flatMap((event) => (event._tag === "Polled" ? [event.task.status] : [])),
        ["pending", "processing", "completed"],
      )
      const uploads = events.flatMap((event) => (event._tag === "Uploading" ? [event] : []))
      assert.deepStrictEqual(uploads.at(-1), {
        _tag: "Uploading",
        sentBytes: voice.byteLength,
        totalBytes: voice.byteLength,
      })
      assert.deepStrictEqual(events, JSON.parse(JSON.stringify(events)), "survives JSON")
      assert.deepStrictEqual(api.tasks[0]?.sample.bytes, new Uint8Array(voice))
      const [create] = api.requestsOf("create")
      assert.strictEqual(create?.headers["content-length"], String(create?.body.byteLength))
      assert.isUndefined(create?.headers["transfer-encoding"])
    }),
  )

  it.live("goes back to waiting when a result that is said to be ready is not", () =>
    Effect.gen(function* () {
      const { directory, disk, events, run } = yield* workshop({
        lifecycle: ["completed", "processing", "completed"],
        speech,
        faults: [Fault.on("result", 1, Fault.answer(409))],
      })
      yield* run(job(`${directory}/speech.wav`))
      assert.deepStrictEqual(yield* disk.readFile(`${directory}/speech.wav`), new Uint8Array(speech))
      assert.deepStrictEqual(story(events), whole)
    }),
  )

  it.live("stays the same job through trouble on the way", () =>
    Effect.gen(function* () {
      const { api, directory, disk, events, run } = yield* workshop({
        speech,
        faults: [
          Fault.on("create", 1, Fault.answer(503, { detail: "starting", headers: { "retry-after": "0" } })),
          Fault.on("create", 2, Fault.answer(429)),
          Fault.on("status", [1, 3], Fault.reset()),
          Fault.on("result", 1, Fault.cutShort(1000)),
        ],
      })
      yield* run(job(`${directory}/speech.wav`))
      assert.deepStrictEqual(yield* disk.readFile(`${directory}/speech.wav`), new Uint8Array(speech))
      assert.deepStrictEqual(
        events.flatMap((event) => (event._tag === "Retrying" ? [`${event.step} ${event.attempt} ${event.error}`] : [])),
        [
          "create 1 ServerUnavailable",
          "create 2 TooManyRequests",
          "status 1 ConnectionFailed",
          "status 1 ConnectionFailed",
          "download 1 ConnectionFailed",
        ],
      )
      assert.strictEqual(api.tasks.length, 1)
      assert.deepStrictEqual(api.tasks[0]?.sample.bytes, new Uint8Array(voice), "an upload is repeated from its start")
    }),
  )

  it.live("repeats an upload that was reset before its end could be sent", () =>
    Effect.gen(function* () {
      const { api, directory, events, run } = yield* workshop({
        speech,
        faults: [Fault.on("create", 1, Fault.reset({ afterReceived: 1000 }))],
      })
      const sample = Sample.fromBytes(new Uint8Array(50_000_000), "long.wav")
      yield* run(CloneJob.CloneJob.use((job) => job.run({ ...request, sample, output: `${directory}/speech.wav` })))
      assert.deepStrictEqual(
        api.requestsOf("create").map(({ outcome }) => outcome),
        ["brokenOff", "answered"],
      )
      assert.strictEqual(api.tasks[0]?.sample.bytes.byteLength, 50_000_000)
      assert.deepStrictEqual(story(events), ["Uploading", "Retrying", ...whole])
    }),
  )

  it.live.each([
    ["no answer", Fault.reset()],
    ["a bad gateway", Fault.answer(502)],
    ["an answer that is none", Fault.html(200)],
    ["a redirect", Fault.answer(302, { headers: { location: "/elsewhere" } })],
    ["a status never seen", Fault.answer(299)],
  ] as const)("never pays twice: %s", ([, misbehaviour]) =>
    Effect.gen(function* () {
      const { api, directory, files, run } = yield* workshop({ faults: [Fault.on("create", "every", misbehaviour)] })
      const error = yield* Effect.flip(run(job(`${directory}/speech.wav`)))
      assert.include(["CreateOutcomeUnknown", "UnexpectedResponse"], error._tag)
      assert.strictEqual(api.requestsOf("create").length, 1)
      assert.deepStrictEqual(yield* files, [])
    }),
  )

  it.live("asks for no money where the result could not be saved", () =>
    Effect.gen(function* () {
      const { api, directory, disk, run } = yield* workshop()
      yield* disk.writeFileString(`${directory}/file`, "")
      const cases: ReadonlyArray<[string, string, RegExp]> = [
        ["", "InvalidInput", /no name/],
        [directory, "InvalidInput", /is a directory/],
        [`${directory}/missing/speech.wav`, "InvalidInput", /There is no directory/],
        [`${directory}/file/speech.wav`, "InvalidInput", /There is no directory|not a directory/],
      ]
      for (const [output, tag, message] of cases) {
        const error = yield* Effect.flip(run(job(output)))
        assert.match(error.message, message, output)
        if (output !== `${directory}/file/speech.wav`) assert.strictEqual(error._tag, tag)
        else assert.include(["InvalidInput", "TargetUnwritable"], error._tag)
      }
      assert.strictEqual(api.requests.length, 0)
    }),
  )

  it.live("asks for no money where the directory may not be written", () =>
    Effect.gen(function* () {
      // root may write anywhere, so the refusal is played
      const denied = PlatformError.systemError({ module: "FileSystem", method: "access", _tag: "PermissionDenied" })
      const readOnly = Layer.effect(
        FileSystem.FileSystem,
        Effect.map(FileSystem.FileSystem, (fs) => ({ ...fs, access: () => Effect.fail(denied) })),
      ).pipe(Layer.provide(NodeFileSystem.layer))
      const { api, directory, run } = yield* workshop({}, { fileSystem: readOnly })
      const error = yield* Effect.flip(run(job(`${directory}/speech.wav`)))
      assert.strictEqual(error._tag, "TargetUnwritable")
      assert.match(error.message, /permission denied/)
      assert.strictEqual(api.requests.length, 0)
    }),
  )

  it.live("leaves the task alone when the wait is over, and finishes it later", () =>
    Effect.gen(function* () {
      const { api, directory, disk, run } = yield* workshop({
        lifecycle: ["pending", ...Array.from({ length: 10 }, () => "pending"), "completed"],
        speech,
      })
      const output = `${directory}/speech.wav`
      const wait = { schedule: Schedule.spaced(20), timeout: "30 millis" } as const
      const error = yield* Effect.flip(run(CloneJob.CloneJob.use((job) => job.run({ ...request, output, wait }))))
      assert.strictEqual(error._tag, "WaitTimedOut")
      if (error._tag !== "WaitTimedOut") return
      yield* run(CloneJob.CloneJob.use((job) => job.finish(error.taskId, output, { wait: soon })))
      assert.deepStrictEqual(yield* disk.readFile(output), new Uint8Array(speech))
      assert.strictEqual(api.requestsOf("create").length, 1)
    }),
  )

  it.live("fails with the task", () =>
    Effect.gen(function* () {
      const { api, directory, files, run } = yield* workshop({
        lifecycle: ["pending", { status: "failed", error: "The sample is silent" }],
      })
      const error = yield* Effect.flip(run(job(`${directory}/speech.wav`)))
      assert.strictEqual(error.message, "Task task-1 failed: The sample is silent")
      assert.strictEqual(api.requestsOf("result").length, 0)
      assert.deepStrictEqual(yield* files, [])
    }),
  )

  it.live("ends on the wire when it is interrupted in its upload", () =>
    Effect.gen(function* () {
      const { api, directory, run, server } = yield* workshop({
        faults: [Fault.on("create", 1, Fault.stall({ afterReceived: 1000 }))],
      })
      const sample = Sample.fromBytes(new Uint8Array(50_000_000), "long.wav")
      const fiber = yield* Effect.forkChild(
        run(CloneJob.CloneJob.use((job) => job.run({ ...request, sample, output: `${directory}/speech.wav` }))),
      )
      while ((api.requests[0]?.body.byteLength ?? 0) === 0) yield* Effect.sleep(5)
      yield* Fiber.interrupt(fiber)
      while (server.connections.open > 0) yield* Effect.sleep(5)
      assert.strictEqual(api.requests[0]?.outcome, "aborted")
      assert.strictEqual(api.tasks.length, 0)
    }),
  )
})

describe("CloneJob.events", () => {
  it.live("is the story as a stream, and fails as the job does", () =>
    Effect.gen(function* () {
      const { directory, run } = yield* workshop({ speech })
      const events = yield* run(Stream.runCollect(CloneJob.events(job(`${directory}/speech.wav`))))
      assert.deepStrictEqual(story(events), whole)

      const failing = yield* workshop({ lifecycle: ["failed"] })
      const seen: Array<JobEvent> = []
      const error = yield* CloneJob.events(job(`${failing.directory}/speech.wav`)).pipe(
        Stream.runForEach((event) => Effect.sync(() => void seen.push(event))),
        failing.run,
        Effect.flip,
      )
      assert.strictEqual(error._tag, "TaskFailed")
      assert.deepStrictEqual(story(seen), ["Uploading", "Submitted", "Polled"])
    }),
  )

  it.live("ends the job when no one listens any more", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({ faults: [Fault.on("status", "every", Fault.stall())] })
      const asked = Effect.gen(function* () {
        while (api.requestsOf("status").length === 0) yield* Effect.sleep(5)
      })
      yield* CloneJob.events(job(`${directory}/speech.wav`)).pipe(Stream.interruptWhen(asked), Stream.runDrain, run)
      while (api.requestsOf("status")[0]?.outcome === "open") yield* Effect.sleep(5)
      assert.deepStrictEqual(
        api.requestsOf("status").map(({ outcome }) => outcome),
        ["aborted"],
      )
    }),
  )
})

describe("InMemory.submit", () => {
  it.effect("tells of the task even where it is stopped as the answer comes", () =>
    Effect.gen(function* () {
      const [asked, answered] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const events: Array<JobEvent> = []
      const answering = {
        create: ({ onCreated }: VoiceCloneClient.CreateRequest) =>
          Deferred.succeed(asked, undefined).pipe(
            Effect.andThen(Deferred.await(answered)),
            Effect.andThen(onCreated?.(TaskId("task-1")) ?? Effect.void),
            Effect.as(TaskId("task-1")),
            Effect.uninterruptible,
          ),
      }
      const fiber = yield* InMemory.submit(request).pipe(
        Effect.provideService(
          VoiceCloneClient.VoiceCloneClient,
          answering as unknown as VoiceCloneClient.VoiceCloneClient["Service"],
        ),
        Effect.provideService(Listener, (event) => Effect.sync(() => void events.push(event))),
        Effect.forkChild,
      )
      yield* Deferred.await(asked)
      const stopping = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* Effect.yieldNow
      yield* Deferred.succeed(answered, undefined)
      yield* Fiber.join(stopping)
      assert.deepStrictEqual(events, [{ _tag: "Submitted", taskId: TaskId("task-1") }])
    }),
  )
})

describe("InMemory.run", () => {
  it.live("needs no filesystem", () =>
    Effect.gen(function* () {
      const { events, files, run } = yield* workshop({ speech })
      const { data } = yield* run(InMemory.run(request))
      assert.deepStrictEqual(data, new Uint8Array(speech))
      assert.deepStrictEqual(story(events), ["Uploading", "Submitted", "Polled", "Downloading", "Verified"])
      assert.deepStrictEqual(yield* files, [])
    }),
  )
})
