/**
 * From the microphone to a voice sample: 16-bit mono WAV, at the rate of the device, with the level as it goes.
 *
 * An entry of its own: a page that records nothing loads nothing of it.
 *
 * @example
 * import * as Recorder from "@voiceclone/browser/Recorder"
 *
 * const recorder = await Recorder.start({ onLevel: ({ rms }) => (meter.value = rms) })
 * stopButton.onclick = async () => client.clone({ sample: await recorder.stop(), text: "Hello!" })
 */
import * as Data from "effect/Data"
import * as wav from "./internal/wav.ts"

/** The visitor, or the page's policy, doesn't let it record. */
export class MicrophoneDenied extends Data.TaggedError("MicrophoneDenied")<{ readonly cause?: unknown }> {
  override get message(): string {
    return "This page may not use the microphone"
  }
  get nextStep(): string {
    return "Allow it in the browser's settings for this page, then record again; or choose a file."
  }
}

/** There is no microphone, or none as it was asked for. */
export class MicrophoneNotFound extends Data.TaggedError("MicrophoneNotFound")<{ readonly cause?: unknown }> {
  override get message(): string {
    return "No microphone was found"
  }
  get nextStep(): string {
    return "Connect one, then record again; or choose a file."
  }
}

/** The microphone went away in the midst of a recording. What had come by then can still be had from `stop`. */
export class MicrophoneLost extends Data.TaggedError("MicrophoneLost")<{ readonly seconds: number }> {
  override get message(): string {
    return `The microphone was lost after ${this.seconds.toFixed(1)} s`
  }
  get nextStep(): string {
    return "Take what was recorded, by stop(), or connect it and record again."
  }
}

/** It cannot record, for another reason: the device is in use elsewhere, or this browser or page has no way to. */
export class RecordingFailed extends Data.TaggedError("RecordingFailed")<{
  readonly reason: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return `Cannot record: ${this.reason}`
  }
  get nextStep(): string {
    return "Close what else uses the microphone, or choose a file."
  }
}

export type RecorderError = MicrophoneDenied | MicrophoneNotFound | MicrophoneLost | RecordingFailed

/** How loud it is now. 1 is the loudest that there can be. */
export interface Level {
  /** The root mean square of the last moment. */
  readonly rms: number
  /** The highest sample of the last moment. */
  readonly peak: number
  /** How much has been recorded. */
  readonly seconds: number
}

/** How to record. */
export interface Options {
  /** Hears the level, some 20 times a second. */
  readonly onLevel?: ((level: Level) => void) | undefined
  /** Hears at once that the microphone is lost, which `stop` doesn't tell. */
  readonly onLost?: ((error: MicrophoneLost) => void) | undefined
  /** Which microphone, as `enumerateDevices` names it. By default the visitor's choice. */
  readonly deviceId?: string | undefined
}

/** A recording under way. */
export interface Recorder extends AsyncDisposable {
  /** In hertz. */
  readonly sampleRate: number
  /** Ends it, and gives what was recorded as a WAV file; the same file each time. */
  readonly stop: () => Promise<File>
  /** Ends it, and forgets what was recorded. */
  readonly cancel: () => Promise<void>
}

/** The worklet's program. It is sent there as text, and so uses nothing from around it. */
const program = `registerProcessor("voiceclone-recorder", class extends AudioWorkletProcessor {
  process([[channel]]) {
    if (channel !== undefined) this.port.postMessage(channel.slice())
    return true
  }
})`

/** Safari has none before 27.3; what compiles `await using` takes the registered one then. */
const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")

/** Audio that may run does so before that. */
const startMillis = 5000

/** So often is the level told. */
const levelsPerSecond = 20

const describe = (cause: unknown): RecorderError => {
  const { message, name } = cause as Error
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return new MicrophoneDenied({ cause })
    case "NotFoundError":
    case "OverconstrainedError":
      return new MicrophoneNotFound({ cause })
    case "NotReadableError":
      return new RecordingFailed({ reason: "the microphone is in use by another program", cause })
    default:
      return new RecordingFailed({ reason: message, cause })
  }
}

/** Asks for the microphone, and begins. Rejects with a {@link RecorderError}. */
export const start = async ({ deviceId, onLevel, onLost }: Options = {}): Promise<Recorder> => {
  // a page that isn't served over https has neither, and Safari's Lockdown Mode no Web Audio
  if (navigator.mediaDevices === undefined || !("AudioWorkletNode" in globalThis)) {
    throw new RecordingFailed({ reason: "this browser, or a page without https, lets no page record" })
  }
  let stream: MediaStream | undefined
  let context: AudioContext | undefined
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      // a voice as it is, and not as a telephone has it
      audio: {
        channelCount: 1,
        echoCancellation: false,
        noiseSuppression: false,
        autoGainControl: false,
        ...(deviceId === undefined ? {} : { deviceId: { exact: deviceId } }),
      },
    })
    context = new AudioContext()
    const url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }))
    await context.audioWorklet.addModule(url).finally(() => URL.revokeObjectURL(url))
    await run(context)
    return record(stream, context, onLevel, onLost)
  } catch (cause) {
    stream?.getTracks().forEach((track) => track.stop())
    close(context)
    throw describe(cause)
  }
}

/** Has the audio run. Where it can't yet, a browser waits for as long as it takes, and says nothing. */
const run = (context: AudioContext): Promise<void> =>
  new Promise((resolve, reject) => {
    const reason = "the browser's audio does not start; it may wait for a click, or for a device to play on"
    const timer = setTimeout(() => reject(new Error(reason)), startMillis)
    context
      .resume()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
  })

/** Lets go of the device. Nobody waits for that: audio that doesn't run may not close either. */
const close = (context: AudioContext | undefined): void => void context?.close().catch(() => {})

const record = (
  stream: MediaStream,
  context: AudioContext,
  onLevel: Options["onLevel"],
  onLost: Options["onLost"],
): Recorder => {
  const { sampleRate } = context
  const chunks: Array<Float32Array> = []
  let samples = 0
  let heard = { sum: 0, peak: 0, samples: 0 }
  let file: File | undefined
  let ended = false

  const node = new AudioWorkletNode(context, "voiceclone-recorder", { channelCount: 1, channelCountMode: "explicit" })
  const source = context.createMediaStreamSource(stream)
  const take = ({ data }: MessageEvent<Float32Array>) => {
    if (ended) return
    chunks.push(data)
    samples += data.length
    for (const sample of data) {
      heard.sum += sample * sample
      heard.peak = Math.max(heard.peak, Math.abs(sample))
    }
    heard.samples += data.length
    if (heard.samples < sampleRate / levelsPerSecond) return
    onLevel?.({ rms: Math.sqrt(heard.sum / heard.samples), peak: heard.peak, seconds: samples / sampleRate })
    heard = { sum: 0, peak: 0, samples: 0 }
  }
  node.port.addEventListener("message", take)
  node.port.start()
  source.connect(node)
  // a node that leads nowhere isn't run everywhere; what it gives is silence
  node.connect(context.destination)

  const end = async () => {
    if (ended) return
    ended = true
    source.disconnect()
    node.disconnect()
    for (const track of stream.getTracks()) track.stop()
    close(context)
  }
  // not told of one that we stop ourselves
  stream.getAudioTracks()[0]?.addEventListener("ended", () => {
    if (ended) return
    void end()
    onLost?.(new MicrophoneLost({ seconds: samples / sampleRate }))
  })
  const cancel = async () => {
    await end()
    chunks.length = 0
  }
  return {
    sampleRate,
    stop: async () => {
      await end()
      return (file ??= new File([wav.encode(chunks, sampleRate)], "recording.wav", { type: "audio/wav" }))
    },
    cancel,
    [asyncDispose]: end,
  }
}
