/**
 * Whether the server lives, and whether it can take tasks. Liveness asks nothing: a restart mends no full disk.
 */
import { ServiceUnavailable } from "@voiceclone/core/VoiceCloneApi"
import { Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as Cache from "effect/Cache"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { BlobStore, sampleOf } from "./BlobStore.ts"
import * as Remembered from "./internal/remembered.ts"
import { StatusChanges } from "./StatusChanges.ts"
import { Tasks } from "./Tasks.ts"

const fine = { status: "ok" } as const

/** How long the parts of the server may take to answer. */
const patience = "5 seconds"

const unready = (detail: string) => new ServiceUnavailable({ detail })

/** Asks each part that a task needs. */
const look = Effect.gen(function* () {
  const tasks = yield* Tasks
  const blobs = yield* BlobStore
  const none = sampleOf("none")
  for (const [name, question] of [
    ["database", Effect.asVoid(tasks.find(none))],
    ["store", Effect.asVoid(blobs.size(none))],
  ] as const) {
    const silent = `The ${name} does not answer`
    yield* Effect.timeout(question, patience).pipe(
      Effect.catchCause((cause) => Effect.andThen(Effect.logWarning(silent, cause), unready(silent))),
    )
  }
  const engine = yield* Synthesizer
  yield* engine.ready.pipe(
    Effect.mapError(({ detail }) => unready(detail)),
    Effect.timeoutOrElse({ duration: patience, orElse: () => unready("The engine does not answer") }),
  )
  return fine
})

/** Makes the handlers. Who asks needs no key, so all who ask within a second get the same answer. */
export const make = Effect.gen(function* () {
  const changes = yield* StatusChanges
  const clock = yield* Clock.Clock
  // what it logs is to bear the time of day
  const lookup = () => Effect.provideService(look, Clock.Clock, clock)
  const looked = Remembered.get(yield* Cache.make({ lookup, capacity: 1, timeToLive: "1 second" }), clock)
  return {
    health: () => Effect.succeed(fine),
    ready: Effect.fnUntraced(function* () {
      if (yield* changes.ended) return yield* unready("The server is stopping")
      return yield* looked("ready")
    }),
  }
})
