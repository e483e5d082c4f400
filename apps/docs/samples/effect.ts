import { CloneJob } from "@voiceclone/core/CloneJob"
import * as Sample from "@voiceclone/core/Sample"
import * as VoiceCloneNode from "@voiceclone/node/VoiceCloneNode"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"

const program = Effect.gen(function* () {
  const job = yield* CloneJob
  const sample = yield* Sample.fromPath("voice.wav")
  const saved = yield* job.run({ sample, text: "Good morning!", output: "speech.wav" })
  yield* Console.log(`${saved.path}: ${saved.seconds.toFixed(1)} s`)
}).pipe(Effect.tapErrorTag("TaskFailed", (error) => Console.error(`The server gave up: ${error.reason}`)))

await program.pipe(
  Effect.provide(
    VoiceCloneNode.layer({
      apiKey: process.env["VOICECLONE_API_KEY"],
      baseUrl: process.env["VOICECLONE_BASE_URL"],
    }),
  ),
  Effect.runPromise,
)
