/**
 * The Promise door for Node.js.
 */
import type { ResultInMemory } from "@voiceclone/core/InMemory"
import * as Sample from "@voiceclone/core/Sample"
import { TaskCalls } from "@voiceclone/core/TaskCalls"
import { InvalidInput, type SampleUnreadable } from "@voiceclone/core/TaskError"
import * as Core from "@voiceclone/core/VoiceClone"
import { VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type * as Path from "effect/Path"
import { fileURLToPath } from "node:url"
import * as VoiceCloneNode from "./VoiceCloneNode.ts"

export type {
  BatchOptions,
  CallOptions,
  DownloadOptions,
  ResumeOptions,
  WaitOptions,
} from "@voiceclone/core/VoiceClone"

/** A voice sample: the path of an audio file, a `file:` URL, the bytes themselves, or a `Blob`. */
export type SampleInput = string | URL | Uint8Array | Blob

/** A task to create. */
export type CreateOptions = Core.CreateOptions<SampleInput>

/** A task that nothing remembers. */
export type SubmitOptions = Core.SubmitOptions<SampleInput>

/** A whole job. */
export type CloneOptions = Core.CloneOptions<SampleInput>

/** One job of a batch. */
export type BatchJob = Core.BatchJob<SampleInput>

/**
 * Clones voices.
 *
 * @example
 * import { VoiceClone } from "@voiceclone/node"
 *
 * await using client = new VoiceClone({ apiKey: process.env.VOICECLONE_API_KEY })
 * const { path, seconds } = await client.clone({ sample: "voice.wav", text: "Hello!", output: "speech.wav" })
 */
export class VoiceClone extends Core.VoiceClone<SampleInput> {
  constructor(options: VoiceCloneNode.Options) {
    const runtime = ManagedRuntime.make(
      Layer.provideMerge(Layer.effect(TaskCalls, VoiceCloneClient), VoiceCloneNode.layer(options)),
    )
    super({
      calls: async () => runtime,
      waiting: async () => runtime,
      memory: async () => {
        const context = await runtime.context()
        return { runtime, programs: { toSample: (sample) => Effect.provideContext(toSample(sample), context) } }
      },
      jobs: async () => ({ runtime, programs: { toSample } }),
    })
  }

  /**
   * Brings the result of a completed task into memory, verified as one that is saved. Rejects with `TaskNotReady` where it
   * isn't completed.
   */
  async receive(taskId: string, options: Core.CallOptions = {}): Promise<ResultInMemory> {
    return this.hold(taskId, options)
  }
}

const toSample = (
  sample: SampleInput,
): Effect.Effect<Sample.Sample, SampleUnreadable | InvalidInput, FileSystem.FileSystem | Path.Path> => {
  if (typeof sample === "string") return Sample.fromPath(sample)
  if (sample instanceof URL) return Effect.flatMap(toPath(sample), Sample.fromPath)
  if (sample instanceof Uint8Array) return Effect.succeed(Sample.fromBytes(sample))
  // one of a package is of a class of its own
  return typeof (sample as Blob | undefined)?.stream === "function"
    ? Effect.succeed(Sample.fromBlob(sample))
    : Effect.fail(
        new InvalidInput({
          input: "sample",
          reason: "The voice sample is neither a path, a file: URL, a Uint8Array nor a Blob",
          nextStep: "Give one of these. What comes as a stream has to be in a file: it may have to be sent again.",
        }),
      )
}

const toPath = (url: URL): Effect.Effect<string, InvalidInput> =>
  Effect.try({
    try: () => fileURLToPath(url),
    catch: () =>
      new InvalidInput({
        input: "sample",
        reason: `The voice sample's address is no file of this machine but ${url.origin}`,
        nextStep: "Download it first, then give its path.",
      }),
  })
