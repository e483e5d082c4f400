import { Poller } from "@voiceclone/core/Poller"
import { TaskId } from "@voiceclone/core/Task"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { layer } from "./layer.ts"
import { ids } from "./looks.ts"
import { watched } from "./watched.ts"

const program = Poller.use((poller) =>
  Effect.forEach(ids, (id) => poller.awaitCompletion(TaskId(id)), { concurrency: "unbounded", discard: true }),
)

await watched(() => program.pipe(Effect.provide(Layer.provide(Poller.layer, layer)), Effect.runPromise))
