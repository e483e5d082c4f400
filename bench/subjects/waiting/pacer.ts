import * as Pacer from "@voiceclone/core/Pacer"
import { TaskId } from "@voiceclone/core/Task"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { layer } from "./layer.ts"
import { ids } from "./looks.ts"
import { watched } from "./watched.ts"

const program = Effect.gen(function* () {
  const pacer = yield* Pacer.make({ concurrency: 64, pollsPerSecond: Number.POSITIVE_INFINITY })
  const done = yield* Deferred.make<void>()
  const settle = () => {
    if (pacer.size() === 0) Deferred.doneUnsafe(done, Effect.void)
  }
  for (const id of ids) yield* pacer.add(TaskId(id), settle)
  yield* Deferred.await(done)
})

await watched(() => program.pipe(Effect.scoped, Effect.provide(layer), Effect.runPromise))
