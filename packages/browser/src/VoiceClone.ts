/**
 * The Promise door for browsers.
 */
import type { ConnectionFailed } from "@voiceclone/core/TaskError"
import * as Core from "@voiceclone/core/VoiceClone"
import type { Files } from "./FileSystemBrowser.ts"
import type * as speech from "./internal/speech.ts"
import type { SavedSpeech, Speech } from "./Speech.ts"
import type { Options } from "./VoiceCloneBrowser.ts"

export type { BatchOptions, CallOptions, ResumeOptions, WaitOptions } from "@voiceclone/core/VoiceClone"

/** A voice sample: a `File` from a file picker, a `Blob`, a recording of the `Recorder`, or the bytes of a WAV file. */
export type SampleInput = Blob | Uint8Array<ArrayBuffer>

/** A task to create. */
export type CreateOptions = Core.CreateOptions<SampleInput>

/** A task that nothing remembers. */
export type SubmitOptions = Core.SubmitOptions<SampleInput>

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
 * const speech = await client.clone({ sample: file, text: "Hello!" })
 * await speech.play()
 */
export class VoiceClone extends Core.VoiceClone<SampleInput, Files, typeof speech> {
  constructor(options: Options) {
    super({
      calls: async () => (await import("./internal/calls.ts")).runtime(options),
      waiting: async () => (await import("./internal/waiting.ts")).runtime(options),
      memory: async (waiting) => {
        const [{ isBuiltIn, memoryRuntime, toSample }, base] = await Promise.all([
          import("./internal/memory.ts"),
          waiting(),
        ])
        const load = async () => (await import("./internal/hash.ts")).hasher
        // where it is certain to be needed, it comes before anything else is done
        if (!isBuiltIn()) await load()
        return { runtime: memoryRuntime(load, base), programs: { toSample } }
      },
      jobs: async (waiting) => {
        const [{ runtime }, programs, base] = await Promise.all([
          import("./internal/jobs.ts"),
          import("./internal/speech.ts"),
          waiting(),
        ])
        return { runtime: runtime(options, base), programs }
      },
      notLoaded,
    })
  }

  /**
   * The whole job: creates the task, waits for it, and saves its result in this page's own files. A job that an earlier
   * call has left, before the page was reloaded even, goes on where it stood.
   */
  override async clone({ sample, timeout, signal, onEvent, ...request }: CloneOptions): Promise<SavedSpeech> {
    return this.runJob((jobs) => jobs.cloneToSpeech(jobs.toSample(sample), { ...request, wait: { timeout } }), {
      signal,
      onEvent,
    })
  }

  /**
   * Brings the result of a completed task into memory, verified as one that is saved. Nothing of it is kept, and it is gone
   * with the page. Rejects with `TaskNotReady` where it isn't completed.
   */
  async receive(taskId: string, options: Core.CallOptions = {}): Promise<Speech> {
    const { data, ...received } = await this.hold(taskId, options)
    const { Speech } = await import("./internal/memory.ts")
    return new Speech(received, new Blob([data], { type: "audio/wav" }))
  }

  /** Saves the result of a completed task. Rejects with `TaskNotReady` where it isn't completed. */
  override async download(taskId: string, options: DownloadOptions = {}): Promise<SavedSpeech> {
    // a program without types may give anything, which is refused as elsewhere
    const given: unknown = taskId
    const { connections, output = `task_${String(given).trim().replaceAll("/", "-")}.wav` } = options
    return this.runJob((jobs) => jobs.toSpeech(jobs.download(taskId, output, { connections })), options)
  }

  /**
   * A result that was saved before, as `resumeAll`, `batch` and the journal's entries name it. It is read whole and judged;
   * rejects with `ResultCorrupt` where it is gone or isn't what it was.
   */
  async open(
    saved: { readonly path: string; readonly taskId: string },
    options: Core.CallOptions = {},
  ): Promise<SavedSpeech> {
    return this.runJob((jobs) => jobs.open(saved.path, jobs.toTaskId(saved.taskId)), options)
  }

  /** Forgets a job that is over, by its key in the journal, and deletes its result. Rejects where there is more to come. */
  async forget(key: string, options: Core.CallOptions = {}): Promise<void> {
    return this.runJob((jobs) => jobs.forget(key), options)
  }
}

/** A `ConnectionFailed` without its class, which is in the part that didn't come. */
const notLoaded = (cause: unknown): Error => {
  // one part waits for another
  if (cause instanceof Error && "_tag" in cause) return cause
  const { origin } = globalThis.location
  const reason = "a part of this page's program cannot be loaded"
  return Object.assign(new Error(`Cannot reach ${origin}: ${reason}`, { cause }), {
    _tag: "ConnectionFailed",
    origin,
    reason,
    nextStep: "Check the network, then try again; a task that was created is not lost.",
  } satisfies Partial<ConnectionFailed>)
}
