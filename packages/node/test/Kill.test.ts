/** SIGKILL at any instant, again and again: paid once, never a torn target, and exact in the end. */
import { assert, describe, it } from "@effect/vitest"
import * as EmbeddedServer from "@voiceclone/server/EmbeddedServer"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import * as SeededRandom from "@voiceclone/testing/SeededRandom"
import * as WavFile from "@voiceclone/testing/WavFile"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { anyMoment, harass, type Moment } from "./Harassment.ts"
import * as JobProcess from "./JobProcess.ts"
import * as Scratch from "./Scratch.ts"
import * as Throttle from "./Throttle.ts"

const bytesPerSecond = 3_000_000

const countTasks = (dataDirectory: string): number => {
  const database = new DatabaseSync(join(dataDirectory, "tasks.sqlite"), { readOnly: true })
  try {
    return Number(database.prepare("select count(*) as count from tasks").get()?.["count"])
  } finally {
    database.close()
  }
}

const fetchResult = async ({ apiKey, baseUrl }: EmbeddedServer.EmbeddedServer, taskId: string) => {
  const response = await fetch(`${baseUrl}/async-clone/task-result/${taskId}`, {
    headers: { authorization: `Bearer ${apiKey}` },
  })
  return new Uint8Array(await response.arrayBuffer())
}

/** Speaks without a look at who is to be imitated: the samples here are tones. */
const engine = { engine: "fixed" } as const

describe("A killed job", { timeout: 120_000 }, () => {
  it("pays once and ends exact, at the server that knows idempotency keys", async () => {
    await using scratch = await Scratch.open()
    await using server = await EmbeddedServer.start({ dataDirectory: scratch.inside("data"), port: 0, engine })
    await using line = await Throttle.start(() => server.baseUrl, bytesPerSecond)
    const random = SeededRandom.make(1)
    let kills = 0
    for (let round = 1; round <= 4; round++) {
      const output = scratch.inside(`speech-${round}.wav`)
      const text = `This is round ${round}. ${"The rain in Spain stays mainly in the plain. ".repeat(3)}`
      const plan = scratch.clone({ baseUrl: line.baseUrl, apiKey: server.apiKey }, { output, text })
      const moments = Array.from({ length: 5 }, () => anyMoment(random, 600_000, 90))
      const report = await harass(plan, output, line, moments)
      kills += report.kills
      assert.strictEqual(report.outcome._tag, "Result", JSON.stringify({ outcome: report.outcome, moments }))
      if (report.outcome._tag !== "Result") continue
      const exact = Scratch.sha256(await fetchResult(server, report.outcome.result.taskId))
      assert.strictEqual(await Scratch.digestOf(output), exact)
      for (const digest of report.standing) assert.include(["absent", exact], digest)
      assert.strictEqual(countTasks(server.dataDirectory), round)
    }
    assert.isAbove(kills, 9)
  })

  it("that waits for an answer goes on by the same call, once the server is back", async () => {
    await using scratch = await Scratch.open()
    const dataDirectory = scratch.inside("data")
    let server = await EmbeddedServer.start({ dataDirectory, port: 0, engine })
    await using line = await Throttle.start(() => server.baseUrl, bytesPerSecond)
    const plan = scratch.clone({ baseUrl: line.baseUrl, apiKey: server.apiKey })
    // all that counts is written down before the last byte leaves
    await harass(plan, scratch.output, line, [{ _tag: "Bytes", bytes: Scratch.voice.byteLength + 700 }], server.close)
    const [entry] = await scratch.entries()
    assert.strictEqual(entry?.state, "sent")
    const down = await JobProcess.run(plan)
    assert.strictEqual(down._tag === "Error" && down.error._tag, "ConnectionFailed", JSON.stringify(down))
    server = await EmbeddedServer.start({ dataDirectory, port: 0, engine })
    const outcome = await JobProcess.run(plan)
    assert.strictEqual(outcome._tag, "Result", JSON.stringify(outcome))
    assert.strictEqual(countTasks(dataDirectory), 1)
    await server.close()
  })

  // every step of a short job: what stands on disk at that instant is all that the next run has
  const speech = WavFile.tone({ seconds: 0.2 })
  const scenario = { speech, lifecycle: ["completed"] } as const

  it("never pays twice at a server that knows none, whatever step it died at", async () => {
    const total = await (async () => {
      await using scratch = await Scratch.open()
      await using server = await FakeServer.start(FakeApi.make(scenario))
      const outcome = await JobProcess.run(scratch.clone(server))
      return outcome._tag === "Result" ? outcome.steps : assert.fail(JSON.stringify(outcome))
    })()
    assert.isAbove(total, 30)
    const unknown: Array<string> = []
    for (let step = 1; step <= total; step += 4) {
      const moment = (["before", "after", "torn"] as const)[Math.floor(step / 4) % 3] ?? "before"
      await using scratch = await Scratch.open()
      const api = FakeApi.make(scenario)
      await using server = await FakeServer.start(api)
      const killed = await JobProcess.run(scratch.clone(server, { death: { step, moment } }))
      const where = `${moment} step ${step} of ${total}`
      assert.strictEqual(killed._tag, "Killed", where)
      assert.include(["absent", Scratch.sha256(speech)], await Scratch.digestOf(scratch.output), where)
      const [entry] = await scratch.entries()
      const outcome = await JobProcess.run(scratch.clone(server))
      if (entry?.state === "sent") {
        unknown.push(where)
        assert.strictEqual(outcome._tag === "Error" && outcome.error._tag, "CreateOutcomeUnknown", where)
        assert.isAtMost(api.tasks.length, 1, where)
      } else {
        assert.strictEqual(outcome._tag, "Result", `${where}: ${JSON.stringify(outcome)}`)
        assert.strictEqual(api.tasks.length, 1, where)
        assert.strictEqual(await Scratch.digestOf(scratch.output), Scratch.sha256(speech), where)
      }
    }
    // between the note that the last byte leaves and the note of the answer there are but a few steps
    assert.isAtMost(unknown.length, 3, unknown.join())
    assert.isAtLeast(unknown.length, 1)
  })

  it("says that the outcome is unknown until it is told to pay again", async () => {
    await using scratch = await Scratch.open()
    const api = FakeApi.make({ ...scenario, faults: [] })
    await using server = await FakeServer.start(api)
    await using line = await Throttle.start(() => server.baseUrl, bytesPerSecond)
    // the request has come whole, and its answer is on the way
    const moment: Moment = { _tag: "Bytes", bytes: Scratch.voice.byteLength + 700 }
    const { outcome, kills } = await harass(scratch.clone(line), scratch.output, line, [moment])
    assert.strictEqual(kills, 1)
    assert.strictEqual(outcome._tag === "Error" && outcome.error._tag, "CreateOutcomeUnknown", JSON.stringify(outcome))
    const again = await JobProcess.run(scratch.clone(line))
    assert.strictEqual(again._tag === "Error" && again.error._tag, "CreateOutcomeUnknown")
    assert.strictEqual(api.requestsOf("create").length, 1)
    const forced = await JobProcess.run(scratch.clone(line, { force: true }))
    assert.strictEqual(forced._tag, "Result", JSON.stringify(forced))
    assert.strictEqual(api.requestsOf("create").length, 2)
    assert.strictEqual(await Scratch.digestOf(scratch.output), Scratch.sha256(speech))
  })
})
