import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import { assert, beforeAll, describe, it } from "vitest"
import { assertRefusal, build, jsonLines, sample, Workplace } from "./command.ts"

beforeAll(build, 60_000)

const connect = (server: FakeServer.FakeServer) => ({ VOICECLONE_API_KEY: "key", VOICECLONE_BASE_URL: server.baseUrl })

describe("a server that lists and cancels", () => {
  it("shows all of its tasks, stops one, and resume leaves that alone", async () => {
    using place = new Workplace()
    const api = FakeApi.make({ lists: true, lifecycle: ["processing"] })
    for (let count = 0; count < 120; count++) api.addTask({ owner: "key" })
    await using server = await FakeServer.start(api)
    const env = connect(server)
    const run = place.start(["clone", sample, "--text", "Hello.", "-o", "speech.wav"], env)
    await run.seen(/Created task task-121/)
    run.child.kill("SIGKILL")
    await run.ended
    const listed = await place.run(["list", "--server"], env)
    assert.strictEqual(listed.code, 0, listed.stderr)
    const [head, first, ...more] = listed.stdout.trimEnd().split("\n")
    assert.strictEqual(head, "STATUS      CREATED  TASK      DONE  EXPIRES")
    assert.strictEqual(first, "processing  -        task-121  -     -")
    assert.lengthOf(more, 120)
    const cancelled = await place.run(["cancel", "task-121"], env)
    assert.strictEqual(cancelled.stdout, "task      task-121\nstatus    failed\nerror     The task was cancelled\n")
    assert.match((await place.run(["resume"], env)).stdout, /^Nothing was left to do$/m)
    const [last] = jsonLines(await place.run(["list", "--server", "--json"], env)).slice(-1)
    assert.deepStrictEqual(last, { _tag: "Listed", tasks: 121 })
  })
})

describe("a server of the documented API alone", () => {
  it("is said to do without", async () => {
    using place = new Workplace()
    const api = FakeApi.make()
    await using server = await FakeServer.start(api)
    const taskId = api.addTask({ owner: "key" })
    assertRefusal(
      await place.run(["list", "--server"], connect(server)),
      16,
      /does not offer to list/,
      /without --server/,
    )
    assertRefusal(await place.run(["cancel", taskId], connect(server)), 16, /does not offer to cancel a task/)
    assertRefusal(await place.run(["cancel", "none"], connect(server)), 4, /knows no task none/)
  })
})
