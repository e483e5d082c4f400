import * as Wav from "@voiceclone/core/Wav"

/** A 16-bit mono wav file. */
export const wav = (samples: ArrayLike<number>, sampleRate = 16_000): Uint8Array<ArrayBuffer> => {
  // Every machine that Node runs on is little-endian, as WAV is.
  const pcm = new Uint8Array(Int16Array.from(samples).buffer)
  const head = Wav.encodeHeader({ sampleRate, bitsPerSample: 16, channels: 1 }, pcm.length)
  const file = new Uint8Array(head.length + pcm.length)
  file.set(head)
  file.set(pcm, head.length)
  return file
}

/** A second of a tone: enough to pass for a sample. */
export const tone = wav(Array.from({ length: 16_000 }, (_, i) => Math.round(8_000 * Math.sin(i / 10))))
