import { VoiceClone } from "@voiceclone/node"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import * as NamedFault from "@voiceclone/testing/NamedFault"
import * as WavFile from "@voiceclone/testing/WavFile"
import assert from "node:assert/strict"
import { mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"

const speech = WavFile.tone({ seconds: 1 })

for (const name of ["206-from-zero", "etag-changes", "ten-resets"] as const) {
  test(`${name}: ${NamedFault.named[name].about}`, async () => {
    const api = FakeApi.make(NamedFault.scenario(name, { lifecycle: ["completed"], speech }))
    await using server = await FakeServer.start(api)
    await using client = new VoiceClone({ apiKey: "any", baseUrl: server.baseUrl, journal: false })

    const output = join(mkdtempSync(join(tmpdir(), "speech-")), "speech.wav")
    await client.download(api.addTask(), { output })

    assert.deepEqual(readFileSync(output), Buffer.from(speech))
  })
}
