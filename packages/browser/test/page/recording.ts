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
  /** Has its microphone taken away. */
  lose: async () => {
    const { getUserMedia } = MediaDevices.prototype
    let track: MediaStreamTrack | undefined
    MediaDevices.prototype.getUserMedia = async function (constraints) {
      const stream = await getUserMedia.call(this, constraints)
      track = stream.getAudioTracks()[0]
      return stream
    }
    const events = new EventTarget()
    const next = (type: string) => new Promise((resolve) => events.addEventListener(type, resolve, { once: true }))
    const [heard, lost] = [next("heard"), next("lost")]
    let tag = ""
    const recorder = await Recorder.start({
      onLevel: () => void events.dispatchEvent(new Event("heard")),
      onLost: ({ _tag }) => {
        tag = _tag
        events.dispatchEvent(new Event("lost"))
      },
    })
    await heard
    track?.dispatchEvent(new Event("ended"))
    await lost
    return { tag, bytes: (await recorder.stop()).size }
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
