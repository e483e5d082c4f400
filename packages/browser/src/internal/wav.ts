/**
 * Samples as a WAV file: PCM, 16 bit, mono (RIFF, "WAVE" form).
 */

const headerBytes = 44

/** `chunks` have samples from -1 to 1; what is beyond is clipped. */
export const encode = (chunks: ReadonlyArray<Float32Array>, sampleRate: number): ArrayBuffer => {
  const samples = chunks.reduce((sum, { length }) => sum + length, 0)
  const view = new DataView(new ArrayBuffer(headerBytes + 2 * samples))
  const name = (at: number, text: string) => {
    for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i))
  }
  name(0, "RIFF")
  view.setUint32(4, headerBytes - 8 + 2 * samples, true)
  name(8, "WAVEfmt ")
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, 2 * sampleRate, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  name(36, "data")
  view.setUint32(40, 2 * samples, true)
  let at = headerBytes
  for (const chunk of chunks) {
    for (const sample of chunk) {
      const clipped = Math.max(-1, Math.min(1, sample))
      view.setInt16(at, Math.round(clipped < 0 ? clipped * 0x8000 : clipped * 0x7fff), true)
      at += 2
    }
  }
  return view.buffer
}
