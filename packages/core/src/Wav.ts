/**
 * WAV files (RIFF/WAVE): is this file what it claims to be, and how long does it speak? And the header of one that is
 * written.
 *
 * @see Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft, 1991) for the format
 */
import * as Result from "effect/Result"

/** How the samples are laid down. Results are 22,050 Hz, 16 bit, mono. */
export interface WavFormat {
  /** In hertz. */
  readonly sampleRate: number
  readonly bitsPerSample: number
  readonly channels: number
}

/** What the head of a WAV file says. */
export interface WavHeader {
  readonly format: WavFormat
  /** Where the samples begin, in bytes from the start of the file. */
  readonly dataOffset: number
  /** How many bytes of samples there are; `undefined` where the writer left it open, as one that streams does. */
  readonly dataBytes: number | undefined
  /** The size of the whole file as the RIFF header has it, in bytes; `undefined` where the writer left it open. */
  readonly fileBytes: number | undefined
}

/** A whole WAV file, checked. */
export interface Wav {
  readonly format: WavFormat
  /** Length in seconds. */
  readonly seconds: number
}

/** What is wrong with a file. */
export interface WavFault {
  /** As part of a sentence. */
  readonly reason: string
  /** Whether only the end is missing, so that fetching it once more may help. */
  readonly cutShort: boolean
}

/** The format of a result. */
export const resultFormat: WavFormat = { sampleRate: 22_050, bitsPerSample: 16, channels: 1 }

/** As much of a file's start as {@link parseHeader} ever needs, in bytes. */
export const headBytes = 1024 * 1024

const pcm = 1
const extensible = 0xfffe

const sizeOrOpen = (size: number): number | undefined => (size === 0 || size === 0xffff_ffff ? undefined : size)

/** Reads the header from the first bytes of a file: {@link headBytes}, or the whole of a shorter file. */
export const parseHeader = (head: Uint8Array): Result.Result<WavHeader, WavFault> => {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const name = (offset: number) => String.fromCharCode(...head.subarray(offset, offset + 4))
  if (head.byteLength === 0) return Result.fail(fault("it is empty"))
  // as far as they go, the two names must stand there
  if (!"RIFF".startsWith(name(0)) || !"WAVE".startsWith(name(8))) return Result.fail(fault(`it is ${describe(head)}`))
  if (head.byteLength < 12) return Result.fail(cutShort("its header is not whole"))
  const riffBytes = sizeOrOpen(view.getUint32(4, true))
  let format: WavFormat | undefined
  for (let offset = 12; offset + 8 <= head.byteLength;) {
    const size = view.getUint32(offset + 4, true)
    const body = offset + 8
    switch (name(offset)) {
      case "fmt ": {
        if (size < 16) return Result.fail(fault("its fmt chunk makes no sense"))
        if (body + 16 > head.byteLength) return Result.fail(cutShort("its header is not whole"))
        const encoding = view.getUint16(body, true)
        if (encoding !== pcm && encoding !== extensible) {
          return Result.fail(fault(`it is not PCM but WAVE encoding ${encoding}`))
        }
        format = {
          channels: view.getUint16(body + 2, true),
          sampleRate: view.getUint32(body + 4, true),
          bitsPerSample: view.getUint16(body + 14, true),
        }
        if (format.channels === 0 || format.sampleRate === 0 || format.bitsPerSample === 0) {
          return Result.fail(fault("its fmt chunk makes no sense"))
        }
        break
      }
      case "data": {
        if (format === undefined) return Result.fail(fault("it has samples but no fmt chunk before them"))
        return Result.succeed({
          format,
          dataOffset: body,
          dataBytes: sizeOrOpen(size),
          fileBytes: riffBytes === undefined ? undefined : riffBytes + 8,
        })
      }
    }
    // chunks are padded to an even size
    offset = body + size + (size % 2)
  }
  return Result.fail(
    head.byteLength < headBytes ? cutShort("its header is not whole") : fault("it has no samples in its first part"),
  )
}

/**
 * Judges a whole file of `size` bytes by its first bytes. `endProven` says whether the transport itself (a
 * Content-Length, say) vouches for the file's end; only then may a header leave its sizes open.
 */
export const verify = (head: Uint8Array, size: number, endProven: boolean): Result.Result<Wav, WavFault> => {
  if (size === 0) return Result.fail({ reason: "it is empty", cutShort: !endProven })
  return Result.flatMap(parseHeader(head), ({ format, dataOffset, dataBytes, fileBytes }) => {
    if ((fileBytes === undefined || dataBytes === undefined) && !endProven) {
      return Result.fail(fault("neither its header nor the transport says how long it is"))
    }
    if (fileBytes !== undefined && size < fileBytes) {
      return Result.fail(cutShort(`${size} bytes of ${fileBytes}`))
    }
    // a writer may count, or not count, the pad byte of an odd last chunk
    if (fileBytes !== undefined && size > fileBytes + 1) {
      return Result.fail(fault(`it is ${size - fileBytes} bytes longer than its header says`))
    }
    if (dataBytes !== undefined && dataOffset + dataBytes > size) {
      return Result.fail(cutShort(`${size - dataOffset} bytes of samples out of ${dataBytes}`))
    }
    const frameBytes = format.channels * Math.ceil(format.bitsPerSample / 8)
    const frames = Math.floor((dataBytes ?? size - dataOffset) / frameBytes)
    if (frames === 0) return Result.fail(fault("it holds no samples"))
    return Result.succeed({ format, seconds: frames / format.sampleRate })
  })
}

/**
 * Writes the header that stands before `dataBytes` bytes of samples: PCM, little-endian, channels interleaved. It is a
 * RIFF chunk of form WAVE with two chunks in it, `fmt ` and `data`: 44 bytes, after which the samples begin. Samples of
 * an odd size are followed by a pad byte. A size that 32 bits cannot hold is left open (see {@link WavHeader}).
 *
 * @example
 * ```ts
 * await writeFile("speech.wav", [Wav.encodeHeader(Wav.resultFormat, pcm.byteLength), pcm])
 * ```
 */
export const encodeHeader = (format: WavFormat, dataBytes: number): Uint8Array<ArrayBuffer> => {
  const frameBytes = format.channels * Math.ceil(format.bitsPerSample / 8)
  const head = new Uint8Array(44)
  const view = new DataView(head.buffer)
  const name = (offset: number, text: string) => head.set(new TextEncoder().encode(text), offset)
  const size = (offset: number, bytes: number) => view.setUint32(offset, Math.min(bytes, 0xffff_ffff), true)
  name(0, "RIFF")
  // what follows this field: 36 more bytes of the header, the samples and their pad byte
  size(4, 36 + dataBytes + (dataBytes % 2))
  name(8, "WAVEfmt ")
  view.setUint32(16, 16, true)
  view.setUint16(20, pcm, true)
  view.setUint16(22, format.channels, true)
  view.setUint32(24, format.sampleRate, true)
  view.setUint32(28, format.sampleRate * frameBytes, true)
  view.setUint16(32, frameBytes, true)
  view.setUint16(34, format.bitsPerSample, true)
  name(36, "data")
  size(40, dataBytes)
  return head
}

const fault = (reason: string): WavFault => ({ reason, cutShort: false })

const cutShort = (extent: string): WavFault => ({ reason: `it is cut short: ${extent}`, cutShort: true })

/** `22050 Hz, 16 bit, mono` */
export const formatName = ({ sampleRate, bitsPerSample, channels }: WavFormat): string =>
  `${sampleRate} Hz, ${bitsPerSample} bit, ${channels === 1 ? "mono" : channels === 2 ? "stereo" : `${channels} channels`}`

const describe = (head: Uint8Array): string => {
  const start = new TextDecoder().decode(head.subarray(0, 64)).trimStart()
  if (start.startsWith("<")) return "an HTML or XML page, not a WAV file"
  if (start.startsWith("{") || start.startsWith("[")) return "JSON, not a WAV file"
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip, not a WAV file"
  return "not a WAV file"
}
