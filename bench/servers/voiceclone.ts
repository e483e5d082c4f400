/**
 * Our server, with an engine that makes as many bytes of speech as the text says, at once, and none for the text `wait`.
 * Arguments: the data directory; the level of the log, which goes to standard error.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as SampleFormat from "@voiceclone/engine/SampleFormat"
import { type SpeechChunk, Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as Log from "@voiceclone/server/Log"
import { Server } from "@voiceclone/server/Server"
import * as Telemetry from "@voiceclone/server/Telemetry"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { argument, ready } from "./listening.ts"

const piece = new Int16Array(512 * 1024)

const engine = Layer.succeed(Synthesizer, {
  description: { name: "bench", version: "1", languages: ["en"], kind: "fixed", summary: "Speaks zeros." },
  ready: Effect.void,
  inspect: SampleFormat.inspect,
  inspectText: () => Effect.void,
  synthesize: ({ text }): Stream.Stream<SpeechChunk> => {
    if (text === "wait") return Stream.never
    const samples = Number(text) / 2
    const count = Math.max(1, Math.ceil(samples / piece.length))
    return Stream.range(1, count).pipe(
      // one at a time: the server frees each when it is written
      Stream.mapEffect((index) =>
        Effect.sync(() => ({
          pcm: piece.slice(0, samples - (index - 1) * piece.length),
          progress: index / count,
        })),
      ),
    )
  },
})

const key = "vc_bench"
const limits = { requestsPerMinute: 1e9, tasksInFlight: 100_000, sampleBytes: 1024 ** 3, sampleSeconds: 86_400 }
const server = Server.layer({
  dataDirectory: argument(0),
  port: 0,
  keys: [{ owner: "bench", key: Redacted.make(key) }],
  limits,
}).pipe(Layer.provide(engine), Layer.provide([Telemetry.none, Log.layer("logfmt", argument(1) as Log.Level)]))

const announced = Layer.effectDiscard(Effect.map(Server, ({ port }) => ready({ port, key })))
NodeRuntime.runMain(Layer.launch(Layer.provide(announced, server)))
