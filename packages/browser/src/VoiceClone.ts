/**
 * The Promise door for browsers.
 */
import * as Sample from "@voiceclone/core/Sample"
import { ConnectionFailed, SampleUnreadable } from "@voiceclone/core/TaskError"
import * as Core from "@voiceclone/core/VoiceClone"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as ClientBrowser from "./ClientBrowser.ts"
import type { Files } from "./FileSystemBrowser.ts"
import type { Speech } from "./Speech.ts"
import type { Options } from "./VoiceCloneBrowser.ts"

export type { BatchOptions, CallOptions, ResumeOptions, WaitOptions } from "@voiceclone/core/VoiceClone"

/** A voice sample: a `File` from a file picker, a `Blob`, a recording of the `Recorder`, or the bytes of a WAV file. */
export type SampleInput = Blob | Uint8Array<ArrayBuffer>

/** A task to create. */
export type CreateOptions = Core.CreateOptions<SampleInput>

/** One job of a batch. */
export type BatchJob = Core.BatchJob<SampleInput>

/** Where a result goes. */
export interface DownloadOptions extends Omit<Core.DownloadOptions, "output"> {
  /**
   * The name of the file to write, in this page's own files. It is replaced only when the whole result has arrived and been
   * verified.
   * @default `task_<id>.wav`
   */
  readonly output?: string | undefined
}

/** A whole job. */
export interface CloneOptions extends Omit<Core.CloneOptions<SampleInput>, "output"> {
  /**
   * The name of the file to write, in this page's own files.
   * @default a name of the job's own, the same for the same sample and text
   */
  readonly output?: string | undefined
}

/**
 * Clones voices.
 *
 * @example
 * import { VoiceClone } from "@voiceclone/browser"
 *
 * const client = new VoiceClone({ baseUrl, token: () => tokenOf(visitor) })
 * const speech = await client.clone({ sample: input.files[0], text: "Hello!" })
 * await speech.play()
 */
export class VoiceClone extends Core.VoiceClone<SampleInput, Files> {
  constructor(options: Options) {
    const client = ClientBrowser.layer(options)
    const calls = ManagedRuntime.make(client)
    super({
      calls,
      jobs: async () => {
        const { layer } = await loaded(import("./internal/jobs.ts"))
        return ManagedRuntime.make(layer(options).pipe(Layer.provideMerge(client)), { memoMap: calls.memoMap })
      },
    })
  }

  /**
   * The whole job: creates the task, waits for it, and saves its result in this page's own files. A job that an earlier
   * call has left, before the page was reloaded even, goes on where it stood.
   */
  override async clone({ sample, timeout, signal, onEvent, ...request }: CloneOptions): Promise<Speech> {
    const { clone } = await loaded(import("./internal/speech.ts"))
    return this.runJob(() => clone(this.toSample(sample), { ...request, wait: { timeout } }), { signal, onEvent })
  }

  /** Saves the result of a completed task. Rejects with `TaskNotReady` where it isn't completed. */
  override async download(taskId: string, options: DownloadOptions = {}): Promise<Speech> {
    const { speechOf } = await loaded(import("./internal/speech.ts"))
    const { connections, output = `task_${taskId.trim().replaceAll("/", "-")}.wav` } = options
    return this.runJob(
      (jobs) =>
        Effect.flatMap(Core.toTaskId(taskId), (id) =>
          Effect.flatMap(jobs.download(id, output, { connections }), speechOf),
        ),
      options,
    )
  }

  /**
   * A result that was saved before, as `resumeAll`, `batch` and the journal's entries name it. It is read whole and judged;
   * rejects with `ResultCorrupt` where it is gone or isn't what it was.
   */
  async open(
    saved: { readonly path: string; readonly taskId: string },
    options: Core.CallOptions = {},
  ): Promise<Speech> {
    const { open } = await loaded(import("./internal/speech.ts"))
    return this.runJob(
      () => Effect.flatMap(Core.toTaskId(saved.taskId), (taskId) => open({ path: saved.path, taskId })),
      options,
    )
  }

  /** Forgets a job that is over, by its key in the journal, and deletes its result. Rejects where there is more to come. */
  async forget(key: string, options: Core.CallOptions = {}): Promise<void> {
    const { forget } = await loaded(import("./internal/speech.ts"))
    return this.runJob(() => forget(key), options)
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

/** A part of this library that a page loads when it needs it. */
const loaded = async <A>(part: Promise<A>): Promise<A> => {
  try {
    return await part
  } catch (cause) {
    throw new ConnectionFailed({
      origin: globalThis.location.origin,
      reason: "a part of this page's program cannot be loaded",
      cause,
    })
  }
}
