/**
 * Jobs that are run again: what was paid for is gone on with, and nothing is paid for twice.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Fault from "@voiceclone/testing/Fault"
import * as NamedFault from "@voiceclone/testing/NamedFault"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as CloneJob from "../src/CloneJob.ts"
import { type Entry, Journal } from "../src/Journal.ts"
import * as Sample from "../src/Sample.ts"
import { TaskId } from "../src/Task.ts"
import { apiKey, hurriedClock, soon, workshop } from "./workshop.ts"

const speech = WavFile.tone({ seconds: 2 })
const voice = WavFile.tone({ seconds: 3, frequency: 220 })
const text = "A text that no file may hold"
const request = { sample: Sample.fromBytes(voice, "me.wav"), text, wait: soon }

const job = (output: string, more: Partial<CloneJob.Request> = {}) =>
  CloneJob.CloneJob.use((job) => job.run({ ...request, ...more, output }))

const entries = Effect.map(
  Journal.use((journal) => journal.list),
  ({ entries }) => entries,
)

const create = CloneJob.CloneJob.use((job) => job.create(request))

/** Lets the minute pass in which a server may not know its new task yet. */
const age = (run: <A, E>(program: Effect.Effect<A, E, Journal>) => Effect.Effect<A, E>) =>
  run(
    Journal.use((journal) =>
      Effect.flatMap(journal.list, ({ entries }) => Effect.forEach(entries, (entry) => journal.record(entry))),
    ).pipe(Effect.provideService(Clock.Clock, { ...hurriedClock, currentTimeMillis: Effect.succeed(0) })),
  )

describe("The same job again", () => {
  it.live("costs nothing, and asks nothing, while its file stands as it was saved", () =>
    Effect.gen(function* () {
      const { api, directory, disk, run } = yield* workshop({ speech })
      const path = `${directory}/speech.wav`
      const first = yield* run(job(path))
      const asked = api.requests.length
      assert.deepStrictEqual(yield* run(job(path)), first)
      assert.strictEqual(api.requests.length, asked)

      yield* disk.remove(path)
      assert.deepStrictEqual(yield* run(job(path)), first, "deleted: downloaded again")
      yield* disk.writeFileString(path, "someone else's")
      yield* run(job(path))
      assert.deepStrictEqual(yield* disk.readFile(path), new Uint8Array(speech), "changed: downloaded again")
      yield* disk.writeFile(path, new Uint8Array(WavFile.tone({ seconds: 2, frequency: 300 })))
      yield* run(job(path))
      assert.deepStrictEqual(yield* disk.readFile(path), new Uint8Array(speech), "another speech: downloaded again")
      yield* run(job(`${directory}/elsewhere.wav`))
      assert.deepStrictEqual(yield* disk.readFile(`${directory}/elsewhere.wav`), new Uint8Array(speech))
      assert.strictEqual(api.requestsOf("create").length, 1)
      assert.strictEqual(api.requestsOf("result").length, 5)
    }),
  )

  it.live("is another job with another text or sample, whatever the file is called", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({ speech })
      const path = `${directory}/speech.wav`
      yield* run(job(path))
      yield* run(job(path, { sample: Sample.fromBytes(voice, "renamed.wav") }))
      assert.strictEqual(api.tasks.length, 1)
      yield* run(job(path, { text: `${text}.` }))
      yield* run(job(path, { sample: Sample.fromBytes(WavFile.tone({ seconds: 3, frequency: 221 }), "me.wav") }))
      assert.strictEqual(api.tasks.length, 3)
    }),
  )

  it.live("pays again when it is forced to, and keeps what was known aside", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({ speech })
      yield* run(job(`${directory}/speech.wav`))
      const [before] = yield* run(entries)
      yield* run(job(`${directory}/speech.wav`, { force: true }))
      const [after, ...others] = yield* run(entries)
      assert.deepStrictEqual(
        api.tasks.map(({ id }) => id),
        ["task-1", "task-2"],
      )
      assert.deepInclude(after, { state: "saved", taskId: TaskId("task-2") })
      assert.notStrictEqual(after?.idempotencyKey, before?.idempotencyKey)
      assert.strictEqual(others.length, 0)
    }),
  )

  it.live("says that the task failed, and pays for another only when it is forced to", () =>
    Effect.gen(function* () {
      const failed = { body: '{"status":"failed","error":"The sample is silent"}' }
      const { api, directory, run } = yield* workshop({
        speech,
        faults: [Fault.on("status", 1, Fault.answer(200, failed))],
      })
      const path = `${directory}/speech.wav`
      assert.strictEqual((yield* Effect.flip(run(job(path))))._tag, "TaskFailed")
      assert.deepInclude((yield* run(entries))[0], { state: "failed", error: "The sample is silent" })
      const asked = api.requests.length
      const again = yield* Effect.flip(run(job(path)))
      assert.strictEqual(again.message, "Task task-1 failed: The sample is silent")
      assert.strictEqual((yield* Effect.flip(run(create)))._tag, "TaskFailed")
      assert.strictEqual(api.requests.length, asked)
      yield* run(job(path, { force: true }))
      assert.strictEqual(api.tasks.length, 2)
    }),
  )

  it.live.each([
    [403, "AccessDenied"],
    [404, "TaskNotFound"],
  ] as const)(
    "is answered %i by the server: create says so instead of naming a task that leads nowhere",
    ([status, tag]) =>
      Effect.gen(function* () {
        const { api, run } = yield* workshop({ speech, faults: [Fault.on("status", [1, 2], Fault.answer(status))] })
        const taskId = yield* run(create)
        yield* age(run)
        assert.strictEqual((yield* Effect.flip(run(create)))._tag, tag)
        assert.strictEqual((yield* Effect.flip(run(create)))._tag, tag)
        assert.strictEqual(yield* run(create), taskId)
        assert.strictEqual(api.tasks.length, 1)
      }),
  )

  it.live("is named by create while the server is away, or doesn't know its new task yet", () =>
    Effect.gen(function* () {
      const { api, run } = yield* workshop({
        speech,
        faults: [Fault.on("status", 1, Fault.answer(404)), Fault.on("status", 2, Fault.answer(503))],
      })
      const taskId = yield* run(create)
      assert.deepStrictEqual([yield* run(create), yield* run(create)], [taskId, taskId])
      assert.strictEqual(api.requestsOf("status").length, 2)
    }),
  )

  it.live(
    "whose task the server denies is asked for again, by resumeAll and when it is run, for as long as it would be kept",
    () =>
      Effect.gen(function* () {
        const { api, directory, run } = yield* workshop({
          speech,
          faults: [Fault.on("status", 1, Fault.stall()), Fault.on("status", [2, 3, 4], Fault.answer(404))],
        })
        const path = `${directory}/speech.wav`
        const fiber = yield* Effect.forkChild(run(job(path)))
        while (api.requestsOf("status").length === 0) yield* Effect.sleep(5)
        yield* Fiber.interrupt(fiber)
        yield* age(run)
        const resume = run(CloneJob.CloneJob.use((job) => job.resumeAll({ wait: soon })))
        assert.deepStrictEqual(
          (yield* resume).failed.map(({ error }) => error._tag),
          ["TaskNotFound"],
        )
        assert.deepStrictEqual(
          (yield* resume).failed.map(({ error }) => error._tag),
          ["TaskNotFound"],
        )
        assert.deepInclude((yield* run(entries))[0], { state: "lost", taskId: TaskId("task-1") })
        const later = { ...hurriedClock, currentTimeMillis: Effect.succeed(Date.now() + 8 * 86_400_000) }
        assert.deepStrictEqual((yield* Effect.provideService(resume, Clock.Clock, later)).failed, [])
        assert.strictEqual((yield* Effect.flip(run(job(path))))._tag, "TaskNotFound")
        assert.strictEqual((yield* resume).saved.length, 1)
        assert.strictEqual(api.tasks.length, 1)
      }),
  )

  it.live("says that the result has expired, and pays for it only when it is forced to", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({ speech, faults: [Fault.on("result", 1, Fault.answer(410))] })
      const path = `${directory}/speech.wav`
      assert.strictEqual((yield* Effect.flip(run(job(path))))._tag, "ResultExpired")
      const asked = api.requests.length
      assert.strictEqual((yield* Effect.flip(run(job(path))))._tag, "ResultExpired")
      assert.strictEqual(api.requests.length, asked)
      yield* run(job(path, { force: true }))
      assert.strictEqual(api.tasks.length, 2)
    }),
  )

  it.live("is forgotten where the server refused it: there is no task", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({ speech, faults: [Fault.on("create", 1, Fault.answer(422))] })
      assert.strictEqual((yield* Effect.flip(run(job(`${directory}/speech.wav`))))._tag, "RequestRejected")
      assert.deepStrictEqual(yield* run(entries), [])
      yield* run(job(`${directory}/speech.wav`))
      assert.strictEqual(api.tasks.length, 1)
    }),
  )

  it.live("is told that it runs already", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({ speech, faults: [Fault.on("status", 1, Fault.stall())] })
      const fiber = yield* Effect.forkChild(run(job(`${directory}/speech.wav`)))
      while (api.requestsOf("status").length === 0) yield* Effect.sleep(5)
      assert.strictEqual((yield* Effect.flip(run(job(`${directory}/other.wav`))))._tag, "JobBusy")
      assert.strictEqual((yield* Effect.flip(run(job(`${directory}/other.wav`, { force: true }))))._tag, "JobBusy")
      yield* Fiber.interrupt(fiber)
      yield* run(job(`${directory}/other.wav`))
      assert.strictEqual(api.tasks.length, 1)
    }),
  )

  it.live("creates nothing while it cannot read what is known; forced, it keeps that aside", () =>
    Effect.gen(function* () {
      const { api, directory, disk, run } = yield* workshop({ speech }, { journal: "disk" })
      const path = `${directory}/speech.wav`
      yield* run(job(path))
      const [entry] = yield* run(entries)
      const file = `${directory}/jobs/${entry?.key}.json`
      const whole = yield* disk.readFileString(file)
      const damaged = [
        "",
        "{}",
        whole.slice(0, whole.length / 2),
        whole.replace('"version": 1', '"version": 2'),
        whole.replace('"saved"', '"stolen"'),
        whole.replace(entry?.key ?? "", "another"),
        whole.replace(/"taskId": "[^"]*"/, '"taskId": 7'),
      ]
      const asked = api.requests.length
      for (const each of damaged) {
        yield* disk.writeFileString(file, each)
        const error = yield* Effect.flip(run(job(path)))
        assert.strictEqual(error._tag, "JournalUnreadable", each)
        const { unreadable } = yield* run(CloneJob.CloneJob.use((job) => job.resumeAll()))
        assert.deepStrictEqual(unreadable, [entry?.key ?? ""])
      }
      assert.strictEqual(api.requests.length, asked)
      yield* run(job(path, { force: true }))
      assert.strictEqual(api.tasks.length, 2)
      const files = yield* disk.readDirectory(`${directory}/jobs`)
      assert.deepStrictEqual(files.sort(), [`${entry?.key}.json`, `${entry?.key}.json.aside`])
      assert.strictEqual(yield* disk.readFileString(`${file}.aside`), damaged.at(-1) ?? "")
    }),
  )

  it.live(
    "never dies of an entry, whatever someone made of it",
    () =>
      Effect.gen(function* () {
        const atOnce = { ...soon, grace: 0 }
        const { directory, disk, run } = yield* workshop(
          { speech, faults: [Fault.on("result", "every", Fault.answer(410))] },
          { journal: "disk" },
        )
        yield* Effect.flip(run(job(`${directory}/speech.wav`)))
        const [entry] = yield* run(entries)
        const file = `${directory}/jobs/${entry?.key}.json`
        const whole = JSON.parse(yield* disk.readFileString(file)) as Record<string, unknown>
        for (const state of ["submitted", "completed", "saved", "expired"]) {
          for (const key of Object.keys({ ...whole, saved: 1, output: 1 })) {
            for (const value of [undefined, null, 7, "", "x", true, [], {}, { path: 7 }]) {
              const changed = { ...whole, state, saved: { path: `${directory}/speech.wav` }, [key]: value }
              yield* disk.writeFileString(file, JSON.stringify(changed))
              for (const program of [
                Effect.asVoid(CloneJob.CloneJob.use((job) => job.resumeAll({ wait: atOnce }))),
                Effect.asVoid(job(`${directory}/speech.wav`, { wait: atOnce })),
              ]) {
                const exit = yield* Effect.exit(run(program)).pipe(Effect.provideService(Clock.Clock, hurriedClock))
                const died = Exit.isFailure(exit) && exit.cause.reasons.some(({ _tag }) => _tag === "Die")
                assert.isFalse(died, `${key} = ${JSON.stringify(value)} in ${state}: ${String(exit)}`)
              }
            }
          }
        }
      }),
    60_000,
  )
})

describe("A create call", () => {
  it.live("is written down, with the key that names it, before its first byte leaves", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({ speech })
      // read whole for its digest, and never to its end when it is sent
      let reads = 0
      const stream = Stream.suspend(() =>
        reads++ === 0 ? request.sample.stream : Stream.concat(Stream.make(voice.subarray(0, 1000)), Stream.never),
      )
      const endless = job(`${directory}/speech.wav`, { sample: { ...request.sample, stream } })
      const fiber = yield* Effect.forkChild(run(endless))
      while (api.requestsOf("create").length === 0) yield* Effect.sleep(5)
      const [entry] = yield* run(entries)
      assert.strictEqual(entry?.state, "planned")
      assert.strictEqual(entry?.idempotencyKey, api.requestsOf("create")[0]?.headers["idempotency-key"])
      yield* Fiber.interrupt(fiber)
    }),
  )
})

describe("An answer to create that is lost", () => {
  it.live("stays in doubt while the server is down, and is never paid for twice", () =>
    Effect.gen(function* () {
      const { api, directory, disk, run } = yield* workshop(
        NamedFault.scenario("create-unanswered-then-down", { speech }),
      )
      const path = `${directory}/speech.wav`
      const tags: Array<string> = []
      for (let tries = 0; tries < 6; tries++) {
        const result = yield* Effect.result(run(job(path)))
        tags.push(result._tag === "Failure" ? result.failure._tag : "saved")
      }
      assert.deepStrictEqual([tags[0], tags.at(-1)], ["CreateOutcomeUnknown", "saved"])
      assert.strictEqual(api.tasks.length, 1)
      assert.deepStrictEqual(yield* disk.readFile(path), new Uint8Array(speech))
      const keys = new Set(api.requestsOf("create").map(({ headers }) => headers["idempotency-key"]))
      assert.strictEqual(keys.size, 1, "every call has the same key")
    }),
  )

  it.live("is said again, and nothing sent, at a server that keeps no keys", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop(NamedFault.scenario("create-unanswered", { speech }))
      for (let tries = 0; tries < 3; tries++) {
        assert.strictEqual((yield* Effect.flip(run(job(`${directory}/speech.wav`))))._tag, "CreateOutcomeUnknown")
      }
      assert.strictEqual(api.requestsOf("create").length, 1)
      const { unknown } = yield* run(CloneJob.CloneJob.use((job) => job.resumeAll()))
      assert.strictEqual(unknown.length, 1)
    }),
  )
})

describe("A job in the journal", () => {
  it.live("keeps its newer task, whoever goes on with the older one", () =>
    Effect.gen(function* () {
      const { api, directory, run } = yield* workshop({ speech })
      const begun = yield* run(CloneJob.CloneJob.use((job) => job.begin({ ...request, output: `${directory}/a.wav` })))
      yield* run(job(`${directory}/b.wav`, { force: true }))
      yield* run(CloneJob.CloneJob.use((job) => job.conclude(begun, `${directory}/a.wav`, { wait: soon })))
      assert.deepInclude((yield* run(entries))[0], { taskId: TaskId("task-2"), state: "saved" })
      yield* run(job(`${directory}/b.wav`))
      assert.strictEqual(api.tasks.length, 2)
    }),
  )

  it.live("is finished with the others, what expires first being first", () =>
    Effect.gen(function* () {
      const { api, directory, disk, run } = yield* workshop({
        speech,
        lifecycle: ["completed"],
        faults: [Fault.on("result", 3, Fault.answer(410))],
      })
      const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()
      const jobs: Record<string, Partial<Entry>> = {
        submitted: { state: "submitted", plannedAt: at(-1) },
        early: { state: "submitted", plannedAt: at(-9) },
        "in-a-day": { state: "completed", expiresAt: at(24) },
        "in-an-hour": { state: "completed", expiresAt: at(1) },
        sent: { state: "sent" },
        planned: { state: "planned" },
        saved: { state: "saved", saved: { path: "x", bytes: 1, sha256: "" } },
        failed: { state: "failed" },
        elsewhere: { state: "submitted", server: "another" },
      }
      yield* run(
        Journal.use((journal) =>
          Effect.gen(function* () {
            const plan = yield* journal.plan({ server: "the server", sample: request.sample, text })
            for (const [key, change] of Object.entries(jobs)) {
              const paid =
                change.state === "sent" || change.state === "planned" ? {} : { taskId: TaskId(api.addTask()) }
              yield* journal.record({ ...plan, key, output: `${directory}/${key}.wav`, ...paid, ...change })
            }
          }),
        ),
      )
      const { entries } = yield* run(Journal.use((journal) => journal.list))
      const taskOf = (key: string) => entries.find((entry) => entry.key === key)!.taskId!
      const finishOne = Effect.fnUntraced(function* (only: TaskId) {
        const { failed, saved } = yield* run(CloneJob.CloneJob.use((job) => job.resumeAll({ only, wait: soon })))
        return [saved.map(({ taskId }) => taskId), failed]
      })
      const only = taskOf("submitted")
      assert.deepStrictEqual(yield* finishOne(only), [[only], []])
      for (const nothing of [only, taskOf("saved"), taskOf("elsewhere"), TaskId("of-no-job")]) {
        assert.deepStrictEqual(yield* finishOne(nothing), [[], []])
      }
      const summary = yield* run(CloneJob.CloneJob.use((job) => job.resumeAll({ concurrency: 1, wait: soon })))
      assert.deepStrictEqual(
        summary.saved.map(({ path }) => path.slice(directory.length + 1)),
        ["in-an-hour.wav", "early.wav"],
      )
      assert.deepStrictEqual(
        summary.failed.map(({ entry, error }) => [entry.key, error._tag]),
        [["in-a-day", "ResultExpired"]],
      )
      assert.deepStrictEqual(
        summary.unknown.map(({ key }) => key),
        ["sent"],
      )
      assert.deepStrictEqual(summary.unreadable, [])
      assert.strictEqual(api.requestsOf("create").length, 0)
      assert.deepStrictEqual(yield* disk.readFile(`${directory}/early.wav`), new Uint8Array(speech))
      const again = yield* run(CloneJob.CloneJob.use((job) => job.resumeAll({ wait: soon })))
      assert.deepStrictEqual([again.saved, again.failed], [[], []])
    }),
  )
})

describe("What a job writes down", () => {
  it.live("has no key, no text and no sound in it, at any moment", () =>
    Effect.gen(function* () {
      const { api, directory, disk, run } = yield* workshop(
        { speech, serving: { etag: "strong" }, faults: [Fault.on("result", 1, Fault.stall({ afterSent: 50_000 }))] },
        { journal: "disk" },
      )
      const fiber = yield* Effect.forkChild(run(job(`${directory}/speech.wav`)))
      while (api.requestsOf("result").length === 0) yield* Effect.sleep(5)
      yield* Effect.sleep(50)
      const look = Effect.gen(function* () {
        const files = yield* disk.readDirectory(directory, { recursive: true })
        for (const name of files.filter((name) => /\.(json|lock|tmp|aside)$/.test(name))) {
          const content = yield* disk.readFileString(`${directory}/${name}`)
          for (const secret of [apiKey, text, "RIFF", Buffer.from(voice).toString("base64").slice(200, 240)]) {
            assert.notInclude(content, secret, name)
          }
        }
        return files.map((name) => name.replace(/[0-9a-f]{32}/, "<key>")).sort()
      })
      assert.deepStrictEqual(yield* look, [
        "jobs",
        "jobs/<key>.json",
        "jobs/<key>.lock",
        "speech.wav.part",
        "speech.wav.part.json",
        "speech.wav.part.lock",
      ])
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* look, ["jobs", "jobs/<key>.json", "speech.wav.part", "speech.wav.part.json"])
      yield* run(job(`${directory}/speech.wav`))
      assert.deepStrictEqual(yield* look, ["jobs", "jobs/<key>.json", "speech.wav"])
      assert.strictEqual(api.tasks.length, 1)
    }),
  )
})

describe("A job meets", () => {
  const expected: Partial<Record<NamedFault.Name, readonly [outcomes: ReadonlyArray<string>, tasks: number]>> = {
    "401": [["InvalidApiKey"], 0],
    "403": [["AccessDenied"], 0],
    "404": [["RequestRejected"], 0],
    "410": [["RequestRejected"], 0],
    "422": [["RequestRejected"], 0],
    // a socket may take the whole of it before the reset comes
    "create-broken-off": [["saved", "CreateOutcomeUnknown"], 1],
    "create-unanswered": [["CreateOutcomeUnknown"], 1],
    "create-bad-gateway": [["CreateOutcomeUnknown"], 1],
    "create-unanswered-then-down": [["CreateOutcomeUnknown"], 1],
    "openapi-stalled": [["CreateOutcomeUnknown"], 1],
    "status-never-one": [["UnexpectedResponse"], 1],
    "redirect-elsewhere": [["UnexpectedResponse"], 1],
    "retry-after-centuries": [["WaitTimedOut"], 1],
  }
  it.live.each(NamedFault.names("api").filter((name) => name !== "held-answers"))("%s", (name) =>
    Effect.gen(function* () {
      const { api, directory, disk, files, run } = yield* workshop(NamedFault.scenario(name, { speech }), {
        answerTimeout: "10 seconds",
      })
      const path = `${directory}/speech.wav`
      yield* disk.writeFileString(path, "as it was")
      const result = yield* run(job(path, { wait: { timeout: "1 minute" } })).pipe(
        Effect.provideService(Clock.Clock, hurriedClock),
        Effect.result,
      )
      const [outcomes, tasks] = expected[name] ?? [["saved"], 1]
      assert.include(outcomes, result._tag === "Failure" ? result.failure._tag : "saved")
      assert.isAtMost(api.tasks.length, tasks)
      assert.deepStrictEqual(
        yield* disk.readFile(path),
        result._tag === "Success" ? new Uint8Array(speech) : new TextEncoder().encode("as it was"),
      )
      assert.deepStrictEqual(yield* files, ["speech.wav"])
      for (const { headers } of api.requests) assert.notInclude(headers["host"], "localhost", "no redirect is followed")
      assert.isAtMost(api.requests.length, 30, "no hot loop")
    }),
  )
})
