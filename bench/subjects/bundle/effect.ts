import * as Effect from "effect/Effect"

Object.assign(globalThis, { subject: () => Effect.runPromise(Effect.succeed(1)) })
