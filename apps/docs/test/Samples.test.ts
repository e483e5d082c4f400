import { assert, describe, it } from "@effect/vitest"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import * as EmbeddedServer from "@voiceclone/server/EmbeddedServer"
import * as WavFile from "@voiceclone/testing/WavFile"
import { execFile, spawn } from "node:child_process"
import { on, once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const samples = fileURLToPath(new URL("../samples/", import.meta.url))
const speech = WavFile.tone({ seconds: 1 })

/** Runs a sample in a folder of its own, which has a voice.wav, against the fake API. */
const run = async (sample: string, api: FakeApi.FakeApi, cwd: string, isTest = false) => {
  await using server = await FakeServer.start(api)
  writeFileSync(join(cwd, "voice.wav"), WavFile.tone())
  return await promisify(execFile)(
    process.execPath,
    ["--conditions=@voiceclone/source", ...(isTest ? ["--test"] : []), join(samples, sample)],
    {
      cwd,
      env: {
        PATH: process.env["PATH"],
        XDG_STATE_HOME: join(cwd, "state"),
        VOICECLONE_API_KEY: "key",
        VOICECLONE_BASE_URL: server.baseUrl,
      },
    },
  ).catch((error: { readonly stdout: string; readonly stderr: string }) => error)
}

const folder = () => mkdtempSync(join(tmpdir(), "voiceclone-samples-"))
const api = (scenario: FakeApi.Scenario = {}) => FakeApi.make({ lifecycle: ["completed"], speech, ...scenario })

const cases: Record<string, (cwd: string) => Promise<void>> = {
  "first-job.ts": async (cwd) => {
    const fake = api()
    const { stdout } = await run("first-job.ts", fake, cwd)
    assert.match(stdout, /^Uploading\n[^]*Submitted\n[^]*Saved\nspeech\.wav: 1\.0 s\n$/)
    assert.deepStrictEqual(readFileSync(join(cwd, "speech.wav")), Buffer.from(speech))
    assert.lengthOf(fake.tasks, 1)
  },
  "batch.ts": async (cwd) => {
    const fake = api()
    const { stdout } = await run("batch.ts", fake, cwd)
    assert.sameMembers(stdout.trim().split("\n"), ["speech-1.wav Saved", "speech-2.wav Saved"])
    assert.sameMembers(
      fake.tasks.map(({ text }) => text),
      ["Good morning!", "Good evening!"],
    )
  },
  "errors.ts": async (cwd) => {
    const refused = await run("errors.ts", api({ apiKeys: ["another"] }), cwd)
    assert.match(refused.stderr, /^InvalidApiKey: The server does not accept the API key .*\nCheck the key/)
  },
  "resume.ts": async (cwd) => {
    const { stdout } = await run("resume.ts", api(), cwd)
    assert.strictEqual(stdout, "0 saved, 0 not\n")
  },
  "webhook.ts": async (cwd) => {
    await using server = await EmbeddedServer.start({
      dataDirectory: join(cwd, "data"),
      port: 0,
      webhooksToPrivateAddresses: true,
    })
    const call = (path: string, init: RequestInit = {}) =>
      fetch(`${server.baseUrl}/async-clone/${path}`, { ...init, headers: { authorization: `Bearer ${server.apiKey}` } })
    const { secret } = (await (await call("webhook-secret")).json()) as { readonly secret: string }
    const port = await freePort()
    const receiver = spawn(process.execPath, [join(samples, "webhook.ts")], {
      env: { PATH: process.env["PATH"], PORT: String(port), WEBHOOK_SECRET: secret },
      stdio: ["ignore", "pipe", "inherit"],
    })
    try {
      const said = on(receiver.stdout, "data")
      assert.strictEqual(String((await said.next()).value), "Listening\n")
      const url = `http://127.0.0.1:${port}/`
      const form = new FormData()
      form.set("audio_file", new Blob([WavFile.tone()]))
      form.set("text", "Hello.")
      form.set("webhook_url", url)
      const { task_id } = (await (await call("create-task", { method: "POST", body: form })).json()) as {
        readonly task_id: string
      }
      assert.match(String((await said.next()).value), new RegExp(`^task\\.(?:completed|failed) ${task_id}\\n$`))
      const seconds = String(Math.floor(Date.now() / 1000))
      const headers = { "webhook-id": "msg_1", "webhook-timestamp": seconds, "webhook-signature": "v1,AAAA" }
      assert.strictEqual((await fetch(url, { method: "POST", headers, body: "{}" })).status, 401)
    } finally {
      receiver.kill()
    }
  },
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

describe("the samples of the pages run", () => {
  for (const sample of readdirSync(samples)) {
    it(
      sample,
      async () => {
        const cwd = folder()
        try {
          const own = cases[sample]
          if (own !== undefined) return await own(cwd)
          assert.match(sample, /\.test\.ts$/, "a sample needs a case here")
          const { stdout } = await run(sample, api(), cwd, true)
          assert.match(stdout, /pass [1-9]\d*\n[^]*fail 0\n/, stdout)
        } finally {
          rmSync(cwd, { recursive: true, force: true })
        }
      },
      60_000,
    )
  }
})

it.each(["program.test.ts", "faults.test.ts"])("the README of @voiceclone/testing shows %s", (sample) => {
  const readme = readFileSync(new URL("../../../packages/testing/README.md", import.meta.url), "utf8")
  assert.include(readme, `\`\`\`ts\n${readFileSync(join(samples, sample), "utf8")}\`\`\``)
})
