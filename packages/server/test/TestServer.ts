/**
 * A server for tests, with a stub for an engine, and a plain HTTP client that shows the bytes as they are.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Wav from "@voiceclone/core/Wav"
import * as SampleFormat from "@voiceclone/engine/SampleFormat"
import * as Speakable from "@voiceclone/engine/Speakable"
import { EngineUnavailable, TextUnspeakable } from "@voiceclone/engine/SynthesisError"
import { type SpeechChunk, Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as References from "effect/References"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { readdirSync } from "node:fs"
import { type IncomingHttpHeaders, request as nodeRequest } from "node:http"
import { join } from "node:path"
import { Server } from "../src/Server.ts"
import type { ServerOptions } from "../src/ServerOptions.ts"
import { waiting } from "../src/StatusChanges.ts"
import * as Telemetry from "../src/Telemetry.ts"

const chunk = (progress: number): SpeechChunk => ({ pcm: Int16Array.from({ length: 1000 }, (_, i) => i), progress })

/** What the stub makes of any text: 3 pieces of 1000 samples. */
export const stubResult: Buffer = Buffer.concat([
  Wav.encodeHeader(Wav.resultFormat, 6000),
  ...[1, 2, 3].map(() => new Uint8Array(chunk(1).pcm.buffer)),
])

/**
 * Speaks at once. The text `wait` is begun and never ended; `script` cannot be spoken; `crash` is a defect; `broken`
 * finds the engine unavailable.
 */
export const StubSynthesizer = Layer.succeed(Synthesizer, {
  description: { name: "stub", version: "1", languages: ["en"], kind: "fixed", summary: "Speaks numbers." },
  ready: Effect.void,
  inspect: SampleFormat.inspect,
  inspectText: Speakable.inspect,
  synthesize: ({ text }) => {
    switch (text) {
      case "wait":
        return Stream.concat(Stream.succeed(chunk(0.25)), Stream.never)
      case "script":
        return Stream.fail(
          new TextUnspeakable({
            reason: "unsupported script",
            supported: "English",
            detail: "Only English is spoken.",
          }),
        )
      case "broken":
        return Stream.fail(new EngineUnavailable({ retryable: false, detail: "The engine is not installed." }))
      case "crash":
        return Stream.die(new Error("inner secret"))
      default:
        return Stream.make(chunk(0.3), chunk(0.6), chunk(1))
    }
  },
})

/** Begins every task and ends none. */
export const StuckSynthesizer = Layer.effect(
  Synthesizer,
  Effect.map(Synthesizer, (stub) =>
    Synthesizer.of({ ...stub, synthesize: ({ sample }) => stub.synthesize({ sample, text: "wait" }) }),
  ),
).pipe(Layer.provide(StubSynthesizer))

/** Two owners. */
export const anna = "vc_anna"
export const ben = "vc_ben"
const keys = [
  { owner: "anna", key: Redacted.make(anna) },
  { owner: "ben", key: Redacted.make(ben) },
]

/** A second of a tone in 8,000 Hz, 16 bit, mono. */
export const sample: Buffer = (() => {
  const samples = Buffer.alloc(16_000)
  for (let i = 0; i < 8000; i++) samples.writeInt16LE(Math.round(8000 * Math.sin(i / 6)), i * 2)
  return Buffer.concat([Wav.encodeHeader({ ...Wav.resultFormat, sampleRate: 8000 }, samples.length), samples])
})()

/** A data directory that is gone after the test. */
export const temporary = FileSystem.FileSystem.use((fs) => fs.makeTempDirectoryScoped({ prefix: "voiceclone-" })).pipe(
  Effect.provide(NodeServices.layer),
)

/** The test's clock, by which time goes by, and the time of day that somebody sets. */
export const settableClock = Effect.map(Clock.Clock, (clock) => {
  const set = { ahead: 0 }
  const currentTimeMillisUnsafe = () => clock.currentTimeMillisUnsafe() + set.ahead
  const time: Clock.Clock = {
    ...clock,
    currentTimeMillisUnsafe,
    currentTimeMillis: Effect.sync(currentTimeMillisUnsafe),
  }
  return Object.assign(set, { time })
})

/** Logs would bury the test report. */
export const Quiet = Layer.succeed(References.MinimumLogLevel, "None")

/** The server on a free port, for both owners, with traces that go nowhere. */
export const serve = (options: ServerOptions, engine = StubSynthesizer) =>
  Server.layer({ port: 0, keys, ...options }).pipe(Layer.provide(engine), Layer.provide([Quiet, Telemetry.none]))

/** The same with a data directory of its own. */
export const Fresh = Layer.unwrap(Effect.map(temporary, (dataDirectory) => serve({ dataDirectory })))

/** An answer, unspoilt. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly json: any
}

/** One request on a connection of its own, by default as Anna. */
export const call = (
  url: string,
  options: {
    readonly method?: string
    readonly headers?: Record<string, string>
    readonly key?: string
    readonly body?: Buffer | FormData
  } = {},
) =>
  Effect.promise(async (signal) => {
    const encoded = options.body instanceof FormData ? new Response(options.body) : undefined
    const body = encoded === undefined ? (options.body as Buffer | undefined) : Buffer.from(await encoded.arrayBuffer())
    const headers: Record<string, string> = { authorization: `Bearer ${options.key ?? anna}`, ...options.headers }
    const type = encoded?.headers.get("content-type")
    if (typeof type === "string") headers["content-type"] = type
    if (headers["authorization"] === "Bearer ") delete headers["authorization"]
    const answer = await new Promise<Answer>((resolve, reject) => {
      const request = nodeRequest(
        url,
        { method: options.method ?? "GET", headers, agent: false, signal },
        (response) => {
          const chunks: Array<Buffer> = []
          response.on("data", (chunk: Buffer) => chunks.push(chunk))
          response.on("error", reject)
          response.on("end", () => {
            const body = Buffer.concat(chunks)
            const isJson = response.headers["content-type"] === "application/json" && body.length > 0
            const json = isJson ? JSON.parse(body.toString()) : undefined
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body, json })
          })
        },
      )
      request.on("error", reject)
      request.end(body)
    })
    return answer
  })

/** The form of `create-task`. */
export const form = (text: string | undefined, audio: Uint8Array | undefined = sample): FormData => {
  const form = new FormData()
  if (audio !== undefined) form.append("audio_file", new Blob([new Uint8Array(audio)]), "voice.wav")
  if (text !== undefined) form.append("text", text)
  return form
}

/** Creates a task and returns its id. */
export const create = Effect.fnUntraced(function* (baseUrl: string, text: string, key = anna) {
  const answer = yield* call(`${baseUrl}/async-clone/create-task`, { method: "POST", body: form(text), key })
  if (answer.status !== 200) return yield* Effect.die(new Error(`create: ${answer.status} ${answer.body.toString()}`))
  return answer.json.task_id as string
})

/** Looks, in real time whatever the test's clock says, until there is something to see. */
export const eventually = <A>(what: string, look: Effect.Effect<A | false>) =>
  Effect.gen(function* () {
    for (const deadline = performance.now() + 10_000; performance.now() < deadline;) {
      const seen = yield* look
      if (seen !== false) return seen
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 10)))
    }
    return yield* Effect.die(new Error(`Waited in vain for ${what}`))
  })

/** Asks until the task has the status, and returns what the server said. */
export const until = (baseUrl: string, id: string, status: string, key = anna) =>
  eventually(
    `the task to be ${status}`,
    Effect.map(
      call(`${baseUrl}/async-clone/task-status/${id}`, { key }),
      ({ json }): any => json.status === status && json,
    ),
  )

/** Waits until the servers of this process hold so many requests for a change of status. */
export const held = (count: number) =>
  eventually(
    `${count} requests to be held`,
    Effect.map(Metric.value(waiting), ({ value }) => value === count),
  )

/** The names of the files in a folder of a data directory. */
export const files = (dataDirectory: string, folder: "samples" | "results"): ReadonlyArray<string> =>
  readdirSync(join(dataDirectory, folder))

/** Waits until the folder holds just these files. */
export const holds = (dataDirectory: string, folder: "samples" | "results", ...names: ReadonlyArray<string>) =>
  eventually(
    `${folder} to hold [${names.join(", ")}]`,
    Effect.sync(() => files(dataDirectory, folder).toSorted().join() === names.toSorted().join()),
  )
