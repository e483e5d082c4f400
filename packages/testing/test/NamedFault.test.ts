import { assert, describe, it } from "@effect/vitest"
import { get } from "node:http"
import { gunzipSync } from "node:zlib"
import * as FakeApi from "../src/FakeApi.ts"
import * as FakeServer from "../src/FakeServer.ts"
import * as Fault from "../src/Fault.ts"
import * as NamedFault from "../src/NamedFault.ts"
import * as WavFile from "../src/WavFile.ts"

const speech = WavFile.tone({ seconds: 1 })

/** The status that one result call is answered with, if it is. */
const statusOf = (url: string, headers: Record<string, string>) =>
  new Promise<number | undefined>((resolve) => {
    // not fetch: it can end the process when a body breaks off
    const request = get(url, { headers, agent: false, timeout: 200 }, (response) => {
      response.on("close", () => resolve(response.statusCode)).on("error", () => undefined)
      response.resume()
    })
    request.on("timeout", () => request.destroy()).on("error", () => resolve(undefined))
  })

const play = async (name: NamedFault.Name) => {
  const api = FakeApi.make(NamedFault.scenario(name, { speech, lifecycle: ["completed"] }))
  await using server = await FakeServer.start(api)
  const url = `${server.baseUrl}/async-clone/task-result/${api.addTask()}`
  const statuses: Array<number | undefined> = []
  for (const fields of [{}, { range: "bytes=22072-" }, { range: "bytes=22072-" }]) {
    statuses.push(await statusOf(url, { authorization: "Bearer key", ...fields }))
  }
  return statuses
}

describe("NamedFault", () => {
  it.each(NamedFault.names())("%s can be played", async (name) => {
    const { about, room } = NamedFault.named[name]
    assert.match(about, /^[A-Z0-9].*\.$/)
    assert.include(["resuming", "body", "api"], room)
    // what the fake server answers where a scenario throws
    if (name !== "storm-of-5xx") assert.notInclude(await play(name), 500)
  })

  it("keeps what else the scenario has", () => {
    const mine = Fault.on("status", 1, Fault.answer(503))
    const scenario = NamedFault.scenario("etag-weak", { lifecycle: ["completed"], apiKeys: ["mine"], faults: [mine] })
    assert.deepInclude(scenario, { lifecycle: ["completed"], apiKeys: ["mine"], serving: { etag: "weak" } })
    assert.strictEqual(scenario.faults?.at(-1), mine)
    assert.strictEqual(scenario.faults?.length, 2)
  })

  it("packs what unpacks again", () => {
    for (const length of [0, 1, 65_535, 65_536, 200_000]) {
      const body = speech.slice(0, length)
      const fault = NamedFault.scenario("gzip").faults?.[0]
      const reply = { status: 200, headers: {}, body, framing: "length", delay: 0 } as const
      const packed = fault?.answer?.(reply, { method: "GET", path: "", headers: {} })
      assert.deepStrictEqual(new Uint8Array(gunzipSync(packed?.body ?? "")), body)
    }
  })
})
