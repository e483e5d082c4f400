import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import * as AudioDecoderNode from "../src/AudioDecoderNode.ts"
import * as HttpEngine from "../src/HttpEngine.ts"
import * as Level from "../src/Level.ts"
import { type SpeechRequest, Synthesizer } from "../src/Synthesizer.ts"
import { tone, wav } from "./samples.ts"

const secret = "sk-very-secret"
const text = "Good morning to you. And a good evening!"

interface Received {
  readonly path: string
  readonly headers: IncomingMessage["headers"]
  readonly body: Buffer
}

type Reply = (response: ServerResponse, received: Received, index: number) => void

/** A speech service that replies so to every POST, and what it has received. */
const service = Effect.fnUntraced(function* (reply: Reply) {
  const received: Array<Received> = []
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      if (request.method === "GET") return void response.writeHead(405).end()
      received.push({ path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks) })
      reply(response, received.at(-1)!, received.length - 1)
    })
  })
  yield* Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening"))
  yield* Effect.addFinalizer(() => Effect.sync(() => (server.close(), server.closeAllConnections())))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
})

const engine = (options: HttpEngine.Options) =>
  Synthesizer.pipe(
    Effect.provide(
      HttpEngine.layer(options).pipe(
        Layer.provide([
          FetchHttpClient.layer,
          AudioDecoderNode.layerInProcess,
          Layer.succeed(References.MinimumLogLevel, "None"),
        ]),
      ),
    ),
  )

const speak = (options: HttpEngine.Options, request: Partial<SpeechRequest> = {}) =>
  Effect.flatMap(engine(options), (synthesizer) =>
    Stream.runCollect(synthesizer.synthesize({ sample: tone, text, ...request })),
  ).pipe(Effect.provideService(References.MinimumLogLevel, "None"))

/** A second of 500 Hz at half the scale, with half a second of silence before it. */
const spoken = (rate: number) =>
  Array.from({ length: rate * 1.5 }, (_, i) =>
    i < rate / 2 ? 0 : Math.round(16_000 * Math.sin((2 * Math.PI * 500 * i) / rate)),
  )

const answerWav: Reply = (response) => void response.end(wav(spoken(24_000), 24_000))

/** Of half a second in the middle, in Hz. */
const frequency = (pcm: Int16Array) => {
  const middle = pcm.subarray(4_410, 4_410 + 11_025)
  return 2 * middle.reduce((count, value, i) => count + (i > 0 && middle[i - 1]! < 0 && value >= 0 ? 1 : 0), 0)
}

/** Lets 4 seconds pass whenever a request has arrived and had the time to be answered; how often, and the end. */
const passing = <A, E>(effect: Effect.Effect<A, E>, received: ReadonlyArray<Received>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.exit(effect))
    let rounds = 0
    for (let seen = 0, idle = 0; fiber.pollUnsafe() === undefined; idle++) {
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 30)))
      if (received.length === seen && idle < 10) continue
      seen = received.length
      idle = 0
      yield* TestClock.adjust("4 seconds")
      rounds++
    }
    return { exit: yield* Fiber.join(fiber), rounds }
  })

describe("HttpEngine", () => {
  it.live("asks as OpenAI's form has it, and brings the answer to our form", () =>
    Effect.gen(function* () {
      const { received, url } = yield* service(answerWav)
      const chunks = yield* speak(
        { url, key: Redacted.make(secret), model: "f5", voice: "own", extra: { seed: 7 } },
        { transcript: "Hello." },
      )
      assert.deepStrictEqual(
        received.map(({ path }) => path),
        ["/v1/audio/speech", "/v1/audio/speech"],
      )
      const { ref_audio, ...body } = JSON.parse(received[0]!.body.toString()) as Record<string, string>
      const constant = { model: "f5", voice: "own", response_format: "wav", ref_text: "Hello.", seed: 7 }
      assert.deepStrictEqual<unknown>(body, { ...constant, input: "Good morning to you." })
      assert.strictEqual(received[0]!.headers.authorization, `Bearer ${secret}`)
      assert.isUndefined(received[0]!.headers["traceparent"])
      const [head, data] = ref_audio!.split(",")
      assert.strictEqual(head, "data:audio/wav;base64")
      const sent = Buffer.from(data!, "base64")
      // The sample is what it was: a second of 16,000 Hz, a decoder's rounding aside.
      assert.strictEqual(sent.readUInt32LE(24), 16_000)
      assert.closeTo(sent.readInt16LE(44 + 2_000), Buffer.from(tone).readInt16LE(44 + 2_000), 1)

      assert.strictEqual(chunks.at(-1)?.progress, 1)
      assert.closeTo(chunks[0]!.progress, 0.5, 0.05)
      // The silence before the speech is gone, the pause after the first sentence is 0.3 s.
      assert.closeTo(chunks[0]!.pcm.length, 22_050 * 1.3, 22_050 * 0.05)
      assert.closeTo(frequency(chunks[1]!.pcm), 500, 2)
      assert.closeTo(Level.rms(Float32Array.from(chunks[1]!.pcm, (value) => value / 32_768)), -20, 0.5)
    }).pipe(Effect.scoped),
  )

  it.live("asks with a form, and reads raw PCM at the rate that the answer names", () =>
    Effect.gen(function* () {
      const { received, url } = yield* service((response) => {
        response.setHeader("content-type", "audio/pcm; rate=16000")
        response.end(Buffer.from(Int16Array.from(spoken(16_000)).buffer))
      })
      const fields = { text: "utterance", format: "as" }
      const chunks = yield* speak({ url: `${url}/say`, form: "multipart", format: "pcm", fields, split: "text" })
      assert.strictEqual(received.length, 1)
      const form = yield* Effect.promise(() =>
        new Response(new Uint8Array(received[0]!.body), {
          headers: { "content-type": received[0]!.headers["content-type"]! },
        }).formData(),
      )
      assert.strictEqual(received[0]!.path, "/say")
      assert.deepStrictEqual([...form.keys()], ["as", "utterance", "voice_wav"])
      assert.deepStrictEqual([form.get("utterance"), form.get("as")], [text, "pcm"])
      assert.closeTo((form.get("voice_wav") as File).size, tone.length, 400)
      assert.closeTo(frequency(chunks[0]!.pcm), 500, 2)
    }).pipe(Effect.scoped),
  )

  it.effect("waits as the service asks, and repeats only the passage that failed", () =>
    Effect.gen(function* () {
      const { received, url } = yield* service((response, got, index) => {
        if (index === 1) return void response.writeHead(503, { "retry-after": "8" }).end()
        if (index === 2) return void response.writeHead(429).end()
        answerWav(response, got, index)
      })
      const { exit, rounds } = yield* passing(speak({ url }), received)
      assert.isTrue(Exit.isSuccess(exit))
      assert.isAtLeast(rounds, 8 / 4 + 1)
      assert.strictEqual(received.length, 4)
    }).pipe(Effect.scoped),
  )

  it.effect.each([
    ["stays busy", 4, (response: ServerResponse): void => void response.writeHead(500).end()],
    [
      "asks for an hour",
      1,
      (response: ServerResponse): void => void response.writeHead(503, { "retry-after": "3600" }).end(),
    ],
    ["goes away", 4, (response: ServerResponse): void => void response.socket?.destroy()],
    [
      "breaks off",
      4,
      (response: ServerResponse): void => {
        const file = wav(spoken(24_000), 24_000)
        response.writeHead(200, { "content-length": file.length })
        response.write(file.subarray(0, 30_000), () => response.socket?.destroy())
      },
    ],
    ["says nothing", undefined, () => {}],
  ] as const)("gives up as one to be tried later when the service %s", ([, requests, reply]) =>
    Effect.gen(function* () {
      const { received, url } = yield* service(reply)
      const { exit } = yield* passing(
        Effect.flip(speak({ url, timeout: requests === undefined ? "4 seconds" : "5 minutes" })),
        received,
      )
      assert.isTrue(Exit.isSuccess(exit) && exit.value._tag === "EngineUnavailable" && exit.value.retryable)
      if (requests !== undefined) assert.strictEqual(received.length, requests)
    }).pipe(Effect.scoped),
  )

  it.live.each<[number, string, string, RegExp]>([
    [401, `{"error":{"message":"Incorrect API key: ${secret}"}}`, "EngineUnavailable", /refuses the key/],
    [400, `{"error":{"message":"Bad ${secret}","param":"input"}}`, "TextUnspeakable", /refuses the text: Bad …$/],
    [422, `{"detail":[{"loc":["body","input"],"msg":"too long"}]}`, "TextUnspeakable", /too long/],
    [422, `{"detail":[{"loc":["body","model"],"msg":"no such"}]}`, "EngineUnavailable", /422: no such/],
    [400, `{"detail":"Reference audio is too short"}`, "SampleUnusable", /refuses the sample: Reference/],
    [400, `{"error":"Language xy is not supported"}`, "TextUnspeakable", /Language xy/],
    [400, `<html>no</html>`, "EngineUnavailable", /answered 400\.$/],
    [404, `{"detail":"Not Found"}`, "EngineUnavailable", /404: Not Found/],
    [200, `{"audio":"AAAA"}`, "EngineUnavailable", /answered with JSON/],
    [200, `ID3 and so on`, "EngineUnavailable", /answered with MP3/],
  ])("tells whose fault %i %s is", ([status, body, tag, message]) =>
    Effect.gen(function* () {
      const { received, url } = yield* service((response) => void response.writeHead(status).end(body))
      const error = yield* Effect.flip(
        speak({ url, key: Redacted.make(secret), format: status === 200 ? "pcm" : "wav" }),
      )
      assert.strictEqual(error._tag, tag)
      assert.match(error.message, message)
      assert.isFalse(error._tag === "EngineUnavailable" && error.retryable)
      assert.notInclude(JSON.stringify(error), secret)
      assert.strictEqual(received.length, 1)
    }).pipe(Effect.scoped),
  )

  it.live("ends the request on the wire when it is cancelled", () =>
    Effect.gen(function* () {
      const closed = Promise.withResolvers<void>()
      const begun = Promise.withResolvers<void>()
      const { url } = yield* service((response) => {
        response.on("close", () => closed.resolve())
        response.writeHead(200)
        response.write("RIFF", () => begun.resolve())
      })
      const fiber = yield* Effect.forkChild(speak({ url }))
      yield* Effect.promise(() => begun.promise)
      yield* Fiber.interrupt(fiber)
      yield* Effect.promise(() => closed.promise)
    }).pipe(Effect.scoped),
  )

  it.live("stops reading an answer without an end", () =>
    Effect.gen(function* () {
      const closed = Promise.withResolvers<void>()
      const { url } = yield* service((response) => {
        const megabyte = Buffer.alloc(1024 * 1024)
        const write = () => {
          while (!response.closed && response.write(megabyte));
        }
        response.on("drain", write).on("close", () => closed.resolve())
        write()
      })
      const error = yield* Effect.flip(speak({ url, format: "pcm" }))
      assert.match(error.message, /too large/)
      yield* Effect.promise(() => closed.promise)
    }).pipe(Effect.scoped),
  )

  it.live("takes neither key nor voice to where a redirect points", () =>
    Effect.gen(function* () {
      const elsewhere = yield* service(answerWav)
      const { url } = yield* service((response) => void response.writeHead(307, { location: elsewhere.url }).end())
      assert.match((yield* Effect.flip(speak({ url }))).message, /redirects/)
      assert.strictEqual(elsewhere.received.length, 0)
    }).pipe(Effect.scoped),
  )

  it.live.each<[string, boolean]>([
    ["not an address", false],
    ["ftp://127.0.0.1/", false],
    ["http://user:word@127.0.0.1/", false],
    ["http://192.0.2.1/", false],
    ["https://192.0.2.1/", true],
    ["http://localhost:1/", true],
  ])("judges the address %s with a key", ([url, isFine]) =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(engine({ url, key: Redacted.make(secret) }))
      assert.strictEqual(Exit.isSuccess(exit), isFine)
    }),
  )

  it.live("is ready when something answers, and says when nothing does", () =>
    Effect.gen(function* () {
      const { received, url } = yield* service(answerWav)
      yield* Effect.flatMap(engine({ url }), ({ ready }) => ready)
      assert.strictEqual(received.length, 0)
      const error = yield* Effect.flip(Effect.flatMap(engine({ url: "http://127.0.0.1:1" }), ({ ready }) => ready))
      assert.match(error.message, /cannot be reached/)
      assert.isTrue(error.retryable)
    }).pipe(Effect.scoped),
  )
})
