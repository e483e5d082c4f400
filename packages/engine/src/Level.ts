/** The loudness of speech: measuring it, bringing it to one level, and leaving floating point without clipping. */

/** Root mean square of every utterance that leaves the engine, in dB relative to full scale. */
export const target = -20

/** Above this magnitude the limiter bends the wave instead of cutting it. */
const knee = 0.7
/** Speech starts and ends where a 10 ms frame is within this many dB of the loudest one. */
const edgeRange = 45

/** Root mean square in dB relative to full scale; `-Infinity` for silence. */
export const rms = (signal: Float32Array): number => {
  let energy = 0
  for (const sample of signal) energy += sample * sample
  return 10 * Math.log10(energy / Math.max(1, signal.length))
}

/**
 * The part of the signal that is speech, with a margin of 20 ms on both sides. Engines pad sentences with silence of
 * their own; cutting it makes the pauses between sentences exact. A silent signal comes back empty.
 */
export const trim = (signal: Float32Array, sampleRate: number): Float32Array => {
  const size = Math.round(sampleRate / 100)
  const levels = Array.from({ length: Math.ceil(signal.length / size) }, (_, i) =>
    rms(signal.subarray(i * size, (i + 1) * size)),
  )
  const loudest = levels.reduce((max, level) => Math.max(max, level), -Infinity)
  const isSpeech = (level: number) => level > -Infinity && level >= loudest - edgeRange
  const first = levels.findIndex(isSpeech)
  if (first < 0) return signal.subarray(0, 0)
  const last = levels.findLastIndex(isSpeech)
  return signal.subarray(Math.max(0, first - 2) * size, Math.min(signal.length, (last + 3) * size))
}

const limit = (sample: number): number => {
  const magnitude = Math.abs(sample)
  if (magnitude <= knee) return sample
  return Math.sign(sample) * (knee + (1 - knee) * Math.tanh((magnitude - knee) / (1 - knee)))
}

/**
 * Brings the signal to {@link target} and quantises it to 16 bits, with so many samples of silence after it; peaks are
 * limited softly, never clipped.
 */
export const finish = (signal: Float32Array, silence = 0): Int16Array<ArrayBuffer> => {
  const level = rms(signal)
  const gain = level === -Infinity ? 0 : 10 ** ((target - level) / 20)
  const pcm = new Int16Array(signal.length + silence)
  for (let i = 0; i < signal.length; i++) pcm[i] = Math.round(limit(signal[i]! * gain) * 32_767)
  return pcm
}
