/**
 * The Promise door to the engines: which there are, and whether a model of the user's own can be spoken with. Only plain
 * values go in and come out, as in `EmbeddedServer`.
 */
import * as AudioDecoderNode from "@voiceclone/engine/AudioDecoderNode"
import * as SherpaEngine from "@voiceclone/engine/SherpaEngine"
import { checkModel, type SherpaModel } from "@voiceclone/engine/SherpaModel"
import type { EngineUnavailable } from "@voiceclone/engine/SynthesisError"
import { Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as EngineOptions from "./EngineOptions.ts"
import * as ModelInstall from "./ModelInstall.ts"
import { EngineUnusable } from "./ServerError.ts"

/** An engine that can be chosen. */
export interface EngineChoice {
  /** What `VOICECLONE_ENGINE` calls it. */
  readonly engine: EngineOptions.EngineOptions["engine"]
  /** One sentence for people. */
  readonly summary: string
  /** Whether the environment chooses it. */
  readonly isChosen: boolean
}

/** All engines. Throws `EngineUnusable` where the environment's choice makes no sense. */
export const list = (environment: EngineOptions.Environment): ReadonlyArray<EngineChoice> => {
  const { engine: chosen } = Result.getOrThrowWith(EngineOptions.parse(environment), (error) => error)
  return EngineOptions.engines.map(({ engine, summary }) => ({ engine, summary, isChosen: engine === chosen }))
}

const nextStep = "Install what is missing, or give the directory of another model."

/** Looks at a model's directory, then loads the model. Rejects with `EngineUnusable`, which says what is wrong with it. */
export const check = async (directory: string): Promise<SherpaModel> => {
  const load = Effect.flatMap(Synthesizer, ({ ready }) => ready).pipe(
    Effect.provide(SherpaEngine.layer({ directory }).pipe(Layer.provide(AudioDecoderNode.layerInProcess))),
  )
  const exit = await Effect.runPromiseExit(
    Effect.andThen(load, checkModel(directory)).pipe(
      Effect.mapError(
        ({ cause, detail }: EngineUnavailable) =>
          new EngineUnusable({ engine: "sherpa", reason: detail, nextStep, cause }),
      ),
    ),
  )
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  return exit.value
}

/** Installs a model from its archive or its directory. Rejects with `EngineUnusable`, and leaves nothing half done. */
export const install = async (options: ModelInstall.Options, signal?: AbortSignal): Promise<SherpaModel> => {
  const exit = await Effect.runPromiseExit(ModelInstall.install(options), { signal })
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  return exit.value
}

/** The models in the directory that {@link install} fills. */
export const installed = ModelInstall.installed
