/**
 * WAV files made to order: what a result is, and what a broken one looks like.
 */

/** What stands in a file. */
export interface Options {
  /**
   * In hertz.
   * @default 22050
   */
  readonly sampleRate?: number
  /** @default 16 */
  readonly bitsPerSample?: number
  /** @default 1 */
  readonly channels?: number
  /** The samples, as they stand in the file: little-endian, channels interleaved. */
  readonly data: Uint8Array
  /** Chunks between the format and the samples, as editors write them (`LIST`, `fact`, …). */
  readonly before?: ReadonlyArray<{ readonly name: string; readonly body: Uint8Array }>
  /**
   * What the header says of the lengths: the truth, or, like a writer that streams, nothing (0, or the largest number).
   * @default "exact"
   */
  readonly sizes?: "exact" | "zero" | "largest"
}

/** A WAV file with the given samples. */
export const make = ({
  sampleRate = 22_050,
  bitsPerSample = 16,
  channels = 1,
  data,
  before = [],
  sizes = "exact",
}: Options): Uint8Array<ArrayBuffer> => {
  const padded = (bytes: number) => bytes + (bytes % 2)
  const headBytes = 12 + 24 + before.reduce((sum, { body }) => sum + 8 + padded(body.byteLength), 0) + 8
  const file = new Uint8Array(headBytes + padded(data.byteLength))
  const view = new DataView(file.buffer)
  let offset = 0
  const name = (text: string) => {
    for (let i = 0; i < 4; i++) view.setUint8(offset++, text.charCodeAt(i))
  }
  const uint = (value: number, bytes: 2 | 4) => {
    if (bytes === 2) view.setUint16(offset, value, true)
    else view.setUint32(offset, value, true)
    offset += bytes
  }
  const size = (exact: number) => uint(sizes === "exact" ? exact : sizes === "zero" ? 0 : 0xffff_ffff, 4)
  const frameBytes = channels * Math.ceil(bitsPerSample / 8)
  name("RIFF")
  size(file.byteLength - 8)
  name("WAVE")
  name("fmt ")
  uint(16, 4)
  uint(1, 2)
  uint(channels, 2)
  uint(sampleRate, 4)
  uint(sampleRate * frameBytes, 4)
  uint(frameBytes, 2)
  uint(bitsPerSample, 2)
  for (const chunk of before) {
    name(chunk.name)
    uint(chunk.body.byteLength, 4)
    file.set(chunk.body, offset)
    offset += padded(chunk.body.byteLength)
  }
  name("data")
  size(data.byteLength)
  file.set(data, offset)
  return file
}

/** What to play. */
export interface Tone {
  /** @default 1 */
  readonly seconds?: number
  /**
   * In hertz.
   * @default 440
   */
  readonly frequency?: number
}

/**
 * A sine tone, as a result of the API is laid down: 22,050 Hz, 16 bit, mono.
 *
 * @example
 * FakeApi.make({ speech: WavFile.tone({ seconds: 2 }) })
 */
export const tone = ({ seconds = 1, frequency = 440 }: Tone = {}): Uint8Array<ArrayBuffer> => {
  const sampleRate = 22_050
  const data = new DataView(new ArrayBuffer(2 * Math.round(seconds * sampleRate)))
  for (let i = 0; i < data.byteLength / 2; i++) {
    data.setInt16(2 * i, Math.round(12_000 * Math.sin((2 * Math.PI * frequency * i) / sampleRate)), true)
  }
  return make({ sampleRate, data: new Uint8Array(data.buffer) })
}
