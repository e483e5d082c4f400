import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Fault from "@voiceclone/testing/Fault"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import * as Batch from "../src/Batch.ts"
import { CloneJob } from "../src/CloneJob.ts"
import * as Sample from "../src/Sample.ts"
import { hurriedClock, workshop } from "./workshop.ts"

const speech = WavFile.tone({ seconds: 1 })
const sample = Sample.fromBytes(WavFile.tone({ seconds: 2, frequency: 220 }), "me.wav")

const jobs = (directory: string, count: number): Array<Batch.Job> =>
  Array.from({ length: count }, (_, index) => ({
    sample,
    text: `Sentence ${index}.`,
    output: `${directory}/${index}.wav`,
  }))

const summaryOf = (batch: Iterable<Batch.Job>, options?: Batch.Options) =>
  Batch.summarize(Batch.run(Stream.fromIterable(batch), options)).pipe(Effect.provideService(Clock.Clock, hurriedClock))

describe("Batch", () => {
  it.live("saves every job, through trouble, and pays for each once", () =>
    Effect.gen(function* () {
      const { api, directory, disk, run } = yield* workshop({
        speech,
        faults: [
          Fault.on("status", [3, 4, 5], Fault.answer(429, { headers: { "retry-after": "1" } })),
          Fault.on("status", [20, 21], Fault.answer(503)),
          Fault.on("result", [2, 7], Fault.cutShort(1000)),
        ],
      })
      const summary = yield* run(summaryOf(jobs(directory, 60)))
      assert.deepInclude(summary, { saved: 60, failed: 0, bytes: 60 * speech.byteLength })
      assert.strictEqual(api.tasks.length, 60)
      for (let index = 0; index < 60; index++) {
        assert.deepStrictEqual(yield* disk.readFile(`${directory}/${index}.wav`), new Uint8Array(speech))
      }

      const again = yield* run(summaryOf(jobs(directory, 60)))
      assert.strictEqual(again.saved, 60)
      assert.strictEqual(api.tasks.length, 60, "a batch that is run again pays nothing")
    }),
  )

  it.live("lets one failure stop nothing else", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({ speech })
      const [first, second, ...rest] = jobs(directory, 10)
      assert.isDefined(first)
      assert.isDefined(second)
      const bad = [
        { ...first, output: `${directory}/none/0.wav` },
        { ...second, text: " " },
      ]
      const summary = yield* run(summaryOf([...bad, ...rest]))
      assert.deepInclude(summary, { saved: 8, failed: 2 })
      assert.deepStrictEqual(summary.failures.map(({ index, error }) => [index, error._tag]).toSorted(), [
        [0, "InvalidInput"],
        [1, "InvalidInput"],
      ])
      assert.strictEqual(api.tasks.length, 8)
    }),
  )

  it.live("creates nothing more after a failure where that is asked for, and brings home what exists", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({ speech })
      const batch = jobs(directory, 30)
      batch[3] = { sample, text: "Nowhere.", output: `${directory}/none/3.wav` }
      const summary = yield* run(summaryOf(batch, { stopOnFailure: true, concurrency: { create: 1 } }))
      assert.deepInclude(summary, { saved: 3, failed: 1 })
      assert.strictEqual(api.tasks.length, 3)
    }),
  )

  it.live("pays once for the same sample and text twice", () =>
    Effect.gen(function* () {
      const { api, directory, disk, run } = yield* workshop({ speech })
      const [job] = jobs(directory, 1)
      assert.isDefined(job)
      const twin = { ...job, output: `${directory}/twin.wav` }
      const summary = yield* run(summaryOf([job, twin]))
      assert.deepInclude(summary, { saved: 2, failed: 0 })
      assert.strictEqual(api.tasks.length, 1)
      assert.deepStrictEqual(yield* disk.readFile(twin.output), new Uint8Array(speech))
    }),
  )

  it.live("lets rows of one job wait for each other, however long a download takes", () =>
    Effect.gen(function* () {
      // 150 seconds by the clock of the batch
      const { api, directory, disk, run } = yield* workshop(
        { speech, faults: [Fault.on("result", 1, Fault.late("3 seconds"))] },
        { answerTimeout: "10 minutes" },
      )
      const twins = ["a", "b", "c"].map((name) => ({ sample, text: "Hi.", output: `${directory}/${name}.wav` }))
      assert.deepInclude(yield* run(summaryOf(twins)), { saved: 3, failed: 0 })
      assert.strictEqual(api.tasks.length, 1)
      for (const { output } of twins) assert.deepStrictEqual(yield* disk.readFile(output), new Uint8Array(speech))
    }),
  )

  it.live("writes no result over a voice sample, whichever comes first", () =>
    Effect.gen(function* () {
      const faults = [Fault.on("status", "every", Fault.late("500 millis"))]
      const { api, directory, disk, run } = yield* workshop({ speech, faults }, { answerTimeout: "10 minutes" })
      const [anna, ben] = [`${directory}/anna.wav`, `${directory}/ben.wav`]
      yield* disk.writeFile(anna, WavFile.tone({ seconds: 2, frequency: 220 }))
      yield* disk.writeFile(ben, WavFile.tone({ seconds: 2, frequency: 330 }))
      const before = yield* disk.readFile(ben)
      yield* disk.symlink(directory, `${directory}/link`)
      const rows = yield* run(
        Effect.map(Effect.context<FileSystem.FileSystem | Path.Path>(), (context) => {
          const row = (sample: string, output: string): Batch.Job => ({
            sample: Effect.provideContext(Sample.fromPath(sample), context),
            text: output,
            output,
          })
          return {
            over: row(anna, ben),
            beneath: row(`${directory}/link/ben.wav`, `${directory}/out.wav`),
            late: row(ben, `${directory}/late.wav`),
          }
        }),
      )
      const tell = ({ failures }: Batch.Summary) =>
        failures.map(({ error, index, taskId }) => [index, error._tag === "InvalidInput" ? error.input : "", taskId])

      // not before it is paid for, where the sample comes later; but then the task is told and nothing is lost
      const later = yield* run(summaryOf([rows.over, rows.beneath], { concurrency: { create: 1 } }))
      assert.deepStrictEqual([later.saved, tell(later)], [1, [[0, "output", "task-1"]]])
      assert.deepStrictEqual(yield* disk.readFile(ben), before)
      const { created, saved } = yield* run(CloneJob.use((job) => job.resumeAll()))
      assert.deepStrictEqual([created.map(({ taskId }) => taskId), saved], [["task-1"], []])
      assert.deepStrictEqual(yield* disk.readFile(ben), before)

      const fresh = { ...rows.over, text: "Not paid for." }
      for (const [batch, options, index] of [
        [[rows.beneath, fresh], { concurrency: { create: 1 } }, 1],
        [[fresh], { protect: [`${directory}/link/ben.wav`] }, 0],
      ] as const) {
        const summary = yield* run(summaryOf(batch, options))
        assert.deepStrictEqual(tell(summary), [[index, "output", undefined]])
      }

      // a sample that is gone already speaks with another voice
      const slowly = Stream.concat(
        Stream.succeed(rows.over),
        Stream.fromEffect(
          Effect.gen(function* () {
            while (Buffer.from(before).equals(yield* disk.readFile(ben))) yield* Effect.sleep(5)
            return rows.late
          }),
        ),
      )
      const summary = yield* run(Batch.summarize(Batch.run(slowly)))
      assert.deepStrictEqual([summary.saved, tell(summary)], [1, [[1, "sample", undefined]]])
      assert.strictEqual(api.tasks.length, 2)
    }),
  )

  it.live("knows one file by two names", () =>
    Effect.gen(function* () {
      const { api, directory, disk, run } = yield* workshop({ speech })
      yield* disk.makeDirectory(`${directory}/out`)
      yield* disk.symlink(`${directory}/out`, `${directory}/link`)
      const rows = ["out/a.wav", "link/a.wav", "out/a.wav.part", "out/A.wav"].map((name) => ({
        sample,
        text: name,
        output: `${directory}/${name}`,
      }))
      const summary = yield* run(summaryOf(rows))
      assert.deepStrictEqual(summary.failures.map(({ index }) => index).toSorted(), [1, 2])
      assert.strictEqual(api.tasks.length, 2)

      const folding = Layer.effect(
        FileSystem.FileSystem,
        Effect.map(FileSystem.FileSystem, (fs) => ({ ...fs, exists: () => Effect.succeed(true) })),
      ).pipe(Layer.provide(NodeFileSystem.layer))
      const folded = yield* run(Effect.provide(summaryOf([rows[0]!, { ...rows[3]!, text: "Not paid for." }]), folding))
      assert.deepInclude(folded, { saved: 1, failed: 1 })
      assert.strictEqual(api.tasks.length, 2)
      assert.deepStrictEqual((yield* disk.readDirectory(`${directory}/out`)).toSorted(), ["A.wav", "a.wav"])
    }),
  )

  it.live("never has more calls under way than it may", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({ speech })
      let most = 0
      const watch = Effect.sync(() => {
        const open = api.requests.filter(({ call, outcome }) => call === "status" && outcome === "open").length
        most = Math.max(most, open)
      }).pipe(Effect.delay(1), Effect.forever)
      const batch = summaryOf(jobs(directory, 40), { concurrency: { status: 3 }, pollsPerSecond: 10_000 })
      yield* run(Effect.raceFirst(batch, watch))
      assert.isAtMost(most, 3)
    }),
  )

  it.live("saves first what expires first", () =>
    Effect.gen(function* () {
      // each task expires a day before the one whose status was asked before
      let asked = 0
      const earlier: Fault.Misbehaviour = {
        answer: (right) => {
          const expires_at = new Date(Date.now() + (10 - asked++) * 86_400_000).toISOString()
          return { ...right, body: new TextEncoder().encode(JSON.stringify({ status: "completed", expires_at })) }
        },
      }
      const { api, directory, run } = yield* workshop({
        speech,
        lifecycle: ["completed"],
        faults: [Fault.on("status", "every", earlier), Fault.on("result", 1, Fault.late("500 millis"))],
      })
      const concurrency = { status: 1, save: 1 }
      assert.deepInclude(yield* run(summaryOf(jobs(directory, 6), { concurrency })), { saved: 6 })
      const idsOf = (call: "status" | "result") => api.requestsOf(call).map(({ path }) => path.split("/").at(-1))
      const [first, ...rest] = new Set(idsOf("status"))
      assert.deepStrictEqual(idsOf("result"), [first, ...rest.toReversed()])
    }),
  )

  it.live("gives a new task time to be known, and does not ask for what stands on disk already", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({
        speech,
        faults: [Fault.on("status", [1, 2], Fault.answer(404))],
      })
      assert.deepInclude(yield* run(summaryOf(jobs(directory, 2))), { saved: 2, failed: 0 })
      const asked = api.requests.length
      assert.deepInclude(yield* run(summaryOf(jobs(directory, 2))), { saved: 2, failed: 0 })
      assert.strictEqual(api.requests.length, asked, "nothing is asked")
    }),
  )

  it.live("stops asking when it is told to", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({
        speech,
        lifecycle: ["processing"],
        faults: [Fault.on("status", "every", Fault.answer(429, { headers: { "retry-after": "600" } }))],
      })
      const batch = summaryOf(jobs(directory, 40), {
        concurrency: { status: 2 },
        pollsPerSecond: 10_000,
        timeout: "5 minutes",
      })
      yield* run(Effect.timeoutOption(batch, "2 seconds"))
      assert.isAtMost(api.requestsOf("status").length, 4)
    }),
  )

  it.live("refuses what cannot work before anything is paid for", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({ speech })
      for (const options of [{ timeout: "10 minuts" as never }, { concurrency: { save: 0 } }, { pollsPerSecond: 0 }]) {
        const error = yield* Effect.flip(run(summaryOf(jobs(directory, 1), options)))
        assert.strictEqual(error._tag, "InvalidInput")
      }
      const [job] = jobs(directory, 1)
      assert.isDefined(job)
      const summary = yield* run(summaryOf([job, { ...job, text: "Another.", output: `${directory}/./0.wav` }]))
      assert.deepInclude(summary, { saved: 1, failed: 1 })
      assert.strictEqual(api.tasks.length, 1)
    }),
  )
})
