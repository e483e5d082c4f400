/**
 * The Promise door for browsers.
 */
import * as InMemory from "@voiceclone/core/InMemory"
import * as Sample from "@voiceclone/core/Sample"
import { SampleUnreadable } from "@voiceclone/core/TaskError"
import * as Core from "@voiceclone/core/VoiceClone"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as VoiceCloneBrowser from "./VoiceCloneBrowser.ts"

/** A voice sample: a `File` from a file picker, a `Blob` from a recorder, or the bytes of a WAV file. */
export type SampleInput = Blob | Uint8Array<ArrayBuffer>

/** A result that is whole and valid. */
export interface BlobResult extends InMemory.Received {
  /** The speech, as `audio/wav`: give it to `URL.createObjectURL` to hear or save it. */
  readonly blob: Blob
}

/** A whole job. */
export interface CloneOptions extends Core.CreateOptions<SampleInput>, Core.WaitOptions {}

/**
 * Clones voices.
 *
 * @example
 * import { VoiceClone } from "@voiceclone/browser"
 *
 * const client = new VoiceClone({ apiKey, allowApiKeyInBrowser: true })
 * const { blob, seconds } = await client.clone({ sample: input.files[0], text: "Hello!" })
 * audio.src = URL.createObjectURL(blob)
 */
export class VoiceClone extends Core.VoiceClone<SampleInput> {
  constructor(options: VoiceCloneBrowser.Options) {
    super(ManagedRuntime.make(VoiceCloneBrowser.layer(options)))
  }

  /** The whole job: creates the task, waits for it, and brings its result. */
  async clone({ sample, text, timeout, ...options }: CloneOptions): Promise<BlobResult> {
    const { data, ...received } = await this.run(
      Effect.flatMap(this.toSample(sample), (sample) => InMemory.run({ sample, text, wait: { timeout } })),
      options,
    )
    return { ...received, blob: toBlob(data) }
  }

  /** Brings the result of a completed task. Rejects with `TaskNotReady` where it isn't completed. */
  async download(taskId: string, options: Core.CallOptions = {}): Promise<BlobResult> {
    const { data, ...received } = await this.run(
      Effect.flatMap(Core.toTaskId(taskId), (id) => InMemory.receive(id)),
      options,
    )
    return { ...received, blob: toBlob(data) }
  }

  protected toSample(sample: SampleInput): Effect.Effect<Sample.Sample, SampleUnreadable> {
    const blob = sample instanceof Blob ? sample : new File([sample], "sample.wav", { type: "audio/wav" })
    const opened: Sample.Sample = { ...Sample.fromBlob(blob), blob }
    // a file that was moved or changed since it was chosen would only fail in the midst of the upload, and unnamed
    const look = Effect.tryPromise({
      try: () => blob.slice(0, 1).arrayBuffer(),
      catch: () => new SampleUnreadable({ sample: opened.name, reason: "it was moved or changed since it was chosen" }),
    })
    return Effect.as(look, opened)
  }
}

const toBlob = (data: Uint8Array<ArrayBuffer>): Blob => new Blob([data], { type: "audio/wav" })
