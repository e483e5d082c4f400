import * as Sample from "@voiceclone/core/Sample"
import { VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import * as VoiceCloneNode from "@voiceclone/node/VoiceCloneNode"
import * as Effect from "effect/Effect"
import { argument, measured } from "../measured.ts"

const [origin, file] = [argument(0), argument(1)]

const program = Effect.gen(function* () {
  const client = yield* VoiceCloneClient
  const sample = yield* Sample.fromPath(file)
  yield* client.create({ sample, text: "Hello!" })
})

await measured(() =>
  program.pipe(
    Effect.provide(VoiceCloneNode.layer({ apiKey: "bench", baseUrl: `${origin}/api`, journal: false })),
    Effect.runPromise,
  ),
)
