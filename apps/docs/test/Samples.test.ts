import { assert, describe, it, vi } from "@effect/vitest"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import { VoiceClone } from "@voiceclone/node"
import * as Webhook from "@voiceclone/server/Webhook"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as DateTime from "effect/DateTime"
import { execFile, spawn } from "node:child_process"
import { on, once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http"
import { createServer, type AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
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
  "relay.ts": async (cwd) => {
    const fake = api({ apiKeys: ["key"], idempotencyKeys: "acknowledged", holds: "1 millis" })
    await using behind = await FakeServer.start(fake)
    vi.stubEnv("VOICECLONE_BASE_URL", behind.baseUrl)
    vi.stubEnv("VOICECLONE_API_KEY", "key")
    const { relay } = await import("../samples/relay.ts")
    vi.unstubAllEnvs()
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const { headers, method = "GET", url = "" } = request
      const body = method === "POST" ? { body: Readable.toWeb(request), duplex: "half" } : {}
      const init = { method, headers: headers as HeadersInit, ...(body as object) }
      const given = await relay(new Request(new URL(url, "http://page"), init), headers.authorization?.slice(7))
      response.writeHead(given.status, Object.fromEntries(given.headers))
      response.end(new Uint8Array(await given.arrayBuffer()))
    }
    await using relaying = createHttpServer((request, response) => void answer(request, response)).listen(
      0,
      "127.0.0.1",
    )
    await once(relaying, "listening")
    const baseUrl = `http://127.0.0.1:${(relaying.address() as AddressInfo).port}/api`
    await using anna = new VoiceClone({ apiKey: "anna", baseUrl, journal: false })
    await using ben = new VoiceClone({ apiKey: "ben", baseUrl, journal: false })
    const output = join(cwd, "speech.wav")
    const { taskId } = await anna.clone({ sample: WavFile.tone(), text: "Hello.", output })
    assert.deepStrictEqual(readFileSync(output), Buffer.from(speech))
    const refused = await ben.status(taskId).catch((error: Error) => error)
    assert.propertyVal(refused, "_tag", "TaskNotFound")
    const listed = await fetch(`${baseUrl}/async-clone/tasks`, { headers: { authorization: "Bearer anna" } })
    assert.strictEqual(listed.status, 404)
    assert.strictEqual((await fetch(`${baseUrl}/openapi.json`)).status, 401)
    const calls = `${baseUrl}/async-clone`
    const create = async (authorization: string, method = "POST") => {
      const body = new FormData()
      body.set("audio_file", new Blob([WavFile.tone()]), "voice.wav")
      body.set("text", "Hello.")
      const headers = { authorization, "idempotency-key": "morning-1" }
      const init = method === "POST" ? { method, headers, body } : { method, headers }
      const answer = await fetch(`${calls}/create-task`, init)
      return { status: answer.status, key: answer.headers.get("idempotency-key"), body: await answer.json() }
    }
    // each visitor's keys are their own, though the API knows one key's owner alone
    const annas = await create("Bearer anna")
    assert.strictEqual(annas.key, "morning-1")
    assert.notStrictEqual((await create("Bearer ben")).body.task_id, annas.body.task_id)
    assert.deepStrictEqual(await create("Bearer anna"), annas)
    assert.strictEqual((await create("Bearer anna", "OPTIONS")).status, 404)
    const held = await fetch(`${calls}/task-status/${annas.body.task_id}`, {
      headers: { authorization: "Bearer anna", prefer: "wait=1" },
    })
    assert.strictEqual(held.headers.get("preference-applied"), "wait=1")
    // by their cookies visitors differ, which a cache in between does not see
    assert.match(held.headers.get("cache-control") ?? "", /no-store/)
  },
  "webhook.ts": async () => {
    const secret = Webhook.randomSecret()
    const port = await freePort()
    const receiver = spawn(process.execPath, [join(samples, "webhook.ts")], {
      env: { PATH: process.env["PATH"], PORT: String(port), WEBHOOK_SECRET: secret },
      stdio: ["ignore", "pipe", "inherit"],
    })
    try {
      const said = on(receiver.stdout, "data")
      assert.strictEqual(String((await said.next()).value), "Listening\n")
      const timestamp = DateTime.nowUnsafe()
      const body = Webhook.encode({ type: "task.completed", timestamp, data: { task_id: "a", status: "completed" } })
      const now = Math.floor(timestamp.epochMilliseconds / 1000)
      const send = async (headers: Record<string, string>, sent = body) =>
        (await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body: sent })).status
      const signed = Webhook.sign(secret, "msg_a", now, body)
      assert.strictEqual(await send(signed), 204)
      assert.strictEqual(String((await said.next()).value), "task.completed a\n")
      assert.strictEqual(await send(signed, body.replace("completed", "failed")), 401)
      assert.strictEqual(await send(Webhook.sign(Webhook.randomSecret(), "msg_a", now, body)), 401)
      assert.strictEqual(await send(Webhook.sign(secret, "msg_a", now - 600, body)), 401)
      assert.strictEqual(await send({}), 401)
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
