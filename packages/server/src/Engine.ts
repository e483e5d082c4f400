/**
 * The engine of choice, asked whether it can speak before the server takes its first task.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as AudioDecoderNode from "@voiceclone/engine/AudioDecoderNode"
import * as FixedVoice from "@voiceclone/engine/FixedVoice"
import * as FliteNode from "@voiceclone/engine/FliteNode"
import * as HttpEngine from "@voiceclone/engine/HttpEngine"
import * as SherpaEngine from "@voiceclone/engine/SherpaEngine"
import type { EngineUnavailable } from "@voiceclone/engine/SynthesisError"
import { Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { EngineOptions } from "./EngineOptions.ts"
import { EngineUnusable } from "./ServerError.ts"

const nextSteps: Readonly<Record<EngineOptions["engine"], string>> = {
  match: "Install @voiceclone/server anew.",
  fixed: "Install @voiceclone/server anew.",
  http: "Start the speech service, or correct its address and key (VOICECLONE_ENGINE_URL, VOICECLONE_ENGINE_KEY).",
  sherpa: "Install what is missing, or name another model directory (VOICECLONE_ENGINE_DIR).",
}

const build = (options: EngineOptions): Layer.Layer<Synthesizer, EngineUnavailable> => {
  switch (options.engine) {
    case "match":
      return FliteNode.layer
    case "fixed":
      return FixedVoice.layer.pipe(Layer.provide([FliteNode.layerSpeaker, AudioDecoderNode.layer()]))
    case "http": {
      const key = options.key === undefined ? undefined : Redacted.make(options.key)
      return HttpEngine.layer({ ...options, key }).pipe(
        Layer.provide([NodeHttpClient.layerNodeHttp, AudioDecoderNode.layer()]),
      )
    }
    case "sherpa":
      return SherpaEngine.layer(options).pipe(Layer.provide(AudioDecoderNode.layer()))
  }
}

/** What is embedded cannot be missing, and a start is not to wait for it to be compiled. */
const check = (options: EngineOptions, { ready }: Synthesizer["Service"]) =>
  options.engine === "match" || options.engine === "fixed" ? Effect.void : ready

/** What an engine's trouble means for who starts a server. */
export const unusable = (engine: EngineOptions["engine"], { cause, detail }: EngineUnavailable): EngineUnusable =>
  new EngineUnusable({ engine, reason: detail, nextStep: nextSteps[engine], cause })

/** Fails where the engine cannot speak, with the name of what is wrong. */
export const layer = (options: EngineOptions): Layer.Layer<Synthesizer, EngineUnusable> =>
  Layer.effect(
    Synthesizer,
    Effect.tap(Synthesizer, (synthesizer) => check(options, synthesizer)),
  ).pipe(
    Layer.provide(build(options)),
    Layer.catch((error) => Layer.effectContext(Effect.fail(unusable(options.engine, error)))),
  )
