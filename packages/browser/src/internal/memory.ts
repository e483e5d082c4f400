/**
 * The runtime of jobs that nothing remembers: loaded with the first of them. It has no files, no journal and no locks.
 */
import { Digest, type Hasher } from "@voiceclone/core/Digest"
import type { Poller } from "@voiceclone/core/Poller"
import type { InvalidInput } from "@voiceclone/core/TaskError"
import type { VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as digest from "./digest.ts"

export { Speech } from "../Speech.ts"
export { isBuiltIn } from "./digest.ts"
export { toSample } from "./sample.ts"

/** On the runtime of waiting; `load` comes by a hasher in script, where one is needed. */
export const memoryRuntime = (
  load: () => Promise<() => Hasher>,
  waiting: ManagedRuntime.ManagedRuntime<VoiceCloneClient | Poller, InvalidInput>,
) =>
  ManagedRuntime.make(
    Layer.merge(
      Layer.succeed(Digest, digest.make(Effect.map(Effect.promise(load), (hasher) => hasher()))),
      Layer.effectContext(waiting.contextEffect),
    ),
  )
