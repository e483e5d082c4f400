/** Clients that are not ours, against the real engine. */
import { assert, layer } from "@effect/vitest"
import * as Wav from "@voiceclone/core/Wav"
import * as FliteNode from "@voiceclone/engine/FliteNode"
import { Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { execFile, spawnSync } from "node:child_process"
import { readFileSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { Server } from "../src/Server.ts"
import { anna, call, create, form, Quiet, serve, StubSynthesizer, temporary, until } from "./TestServer.ts"

/** A second of speech. It is an mp3, whatever it is called: content decides. */
const speech = readFileSync(new URL("../../engine/test/samples/mono.mp3", import.meta.url))

const run = (command: string, args: ReadonlyArray<string>) =>
  Effect.promise(() => promisify(execFile)(command, args)).pipe(Effect.map(({ stdout }) => stdout.trim()))

const runs = (command: string, ...args: ReadonlyArray<string>) => spawnSync(command, args).status === 0

const hasCurl = runs("curl", "--version")
const hasWget = runs("wget", "--version")
const hasAria2 = runs("aria2c", "--version")
const hasRequests = runs("python3", "-c", "import requests")
const unless = (has: boolean, what: string) => (has ? "" : ` (SKIPPED: ${what} is not installed)`)

/** With the key that the server makes itself. */
const Real = Layer.unwrap(
  Effect.map(temporary, (dataDirectory) =>
    Server.layer({ dataDirectory, port: 0 }).pipe(Layer.provide(FliteNode.layer), Layer.provide(Quiet)),
  ),
)

const assertSpeech = (file: string) => {
  const bytes = readFileSync(file)
  const wav = Result.getOrThrow(Wav.verify(bytes, bytes.length, false))
  assert.deepStrictEqual(wav.format, Wav.resultFormat)
  assert.isAbove(wav.seconds, 0.3)
}

layer(Real, { excludeTestServices: true, timeout: "60 seconds" })("Clients", (it) => {
  const prepare = Effect.gen(function* () {
    const { apiKey, baseUrl } = yield* Server
    const folder = yield* temporary
    const inside = (name: string) => join(folder, name)
    writeFileSync(inside("voice.wav"), speech)
    return { baseUrl, key: Redacted.value(apiKey), inside }
  })

  it.effect.skipIf(!hasRequests)(
    `of the documented kind, in Python, are served unmodified${unless(hasRequests, "python3-requests")}`,
    () =>
      Effect.gen(function* () {
        const { baseUrl, inside, key } = yield* prepare
        const script = fileURLToPath(new URL("documented_client.py", import.meta.url))
        yield* run("python3", [script, baseUrl, key, inside("voice.wav"), "Hello there.", inside("speech.wav")])
        assertSpeech(inside("speech.wav"))
      }),
    60_000,
  )

  it.effect.skipIf(!hasCurl)(
    `like curl create, download and resume${unless(hasCurl, "curl")}`,
    () =>
      Effect.gen(function* () {
        const { baseUrl, inside, key } = yield* prepare
        const auth = ["-sSf", "-H", `Authorization: Bearer ${key}`]
        const form = ["-F", `audio_file=@${inside("voice.wav")}`, "-F", "text=Hello there."]
        const created = yield* run("curl", [...auth, ...form, `${baseUrl}/async-clone/create-task`])
        const id = JSON.parse(created).task_id as string
        yield* until(baseUrl, id, "completed", key)

        const url = `${baseUrl}/async-clone/task-result/${id}`
        yield* run("curl", [...auth, "-OJ", "--output-dir", inside("."), url])
        const whole = inside(`task_${id}.wav`)
        assertSpeech(whole)
        const bytes = readFileSync(whole)
        truncateSync(whole, 1000)
        yield* run("curl", [...auth, "-C", "-", "-o", whole, url])
        assert.isTrue(readFileSync(whole).equals(bytes))
      }),
    60_000,
  )

  it.effect(
    "get the same speech for the same task twice",
    () =>
      Effect.gen(function* () {
        const { baseUrl, key } = yield* prepare
        const results: Array<Buffer> = []
        for (const _ of [1, 2]) {
          const body = form("Good morning.", speech)
          const { json } = yield* call(`${baseUrl}/async-clone/create-task`, { method: "POST", body, key })
          const id = json.task_id as string
          yield* until(baseUrl, id, "completed", key)
          results.push((yield* call(`${baseUrl}/async-clone/task-result/${id}`, { key })).body)
        }
        assert.isTrue(results[0]?.equals(results[1] ?? Buffer.alloc(0)))
      }),
    60_000,
  )
})

/** A result of 6 MB, so that there is something to divide. */
const Lengthy = Layer.effect(
  Synthesizer,
  Effect.map(Synthesizer, (stub) =>
    Synthesizer.of({
      ...stub,
      synthesize: () =>
        Stream.map(Stream.range(1, 60), (i) => ({
          pcm: Int16Array.from({ length: 50_000 }, (_, at) => (at * i) % 30_000),
          progress: i / 60,
        })),
    }),
  ),
).pipe(Layer.provide(StubSynthesizer))

const LengthyServer = Layer.unwrap(Effect.map(temporary, (dataDirectory) => serve({ dataDirectory }, Lengthy)))

layer(LengthyServer, { excludeTestServices: true, timeout: "60 seconds" })("Clients of a long result", (it) => {
  const prepareResult = Effect.gen(function* () {
    const { baseUrl } = yield* Server
    const folder = yield* temporary
    const id = yield* create(baseUrl, "Hello.")
    yield* until(baseUrl, id, "completed")
    const url = `${baseUrl}/async-clone/task-result/${id}`
    const { body } = yield* call(url)
    return { url, body, inside: (name: string) => join(folder, name), header: `Authorization: Bearer ${anna}` }
  })

  it.effect.skipIf(!hasWget)(
    `like wget resume a download${unless(hasWget, "wget")}`,
    () =>
      Effect.gen(function* () {
        const { body, header, inside, url } = yield* prepareResult
        const file = inside("speech.wav")
        writeFileSync(file, body.subarray(0, 3_000_000))
        const wget = ["-q", `--header=${header}`, "-c", "-O", file, url]
        yield* run("wget", wget)
        assert.isTrue(readFileSync(file).equals(body))
        // Complete already: the range begins at the end, and 416 tells so.
        yield* run("wget", wget)
        assert.isTrue(readFileSync(file).equals(body))
      }),
    60_000,
  )

  it.effect.skipIf(!hasAria2)(
    `like aria2c download in parts at the same time${unless(hasAria2, "aria2")}`,
    () =>
      Effect.gen(function* () {
        const { body, header, inside, url } = yield* prepareResult
        const options = ["-q", "-x4", "-s4", "-k1M", "--no-conf", "--file-allocation=none", `--header=${header}`]
        yield* run("aria2c", [...options, "-d", inside("."), "-o", "speech.wav", url])
        assert.isTrue(readFileSync(inside("speech.wav")).equals(body))
      }),
    60_000,
  )
})
