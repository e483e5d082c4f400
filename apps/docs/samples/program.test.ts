import { VoiceClone } from "@voiceclone/node"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import * as Fault from "@voiceclone/testing/Fault"
import * as WavFile from "@voiceclone/testing/WavFile"
import assert from "node:assert/strict"
import { mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"

test("a busy server and a cut connection are survived", async () => {
  const speech = WavFile.tone({ seconds: 1 })
  const api = FakeApi.make({
    speech,
    lifecycle: ["pending", "processing", "completed"], // what each status call in turn says
    faults: [Fault.on("status", 1, Fault.answer(503)), Fault.on("result", 1, Fault.cutShort(1000))],
  })
  await using server = await FakeServer.start(api)
  await using client = new VoiceClone({ apiKey: "any", baseUrl: server.baseUrl, journal: false })

  const output = join(mkdtempSync(join(tmpdir(), "speech-")), "speech.wav")
  await client.clone({ sample: WavFile.tone(), text: "Hello!", output })

  assert.deepEqual(readFileSync(output), Buffer.from(speech)) // whole, to the byte
  assert.equal(api.requestsOf("create").length, 1) // paid once
  assert.equal(api.requestsOf("result").length, 2) // and fetched on from where it was cut
})
