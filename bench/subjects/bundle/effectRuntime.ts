import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"

const program = Effect.gen(function* () {
  yield* Effect.sleep(1)
  return 1
})

Object.assign(globalThis, { subject: () => ManagedRuntime.make(Layer.empty).runPromise(program) })
