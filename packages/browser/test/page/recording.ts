/** A page that records, for tests that give it a microphone or none. */
import * as Recorder from "../../src/Recorder.ts"

declare const onResume: () => Promise<void>

const page = {
  /** Records until so many seconds are there. */
  record: async (seconds: number) => {
    const levels: Array<Recorder.Level> = []
    const file = await new Promise<File>((resolve, reject) => {
      const started = Recorder.start({
        onLevel: (level) => {
          levels.push(level)
          if (level.seconds >= seconds) started.then((recorder) => recorder.stop()).then(resolve, reject)
        },
      })
      started.catch(reject)
    })
    // as one text: Firefox is told numbers one by one
    const text = Array.from(new Uint8Array(await file.arrayBuffer()), (byte) => String.fromCharCode(byte)).join("")
    return { base64: btoa(text), levels, name: file.name, type: file.type }
  },
  /** Records from a device that goes away: a sound that comes to its end, as no page can take a microphone away. */
  lose: async (sound: string) => {
    const player = new Audio(sound) as HTMLAudioElement &
      Partial<Record<"captureStream" | "mozCaptureStream", () => MediaStream>>
    const capture = player.captureStream ?? player.mozCaptureStream
    const { getUserMedia } = MediaDevices.prototype
    MediaDevices.prototype.getUserMedia = async () => {
      await player.play()
      return capture!.call(player)
    }
    const heard: Array<number> = []
    try {
      const { promise: lost, resolve } = Promise.withResolvers<Recorder.MicrophoneLost>()
      const recorder = await Recorder.start({ onLevel: ({ rms }) => heard.push(rms), onLost: resolve })
      const { _tag, seconds } = await lost
      return { _tag, seconds, loudest: Math.max(...heard), bytes: (await recorder.stop()).size }
    } finally {
      MediaDevices.prototype.getUserMedia = getUserMedia
    }
  },
  /** Why it cannot begin where the browser lets no audio run, or close. */
  stuck: async () => {
    const { close, resume } = AudioContext.prototype
    const opened: Array<MediaStream> = []
    const { getUserMedia } = MediaDevices.prototype
    MediaDevices.prototype.getUserMedia = async function (constraints) {
      const stream = await getUserMedia.call(this, constraints)
      opened.push(stream)
      return stream
    }
    const never = () => new Promise<never>(() => {})
    const asked = () => {
      void onResume()
      return never()
    }
    Object.assign(AudioContext.prototype, { close: never, resume: asked })
    try {
      await Recorder.start()
      return undefined
    } catch (error) {
      const { _tag, message } = error as Recorder.RecorderError
      const live = opened.flatMap((stream) => stream.getTracks()).filter(({ readyState }) => readyState === "live")
      return { _tag, message, live: live.length }
    } finally {
      Object.assign(AudioContext.prototype, { close, resume })
      MediaDevices.prototype.getUserMedia = getUserMedia
    }
  },
  /** The tag of why it cannot begin. */
  failure: async (deviceId?: string) => {
    try {
      await (await Recorder.start({ deviceId })).cancel()
      return "none"
    } catch (error) {
      return (error as Recorder.RecorderError)._tag
    }
  },
}

export type Recording = typeof page

Object.assign(globalThis, { recording: page })
