import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import { ConnectionFailed } from "@voiceclone/core/TaskError"
import * as Fault from "@voiceclone/testing/Fault"
import { writeFileSync } from "node:fs"
import { assert, beforeAll, describe, it } from "vitest"
import * as NextStep from "../src/NextStep.ts"
import { assertRefusal, build, jsonLines, type Outcome, sample, Workplace } from "./command.ts"

beforeAll(build, 60_000)

const cloned = ["clone", sample, "--text", "Hello.", "-o", "speech.wav"]
const payAgain = /Run the same command with --force to create and pay for a new task\.$/

/** A workplace, a scenario and a server for it, whose task an earlier run has created. */
const begun = async (scenario: FakeApi.Scenario) => {
  const place = new Workplace()
  const api = FakeApi.make(scenario)
  const server = await FakeServer.start(api)
  const env = { VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: server.baseUrl }
  const created = await place.run(["create", sample, "--text", "Hello."], env)
  const run = (args: ReadonlyArray<string>, more: Record<string, string> = {}) => place.run(args, { ...env, ...more })
  const close = async () => {
    place[Symbol.dispose]()
    await server.close()
  }
  return { place, api, run, env, created, [Symbol.asyncDispose]: close }
}

/** Nothing of going on with what there is no going on with. */
const assertOver = (outcome: Outcome, code: number, cause: RegExp, nextStep: RegExp) => {
  assertRefusal(outcome, code, cause, nextStep)
  assert.notMatch(outcome.stderr, /exists and is paid for|go on with|with force/i)
}

describe("a task that is of no use any more", () => {
  type Case = [name: string, scenario: FakeApi.Scenario, code: number, cause: RegExp, advice: RegExp]
  const cases: Array<Case> = [
    ["failed", { lifecycle: [{ status: "failed", error: "It is silent" }] }, 7, /failed: It is silent/, /Mend what/],
    ["unknown", { faults: [Fault.on("status", "every", Fault.answer(404))] }, 4, /knows no task task-1/, /forgotten/],
    ["denied", { faults: [Fault.on("status", "every", Fault.answer(403))] }, 3, /denies access/, /VOICECLONE_API_KEY/],
    [
      "expired",
      { lifecycle: ["completed"], faults: [Fault.on("result", "every", Fault.answer(410))] },
      6,
      /has expired/,
      /gone from the server/,
    ],
  ]
  it.for(cases)(
    "%s: clone names --force, the others what they can do",
    { timeout: 30_000 },
    async ([name, scenario, code, cause, advice]) => {
      await using job = await begun(scenario)
      // a server may not know yet what it has just created
      if (name === "unknown") age(job.place)
      const failed = await job.run(cloned)
      assertOver(failed, code, cause, advice)
      assert.match(failed.stderr.trimEnd(), payAgain)
      const [last] = jsonLines(await job.run([...cloned, "--json"])).slice(-1)
      assert.match(last.nextStep, payAgain)
      const downloaded = await job.run(["download", "task-1", "-o", "other.wav", "--wait"])
      assertOver(downloaded, code, cause, /\S/)
      assert.notMatch(downloaded.stderr, /same command with --force/)
      assert.lengthOf(job.api.requestsOf("create"), 1)
    },
  )
})

/** Lets an hour pass since everything that the journal knows. */
const age = (place: Workplace): void => {
  for (const entry of place.journal()) {
    const at = new Date(Date.now() - 3_600_000).toISOString()
    const text = JSON.stringify({ ...entry, plannedAt: at, updatedAt: at })
    writeFileSync(place.inside("state", "voiceclone", "jobs", `${entry.key}.json`), text)
  }
}

describe("an error on the way", () => {
  it("of a create call without an answer: how to find out, and --force", async () => {
    using place = new Workplace()
    const api = FakeApi.make({ faults: [Fault.on("create", "every", Fault.reset())] })
    await using server = await FakeServer.start(api)
    const env = { VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: server.baseUrl }
    assertOver(await place.run(cloned, env), 11, /whether it was created is not known/, payAgain)
  })

  it("of a damaged entry: the file, and --force", async () => {
    await using job = await begun({})
    const [{ key }] = job.place.journal()
    const file = job.place.inside("state", "voiceclone", "jobs", `${key}.json`)
    writeFileSync(file, "{")
    const failed = await job.run(cloned)
    assertRefusal(failed, 15, /is damaged, or of a newer version/, payAgain)
    assert.include(failed.stderr, `Look into ${file} for a task id`)
  })

  it.runIf(process.platform === "linux")("of a journal that cannot be made: where another goes", async () => {
    using place = new Workplace()
    const env = { VOICECLONE_API_KEY: "key", XDG_STATE_HOME: "/proc/voiceclone" }
    assertRefusal(await place.run(cloned, env), 15, /Cannot use the journal of jobs in \/proc/, /set XDG_STATE_HOME/)
  })

  it("of a wrong key, when the task exists: what to set, and the command that goes on", async () => {
    await using job = await begun({ apiKeys: ["key"] })
    assertRefusal(
      await job.run(cloned, { VOICECLONE_API_KEY: "other" }),
      3,
      /does not accept the API key/,
      /^ {2}Task task-1 exists and is paid for\. Run voiceclone login, or set VOICECLONE_API_KEY .+ Go on with: voiceclone download task-1 -o speech\.wav --wait$/,
    )
  })

  it("before anything was sent: nothing was paid for", async () => {
    using place = new Workplace()
    const api = FakeApi.make({ faults: [Fault.on("create", "every", Fault.stall({ afterReceived: 1 }))] })
    await using server = await FakeServer.start(api)
    const env = { VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: server.baseUrl }
    // more than the sockets on the way take in
    writeFileSync(place.inside("voice.wav"), new Uint8Array(30_000_000))
    const run = place.start(["create", "voice.wav", "--text", "Hello.", "--json"], env)
    await run.seen(/Uploading/)
    run.child.kill("SIGINT")
    const outcome = await run.ended
    const last = jsonLines(outcome).at(-1)
    assert.deepStrictEqual([outcome.code, last._tag], [130, "Interrupted"])
    assert.strictEqual(last.nextStep, "Nothing was paid for.")
  })
})

describe("a certificate that is not accepted", () => {
  it.for([
    ["its TLS certificate is signed by an unknown authority", /NODE_EXTRA_CA_CERTS/],
    ["its TLS certificate is self-signed", /NODE_EXTRA_CA_CERTS/],
    ["its TLS certificate is for another host", /host in the base URL/],
    ["its TLS certificate is not valid yet", /this machine's clock/],
    ["its TLS certificate has expired", /this machine's clock/],
  ] as const)("%s: the next step fits", ([reason, expected]) => {
    assert.match(NextStep.of(new ConnectionFailed({ origin: "https://voices.test", reason }), {}), expected)
  })
})
