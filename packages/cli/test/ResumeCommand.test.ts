import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import * as Fault from "@voiceclone/testing/Fault"
import { readFileSync, writeFileSync } from "node:fs"
import { assert, beforeAll, describe, it } from "vitest"
import { assertSpeech, build, jsonLines, sample, Workplace } from "./command.ts"

beforeAll(build, 60_000)

const connect = (server: FakeServer.FakeServer) => ({ VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: server.baseUrl })

/** Begins jobs that are killed when their tasks exist. */
const begin = async (place: Workplace, env: Record<string, string>, ...names: ReadonlyArray<string>) => {
  for (const name of names) {
    const run = place.start(["clone", sample, "--text", name, "-o", `${name}.wav`], env)
    await run.seen(/Created task/)
    run.child.kill("SIGKILL")
    await run.ended
  }
}

describe("resume", () => {
  it("says of which job each line is", async () => {
    using place = new Workplace()
    const api = FakeApi.make({ lifecycle: ["pending", "completed"] })
    await using server = await FakeServer.start(api)
    const env = connect(server)
    await begin(place, env, "one", "two")
    await place.run(["create", sample, "--text", "three"], env)
    const { code, stdout, stderr } = await place.run(["resume", "--base-url", server.baseUrl], env)
    assert.strictEqual(code, 0, stderr)
    for (const name of ["one", "two"]) {
      assert.match(stderr, new RegExp(`^${name}\\.wav: The speech is ready$`, "m"))
      assert.match(stderr, new RegExp(`^${name}\\.wav: Downloaded and checked`, "m"))
      assertSpeech(readFileSync(place.inside(`${name}.wav`)))
    }
    const bringHome = `voiceclone download task-3 -o FILE --wait --base-url ${server.baseUrl}`
    assert.include(stderr, `voice.wav (task task-3): no output is known. Save it with: ${bringHome}\n`)
    assert.match(stdout, /^2 saved, 0 left$/m)
  })

  it("tells of a task that is lost for as long as a server would keep its result, and no more after that", async () => {
    using place = new Workplace()
    const api = FakeApi.make({ lifecycle: ["processing"], faults: [Fault.on("status", "every", Fault.answer(404))] })
    await using server = await FakeServer.start(api)
    const env = connect(server)
    await begin(place, env, "one")
    const file = place.inside("state", "voiceclone", "jobs", `${place.journal()[0].key}.json`)
    // a server may not know yet what it has just created
    writeFileSync(file, readFileSync(file, "utf8").replace(/("updatedAt": ")\d+/, "$12020"))
    const first = await place.run(["resume"], env)
    assert.strictEqual(first.code, 4, first.stderr)
    assert.lengthOf(first.stderr.match(/^error: /gm) ?? [], 1)
    assert.match(first.stderr, /^error: voice\.wav → one\.wav \(task task-1\): The server knows no task task-1/m)
    assert.notMatch(first.stderr, /exists and is paid for|--force\b.+same command/)
    assert.strictEqual((await place.run(["resume"], env)).code, 4)
    writeFileSync(file, readFileSync(file, "utf8").replace(/("plannedAt": ")\d+/, "$12020"))
    const second = await place.run(["resume"], env)
    assert.strictEqual(second.code, 0, second.stderr)
    assert.match(second.stdout, /^Nothing was left to do$/m)
  })

  it("leaves an output to the later job, and says how to save the earlier one", async () => {
    using place = new Workplace()
    const api = FakeApi.make({ lifecycle: ["processing", "completed"] })
    await using server = await FakeServer.start(api)
    const env = connect(server)
    const args = ["clone", sample, "-o", "speech.wav", "--text"]
    await begin(place, env, "speech")
    const later = await place.run([...args, "later"], env)
    assert.strictEqual(later.code, 0, later.stderr)
    const resumed = await place.run(["resume", "--json"], env)
    assert.strictEqual(resumed.code, 12, resumed.stdout)
    const left = jsonLines(resumed).find(({ _tag }) => _tag === "NotResumed")
    assert.deepStrictEqual([left.taskId, left.error], ["task-1", "TargetUnwritable"])
    assert.match(left.nextStep, /Go on with: voiceclone download task-1 -o FILE --wait$/)
  })

  it("names the file of an entry that cannot be read, and what to do", async () => {
    using place = new Workplace()
    await using server = await FakeServer.start(FakeApi.make({ lifecycle: ["processing"] }))
    await begin(place, connect(server), "one")
    const file = place.inside("state", "voiceclone", "jobs", `${place.journal()[0].key}.json`)
    writeFileSync(file, "{")
    const { code, stderr } = await place.run(["resume"], connect(server))
    assert.strictEqual(code, 15)
    assert.include(stderr, `error: The journal's entry ${file} is damaged, or of a newer version\n`)
    assert.match(stderr, /^ {2}Look into \S+\.json for a task id, which voiceclone download takes\./m)
  })

  it.for([["resume"], ["download", "task-1", "-o", "other.wav", "--wait"]])(
    "%s that is interrupted says the command that goes on",
    async (args) => {
      using place = new Workplace()
      await using server = await FakeServer.start(FakeApi.make({ lifecycle: ["processing"] }))
      const env = connect(server)
      await begin(place, env, "one")
      const run = place.start([...args, "--base-url", server.baseUrl], env)
      await run.seen(/processing/)
      run.child.kill("SIGINT")
      const { code, stderr } = await run.ended
      assert.strictEqual(code, 130)
      assert.include(stderr, `Go on with: voiceclone ${args.join(" ")} --base-url ${server.baseUrl}\n`)
    },
  )
})
