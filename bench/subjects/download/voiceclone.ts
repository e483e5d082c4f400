import { Download } from "@voiceclone/core/Download"
import { TaskId } from "@voiceclone/core/Task"
import * as VoiceCloneNode from "@voiceclone/node/VoiceCloneNode"
import * as Effect from "effect/Effect"
import { argument, measured } from "../measured.ts"

const [origin, bytes, target] = [argument(0), argument(1), argument(2)]

await measured(() =>
  Download.use((download) => download.toFile(TaskId(bytes), target)).pipe(
    Effect.provide(VoiceCloneNode.layer({ apiKey: "bench", baseUrl: `${origin}/api`, journal: false })),
    Effect.asVoid,
    Effect.runPromise,
  ),
)
