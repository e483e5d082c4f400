/** Vorbis I packets through libvorbis in WebAssembly, of ogv.js. */
// @ts-expect-error The package has no types.
import makeDecoder from "ogv/dist/ogv-decoder-audio-vorbis-wasm.js"
import { unusable } from "../refusal.ts"
import { type AudioBlock, checkChannels, lowFrequencyOfVorbis } from "./block.ts"

/** What is used of the package. */
interface VorbisDecoder {
  readonly audioFormat: { readonly channels: number; readonly rate: number } | null
  /** What the packet gave, one array a channel. */
  readonly audioBuffer: ReadonlyArray<Float32Array> | null
  init(done: () => void): void
  /** Calls back before it returns, with 1 where the packet was taken. */
  processHeader(packet: ArrayBuffer, done: (result: number) => void): void
  processAudio(packet: ArrayBuffer, done: (result: number) => void): void
}

const make: (options: {
  readonly printErr: (line: string) => void
  /** Hands the instance on, and returns what it exports. */
  readonly instantiateWasm: (
    imports: WebAssembly.Imports,
    done: (instance: { readonly exports: object }) => void,
  ) => object
}) => Promise<VorbisDecoder> = makeDecoder

/** A setup header may ask for gigabytes; those of encoders make libvorbis take under 4 MB. */
const memoryLimit = 64 * 1024 * 1024

const damaged = () => unusable("damaged", "The sample is damaged: its Vorbis audio does not decode.")

/** The instance's memory, which does not grow beyond the limit: allocations fail then. */
const bounded = (memory: WebAssembly.Memory) => ({
  get buffer() {
    return memory.buffer
  },
  grow: (pages: number) => {
    if (memory.buffer.byteLength + pages * 65_536 > memoryLimit) throw new RangeError("out of memory")
    return memory.grow(pages)
  },
})

const instantiate = (module: WebAssembly.Module): Promise<VorbisDecoder> =>
  make({
    printErr: () => undefined,
    instantiateWasm: (imports, done) => {
      const instance = new WebAssembly.Instance(module, imports)
      const exports = Object.fromEntries(
        Object.entries(instance.exports).map(([name, value]) => [
          name,
          value instanceof WebAssembly.Memory ? bounded(value) : value,
        ]),
      )
      done({ exports })
      return exports
    },
  })

/** Hands a packet over; what is left after a trap or a refusal is of no use. */
const give = (decoder: VorbisDecoder, process: "processHeader" | "processAudio", packet: Uint8Array): boolean => {
  let isTaken = false
  try {
    decoder[process](packet.slice().buffer, (result) => (isTaken = result === 1))
  } catch {
    throw damaged()
  }
  return isTaken
}

/** The audio of the packets that follow the three headers. The blocks are decoded as they are asked for. */
export const decodeVorbis = async (
  headers: ReadonlyArray<Uint8Array>,
  packets: Iterable<Uint8Array>,
  module: WebAssembly.Module,
): Promise<Iterable<AudioBlock>> => {
  const decoder = await instantiate(module)
  decoder.init(() => undefined)
  for (const header of headers) if (!give(decoder, "processHeader", header)) throw damaged()
  const format = decoder.audioFormat
  // Without channels: libvorbis did not get the memory that it asked for.
  if (format === null || format.channels === 0) throw damaged()
  checkChannels(format.channels)
  return (function* () {
    for (const packet of packets) {
      if (packet.length === 0) continue
      // Packets of no audio are passed over, as the specification has it.
      if ((packet[0]! & 1) === 1) continue
      if (!give(decoder, "processAudio", packet)) throw damaged()
      const channels = decoder.audioBuffer ?? []
      if (channels.length !== format.channels) throw damaged()
      if (channels[0]!.length === 0) continue
      yield { channels, sampleRate: format.rate, lowFrequency: lowFrequencyOfVorbis(format.channels) }
    }
  })()
}

/** Takes the three headers apart that Matroska keeps in one, with the lengths of the first two before them. */
export const splitHeaders = (joined: Uint8Array): ReadonlyArray<Uint8Array> => {
  let position = 1
  const readLength = () => {
    let length = 0
    for (;;) {
      const byte = joined[position++]
      if (byte === undefined) throw damaged()
      length += byte
      if (byte < 255) return length
    }
  }
  if (joined[0] !== 2) throw damaged()
  const first = readLength()
  const second = readLength()
  const start = position
  return [
    joined.subarray(start, start + first),
    joined.subarray(start + first, start + first + second),
    joined.subarray(start + first + second),
  ]
}
