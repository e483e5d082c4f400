/**
 * A result, whole and verified: to be heard, saved elsewhere, and given to others.
 */
import type { SavedResult } from "@voiceclone/core/Download"
import type { Received } from "@voiceclone/core/InMemory"
import type { TaskId } from "@voiceclone/core/Task"
import type { WavFormat } from "@voiceclone/core/Wav"
import * as Data from "effect/Data"

/** The speech cannot be played now. */
export class PlaybackFailed extends Data.TaggedError("PlaybackFailed")<{
  readonly reason: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return `The speech cannot be played: ${this.reason}`
  }
  get nextStep(): string {
    return "Play it when the visitor clicks, or give objectUrl() to an audio element with controls."
  }
}

/** The file that the visitor chose could not be written. */
export class SavingFailed extends Data.TaggedError("SavingFailed")<{
  readonly reason: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return `The speech was not saved: ${this.reason}`
  }
  get nextStep(): string {
    return "Save it again, or elsewhere; it is still here."
  }
}

/** The browser has no longer what the speech stood in: it was cleared, or another file took its place. */
export class SpeechGone extends Data.TaggedError("SpeechGone")<{
  readonly taskId: TaskId
  readonly cause?: unknown
}> {
  override get message(): string {
    return `The speech of task ${this.taskId} is gone from the browser's storage`
  }
  get nextStep(): string {
    return "Download the task again, which is free, while the server keeps its result."
  }
}

/** Safari has none before 27.3; what compiles `using` takes the registered one then. */
const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose")

/** The part of the File System Access API that is used, which not every browser has. */
interface SavePicker {
  readonly showSaveFilePicker?: (options: {
    readonly suggestedName: string
    readonly types: ReadonlyArray<{
      readonly description: string
      readonly accept: Record<string, ReadonlyArray<string>>
    }>
  }) => Promise<FileSystemFileHandle>
}

/** The file that the visitor chooses; `false` where they want none after all, and nothing where they cannot be asked. */
const pick = async (suggestedName: string): Promise<FileSystemFileHandle | false | undefined> => {
  const { showSaveFilePicker } = globalThis as SavePicker
  if (showSaveFilePicker === undefined) return undefined
  const types = [{ description: "WAV audio", accept: { "audio/wav": [".wav"] } }]
  try {
    return await showSaveFilePicker.call(globalThis, { suggestedName, types })
  } catch (error) {
    const { name } = error as Error
    if (name === "AbortError") return false
    // a frame of another origin, or no click: a download needs neither
    if (name === "SecurityError" || name === "NotAllowedError") return undefined
    throw error
  }
}

/** @see {@link Received} for what is known of it. */
export class Speech implements Received, Disposable {
  readonly taskId: TaskId
  readonly bytes: number
  readonly format: WavFormat
  readonly seconds: number
  readonly sha256: string
  /**
   * The WAV file, as `audio/wav`. Where it stands in a file, it is read from the disk when it is used, and cannot be read
   * any more once that was cleared: see {@link check}.
   */
  readonly blob: Blob
  #url: string | undefined

  constructor({ bytes, format, seconds, sha256, taskId }: Received, blob: Blob) {
    this.taskId = taskId
    this.bytes = bytes
    this.format = format
    this.seconds = seconds
    this.sha256 = sha256
    this.blob = blob
  }

  /** An address of the speech for `src` and `href`, the same each time; it holds until {@link revoke}, or as long as the page. */
  objectUrl(): string {
    return (this.#url ??= URL.createObjectURL(this.blob))
  }

  /** Lets go of the address. */
  revoke(): void {
    if (this.#url !== undefined) URL.revokeObjectURL(this.#url)
    this.#url = undefined
  }

  [dispose](): void {
    this.revoke()
  }

  /**
   * Whether it can still be read: rejects with {@link SpeechGone} where it cannot. What an element says of an
   * {@link objectUrl} that leads nowhere is only that it cannot be played.
   */
  async check(): Promise<void> {
    try {
      await this.blob.slice(0, 1).arrayBuffer()
    } catch (cause) {
      throw new SpeechGone({ taskId: this.taskId, cause })
    }
  }

  /**
   * Begins to play, and gives the element that does. Rejects with {@link PlaybackFailed}, as where nobody has clicked yet,
   * or with {@link SpeechGone}.
   */
  async play(): Promise<HTMLAudioElement> {
    const audio = new Audio(this.objectUrl())
    try {
      await audio.play()
      return audio
    } catch (cause) {
      await this.check()
      const { message, name } = cause as Error
      throw new PlaybackFailed({
        reason: name === "NotAllowedError" ? "this browser waits for the visitor to click first" : message,
        cause,
      })
    }
  }

  /**
   * Saves the speech where the visitor wants it, by the File System Access API; or gives it to the browser's downloads,
   * where there is no such thing. To be called from a click. `false` where the visitor didn't want it after all; rejects
   * with {@link SpeechGone}, or with {@link SavingFailed} where the file could not be written.
   */
  async save(name = `task_${this.taskId}.wav`): Promise<boolean> {
    // a download of what is not there fails without a word
    await this.check()
    try {
      const file = await pick(name)
      if (file === false) return false
      if (file !== undefined) {
        await this.blob.stream().pipeTo(await file.createWritable())
        return true
      }
    } catch (cause) {
      await this.check()
      throw new SavingFailed({ reason: (cause as Error).message, cause })
    }
    const link = document.createElement("a")
    link.href = this.objectUrl()
    link.download = name
    link.click()
    return true
  }
}

/** A speech that stands in this page's files. */
export class SavedSpeech extends Speech implements SavedResult {
  readonly path: string

  constructor(saved: SavedResult, blob: Blob) {
    super(saved, blob)
    this.path = saved.path
  }
}
