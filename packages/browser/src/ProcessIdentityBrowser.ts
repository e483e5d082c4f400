/**
 * Who holds a lock: this tab, told apart from any other by a Web Lock that the browser frees when the tab is gone,
 * however it goes.
 */
import { ProcessIdentity } from "@voiceclone/core/Lock"
import * as RandomId from "@voiceclone/core/RandomId"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as webLock from "./internal/webLock.ts"

export const layer: Layer.Layer<never> = Layer.effect(
  ProcessIdentity,
  Effect.gen(function* () {
    const name = `voiceclone:page:${RandomId.make()}`
    yield* webLock.hold(name)
    return {
      name,
      isGone: (other) => (other === name ? Effect.succeed(false) : Effect.map(webLock.isHeld(other), (held) => !held)),
    }
  }),
)
