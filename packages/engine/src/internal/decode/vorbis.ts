/** Vorbis I packets to sound. Floors of type 0, which no encoder has made since 2002, are refused. */
import { type AudioBlock, checkChannels, EndOfBits, lowFrequencyOfVorbis } from "./block.ts"
import { unusable } from "../refusal.ts"
import { makeImdct } from "./imdct.ts"
import { bitLength, damagedVorbis, makeBudget, readCodebook, VorbisBits } from "./vorbisCodebook.ts"
import { applyFloor, type Floor, readFloor, readFloorSetup } from "./vorbisFloor.ts"
import { readResidue, readResidueSetup, type Residue } from "./vorbisResidue.ts"

interface Mapping {
  /** Pairs of channels: magnitude and angle. */
  readonly couplings: ReadonlyArray<readonly [number, number]>
  /** For each channel, its submap. */
  readonly submapOf: ReadonlyArray<number>
  readonly submaps: ReadonlyArray<{ readonly floor: Floor; readonly residue: Residue }>
}

interface Setup {
  readonly channels: number
  readonly sampleRate: number
  readonly blockSizes: readonly [short: number, long: number]
  readonly modes: ReadonlyArray<{ readonly isLong: boolean; readonly mapping: Mapping }>
}

const times = <A>(count: number, read: () => A): ReadonlyArray<A> => Array.from({ length: count }, read)

/** Opens a header packet of the given kind. */
const openHeader = (packet: Uint8Array, kind: number): VorbisBits => {
  const name = new TextDecoder("latin1").decode(packet.subarray(1, 7))
  if (packet[0] !== kind || name !== "vorbis") throw damagedVorbis()
  return new VorbisBits(packet, 7)
}

const at = <A>(list: ReadonlyArray<A>, index: number): A => {
  const item = list[index]
  if (item === undefined) throw damagedVorbis()
  return item
}

const readMapping = (
  bits: VorbisBits,
  channels: number,
  floors: ReadonlyArray<Floor>,
  residues: ReadonlyArray<Residue>,
): Mapping => {
  if (bits.read(16) !== 0) throw damagedVorbis()
  const count = bits.read(1) === 1 ? bits.read(4) + 1 : 1
  const width = bitLength(channels - 1)
  const couplings = times(bits.read(1) === 1 ? bits.read(8) + 1 : 0, () => {
    const pair = [bits.read(width), bits.read(width)] as const
    if (pair[0] === pair[1] || pair[0] >= channels || pair[1] >= channels) throw damagedVorbis()
    return pair
  })
  if (bits.read(2) !== 0) throw damagedVorbis()
  const submapOf = times(channels, () => (count > 1 ? bits.read(4) : 0))
  const submaps = times(count, () => {
    bits.read(8)
    return { floor: at(floors, bits.read(8)), residue: at(residues, bits.read(8)) }
  })
  if (submapOf.some((submap) => submap >= count)) throw damagedVorbis()
  return { couplings, submapOf, submaps }
}

const readSetup = (identification: Uint8Array, setup: Uint8Array): Setup => {
  const start = openHeader(identification, 1)
  if (start.read(32) !== 0) throw damagedVorbis()
  const channels = start.read(8)
  checkChannels(channels)
  const sampleRate = start.read(32)
  times(3, () => start.read(32))
  const blockSizes = [1 << start.read(4), 1 << start.read(4)] as const
  if (blockSizes[0] < 64 || blockSizes[1] > 8_192 || blockSizes[0] > blockSizes[1]) throw damagedVorbis()

  const bits = openHeader(setup, 5)
  const budget = makeBudget()
  const books = times(bits.read(8) + 1, () => readCodebook(bits, budget))
  times(bits.read(6) + 1, () => bits.read(16))
  const floors = times(bits.read(6) + 1, () => {
    if (bits.read(16) !== 1) throw unusable("unsupported", "The sample's Vorbis audio has a floor of the oldest type.")
    return readFloorSetup(bits, books)
  })
  const residues = times(bits.read(6) + 1, () => readResidueSetup(bits, books))
  const mappings = times(bits.read(6) + 1, () => readMapping(bits, channels, floors, residues))
  const modes = times(bits.read(6) + 1, () => {
    const isLong = bits.read(1) === 1
    bits.read(32)
    return { isLong, mapping: at(mappings, bits.read(8)) }
  })
  return { channels, sampleRate, blockSizes, modes }
}

/** The rising half of the power-complementary window, for each of the two lengths. */
const makeSlope = (length: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin((Math.PI / 2) * Math.sin(((i + 0.5) * Math.PI) / (2 * length)) ** 2))

/** Turns magnitude and angle back to two channels. */
const uncouple = (magnitudes: Float32Array, angles: Float32Array): void => {
  for (let i = 0; i < magnitudes.length; i++) {
    const magnitude = magnitudes[i]!
    const angle = angles[i]!
    const other = magnitude > 0 ? magnitude - Math.abs(angle) : magnitude + Math.abs(angle)
    if (angle > 0) angles[i] = other
    else {
      angles[i] = magnitude
      magnitudes[i] = other
    }
  }
}

/** A packet that ends within its spectrum is as long as its encoder wanted it. */
const untilEnd = (read: () => void): void => {
  try {
    read()
  } catch (error) {
    if (!(error instanceof EndOfBits)) throw error
  }
}

/** The spectra of one packet, in all channels. */
const readSpectra = (bits: VorbisBits, mapping: Mapping, size: number): ReadonlyArray<Float32Array> => {
  const { couplings, submapOf, submaps } = mapping
  const spectra = submapOf.map(() => new Float32Array(size / 2))
  let floors: ReadonlyArray<ReadonlyArray<number> | undefined> = submapOf.map(() => undefined)
  untilEnd(() => {
    floors = submapOf.map((submap) => readFloor(bits, submaps[submap]!.floor))
  })
  const isEmpty = floors.map((floor) => floor === undefined)
  for (const [magnitude, angle] of couplings) {
    if (!isEmpty[magnitude] || !isEmpty[angle]) isEmpty[magnitude] = isEmpty[angle] = false
  }
  for (const [submap, { residue }] of submaps.entries()) {
    const isHere = (_: unknown, channel: number) => submapOf[channel] === submap
    readResidue(bits, residue, spectra.filter(isHere), isEmpty.filter(isHere), untilEnd)
  }
  for (const [magnitude, angle] of couplings.toReversed()) uncouple(spectra[magnitude]!, spectra[angle]!)
  for (const [channel, spectrum] of spectra.entries()) {
    const coded = floors[channel]
    if (coded === undefined) spectrum.fill(0)
    else applyFloor(submaps[submapOf[channel]!]!.floor, coded, spectrum)
  }
  return spectra
}

/** The audio of the packets that follow the three headers. */
export function* decodeVorbis(
  identification: Uint8Array,
  setupHeader: Uint8Array,
  packets: Iterable<Uint8Array>,
): Generator<AudioBlock> {
  let setup: Setup
  try {
    setup = readSetup(identification, setupHeader)
  } catch (error) {
    throw error instanceof EndOfBits ? damagedVorbis() : error
  }
  const { blockSizes, channels, modes, sampleRate } = setup
  const transforms = blockSizes.map(makeImdct)
  const slopes = blockSizes.map((size) => makeSlope(size / 2))
  let previous: { readonly size: number; readonly signals: ReadonlyArray<Float32Array> } | undefined

  for (const packet of packets) {
    const bits = new VorbisBits(packet)
    if (packet.length === 0 || bits.read(1) !== 0) continue
    const mode = at(modes, bits.read(bitLength(modes.length - 1)))
    const index = mode.isLong ? 1 : 0
    const size = blockSizes[index]
    // The slopes follow from the neighbours' sizes.
    if (mode.isLong) untilEnd(() => void bits.read(2))
    const signals = readSpectra(bits, mode.mapping, size).map((spectrum) => {
      const signal = new Float32Array(size)
      transforms[index]!(spectrum, signal)
      return signal
    })
    if (previous !== undefined) {
      const length = (previous.size + size) / 4
      const slope = slopes[Math.min(previous.size, size) === blockSizes[0] ? 0 : 1]!
      const flat = (previous.size / 2 - slope.length) / 2
      const rise = (size / 2 - slope.length) / 2
      yield {
        channels: Array.from({ length: channels }, (_, channel) => {
          const out = new Float32Array(length)
          const before = previous!.signals[channel]!
          const after = signals[channel]!
          const half = previous!.size / 2
          for (let i = 0; i < flat; i++) out[i] = before[half + i]!
          for (let i = 0; i < slope.length; i++) {
            const falling = before[half + flat + i]! * slope[slope.length - 1 - i]!
            out[flat + i] = falling + after[rise + i]! * slope[i]!
          }
          for (let i = 0; i < rise; i++) out[flat + slope.length + i] = after[rise + slope.length + i]!
          return out
        }),
        sampleRate,
        lowFrequency: lowFrequencyOfVorbis(channels),
      }
    }
    previous = { size, signals }
  }
}

/** Takes the three headers apart that Matroska keeps in one, with the lengths of the first two before them. */
export const splitHeaders = (joined: Uint8Array): readonly [Uint8Array, Uint8Array, Uint8Array] => {
  let position = 1
  const readLength = () => {
    let length = 0
    for (;;) {
      const byte = joined[position++]
      if (byte === undefined) throw damagedVorbis()
      length += byte
      if (byte < 255) return length
    }
  }
  if (joined[0] !== 2) throw damagedVorbis()
  const first = readLength()
  const second = readLength()
  const start = position
  return [
    joined.subarray(start, start + first),
    joined.subarray(start + first, start + first + second),
    joined.subarray(start + first + second),
  ]
}
