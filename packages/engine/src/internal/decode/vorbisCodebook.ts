/** Vorbis's bit packing, least significant bit first, and its codebooks (Vorbis I specification, sections 2 and 3). */
import { EndOfBits } from "./block.ts"
import { unusable } from "../refusal.ts"

export const damagedVorbis = () => unusable("damaged", "The sample is damaged: its Vorbis audio does not decode.")

/** Bounds on what a setup header may ask for; real ones ask for a tenth. */
const nodeLimit = 1_000_000
const vectorLimit = 4_000_000

export class VorbisBits {
  readonly bytes: Uint8Array
  private position: number
  private readonly limit: number

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes
    this.position = at * 8
    this.limit = bytes.length * 8
  }

  read(count: number): number {
    if (this.position + count > this.limit) throw new EndOfBits()
    let value = 0
    let done = 0
    while (done < count) {
      const used = this.position & 7
      const taken = Math.min(8 - used, count - done)
      value += ((this.bytes[this.position >>> 3]! >>> used) & ((1 << taken) - 1)) * 2 ** done
      this.position += taken
      done += taken
    }
    return value
  }

  readBit(): number {
    if (this.position >= this.limit) throw new EndOfBits()
    const bit = (this.bytes[this.position >>> 3]! >>> (this.position & 7)) & 1
    this.position++
    return bit
  }
}

/** Bits that a number takes. */
export const bitLength = (value: number): number => 32 - Math.clz32(value)

/** Room left for trees and vectors while a header is read. */
export interface Budget {
  nodes: number
  values: number
}

export const makeBudget = (): Budget => ({ nodes: nodeLimit, values: vectorLimit })

/** Takes from the budget, or refuses. */
const spend = (budget: Budget, what: keyof Budget, amount: number) => {
  budget[what] -= amount
  if (budget[what] < 0) throw unusable("too demanding", "The sample's Vorbis header asks for too much memory.")
}

export interface Codebook {
  readonly dimensions: number
  /** Two children for each node: a node above 0, an entry as its complement, 0 for none. */
  readonly tree: ReadonlyArray<number>
  /** `dimensions` values for each entry; absent in books of plain numbers. */
  readonly vectors: Float32Array | undefined
}

const readLengths = (bits: VorbisBits, entries: number): Uint8Array => {
  const lengths = new Uint8Array(entries)
  if (bits.read(1) === 0) {
    const isSparse = bits.read(1) === 1
    for (let i = 0; i < entries; i++) lengths[i] = isSparse && bits.read(1) === 0 ? 0 : bits.read(5) + 1
    return lengths
  }
  let length = bits.read(5) + 1
  for (let i = 0; i < entries; length++) {
    const count = bits.read(bitLength(entries - i))
    if (i + count > entries || length > 32) throw damagedVorbis()
    lengths.fill(length, i, i + count)
    i += count
  }
  return lengths
}

/** Puts an entry at the end of its code's path. */
const insert = (tree: Array<number>, code: number, length: number, entry: number, budget: Budget): void => {
  let node = 0
  for (let left = length - 1; left >= 0; left--) {
    const place = node * 2 + (Math.floor(code / 2 ** left) % 2)
    if (left === 0) {
      tree[place] = ~entry
    } else {
      if (tree[place] === 0) {
        spend(budget, "nodes", 1)
        tree[place] = tree.length / 2
        tree.push(0, 0)
      }
      node = tree[place]!
    }
  }
}

/** Gives every entry the first free code of its length, as libvorbis does. */
const makeTree = (lengths: Uint8Array, budget: Budget): ReadonlyArray<number> => {
  const tree = [0, 0]
  /** By length, the first free code. */
  const free = Array.from({ length: 33 }, () => 0)
  let used = 0
  for (const [entry, length] of lengths.entries()) {
    if (length === 0) continue
    used++
    const code = free[length]!
    if (code >= 2 ** length) throw damagedVorbis()
    insert(tree, code, length, entry, budget)
    for (let shorter = length; shorter > 0; shorter--) {
      if (free[shorter]! % 2 === 1) {
        // The branch is full: the next one is where the shorter codes go on.
        free[shorter] = shorter === 1 ? free[shorter]! + 1 : free[shorter - 1]! * 2
        break
      }
      free[shorter]!++
    }
    for (let longer = length + 1, taken = code; longer <= 32; longer++) {
      if (Math.floor(free[longer]! / 2) !== taken) break
      taken = free[longer]!
      free[longer] = free[longer - 1]! * 2
    }
  }
  // A book of one entry spends a bit on it, whichever.
  if (used === 1 && tree.length === 2) tree[1] = tree[0]!
  return tree
}

/** The greatest number whose power `dimensions` is not above `entries`. */
const valuesPerDimension = (entries: number, dimensions: number): number => {
  let values = Math.floor(entries ** (1 / dimensions) + 1e-9)
  while ((values + 1) ** dimensions <= entries) values++
  while (values ** dimensions > entries) values--
  return values
}

const readFloat = (bits: VorbisBits): number => {
  const packed = bits.read(32)
  const mantissa = packed % 2 ** 21
  const exponent = Math.floor(packed / 2 ** 21) % 1_024
  return (packed >= 2 ** 31 ? -mantissa : mantissa) * 2 ** (exponent - 788)
}

const readVectors = (bits: VorbisBits, entries: number, dimensions: number, budget: Budget) => {
  const type = bits.read(4)
  if (type === 0) return undefined
  if (type > 2) throw damagedVorbis()
  const least = readFloat(bits)
  const step = readFloat(bits)
  const width = bits.read(4) + 1
  const isSequence = bits.read(1) === 1
  spend(budget, "values", entries * dimensions)
  const count = type === 1 ? valuesPerDimension(entries, dimensions) : entries * dimensions
  const factors = Array.from({ length: count }, () => bits.read(width))
  const vectors = new Float32Array(entries * dimensions)
  for (let entry = 0; entry < entries; entry++) {
    let last = 0
    let divisor = 1
    for (let i = 0; i < dimensions; i++) {
      const factor = type === 1 ? Math.floor(entry / divisor) % count : entry * dimensions + i
      const value = factors[factor]! * step + least + last
      vectors[entry * dimensions + i] = value
      if (isSequence) last = value
      divisor *= count
    }
  }
  return vectors
}

export const readCodebook = (bits: VorbisBits, budget: Budget): Codebook => {
  if (bits.read(24) !== 0x56_43_42) throw damagedVorbis()
  const dimensions = bits.read(16)
  const entries = bits.read(24)
  if (dimensions === 0 || entries === 0) throw damagedVorbis()
  spend(budget, "nodes", entries)
  const tree = makeTree(readLengths(bits, entries), budget)
  return { dimensions, tree, vectors: readVectors(bits, entries, dimensions, budget) }
}

/** Reads one entry's number. */
export const readEntry = (bits: VorbisBits, { tree }: Codebook): number => {
  let node = 0
  for (;;) {
    node = tree[node * 2 + bits.readBit()]!
    if (node < 0) return ~node
    if (node === 0) throw damagedVorbis()
  }
}
