/** Vorbis's floors: the rough shape of a spectrum as a line through some points (specification, section 7). */
import { bitLength, type Codebook, damagedVorbis, readEntry, type VorbisBits } from "./vorbisCodebook.ts"

interface FloorClass {
  readonly dimensions: number
  readonly subclassBits: number
  readonly master: Codebook | undefined
  readonly books: ReadonlyArray<Codebook | undefined>
}

export interface Floor {
  readonly partitions: ReadonlyArray<FloorClass>
  readonly multiplier: number
  /** Where the points lie, in the order of the file. */
  readonly places: ReadonlyArray<number>
  /** The points from left to right. */
  readonly order: ReadonlyArray<number>
  /** For each point, its nearest neighbours among those before it in the file. */
  readonly neighbours: ReadonlyArray<readonly [low: number, high: number]>
}

const ranges = [256, 128, 86, 64]
/** From -140 to 0 dB in equal steps. */
const decibels = Float32Array.from({ length: 256 }, (_, i) => 1.064_986_3e-7 ** (1 - i / 255))

const bookOf = (books: ReadonlyArray<Codebook>, number: number): Codebook => {
  const book = books[number]
  if (book === undefined) throw damagedVorbis()
  return book
}

const nearest = (places: ReadonlyArray<number>, point: number): readonly [number, number] => {
  let [low, high] = [0, 1]
  for (let i = 0; i < point; i++) {
    const place = places[i]!
    if (place < places[point]! && place > places[low]!) low = i
    if (place > places[point]! && place < places[high]!) high = i
  }
  return [low, high]
}

export const readFloorSetup = (bits: VorbisBits, books: ReadonlyArray<Codebook>): Floor => {
  const numbers = Array.from({ length: bits.read(5) }, () => bits.read(4))
  const classes = Array.from({ length: Math.max(-1, ...numbers) + 1 }, (): FloorClass => {
    const dimensions = bits.read(3) + 1
    const subclassBits = bits.read(2)
    const master = subclassBits > 0 ? bookOf(books, bits.read(8)) : undefined
    const subbooks = Array.from({ length: 1 << subclassBits }, () => {
      const number = bits.read(8)
      return number === 0 ? undefined : bookOf(books, number - 1)
    })
    return { dimensions, subclassBits, master, books: subbooks }
  })
  const multiplier = bits.read(2) + 1
  const width = bits.read(4)
  const partitions = numbers.map((number) => classes[number]!)
  const places = [0, 1 << width]
  for (const { dimensions } of partitions) for (let i = 0; i < dimensions; i++) places.push(bits.read(width))
  if (new Set(places).size < places.length) throw damagedVorbis()
  const order = places.map((_, i) => i).sort((a, b) => places[a]! - places[b]!)
  return { partitions, multiplier, places, order, neighbours: places.map((_, i) => nearest(places, i)) }
}

/** The heights of the points as they are coded; `undefined` where the spectrum is empty. */
export const readFloor = (bits: VorbisBits, { multiplier, partitions }: Floor): ReadonlyArray<number> | undefined => {
  if (bits.read(1) === 0) return undefined
  const width = bitLength(ranges[multiplier - 1]! - 1)
  const heights = [bits.read(width), bits.read(width)]
  for (const { books, dimensions, master, subclassBits } of partitions) {
    let choice = master === undefined ? 0 : readEntry(bits, master)
    for (let i = 0; i < dimensions; i++) {
      const book = books[choice & ((1 << subclassBits) - 1)]
      choice >>>= subclassBits
      heights.push(book === undefined ? 0 : readEntry(bits, book))
    }
  }
  return heights
}

const between = (x0: number, y0: number, x1: number, y1: number, x: number): number => {
  const offset = Math.floor((Math.abs(y1 - y0) * (x - x0)) / (x1 - x0))
  return y1 < y0 ? y0 - offset : y0 + offset
}

/** Multiplies the spectrum by the line through the points. */
export const applyFloor = (floor: Floor, coded: ReadonlyArray<number>, spectrum: Float32Array): void => {
  const { multiplier, neighbours, order, places } = floor
  const range = ranges[multiplier - 1]!
  const heights = [coded[0]!, coded[1]!]
  const isUsed = [true, true]
  for (let i = 2; i < places.length; i++) {
    const [low, high] = neighbours[i]!
    const expected = between(places[low]!, heights[low]!, places[high]!, heights[high]!, places[i]!)
    const above = range - expected
    const room = 2 * Math.min(above, expected)
    const value = coded[i]!
    isUsed[i] = value !== 0
    if (value === 0) {
      heights[i] = expected
      continue
    }
    isUsed[low] = isUsed[high] = true
    if (value >= room) heights[i] = above > expected ? value : expected - (value - above) - 1
    else heights[i] = value % 2 === 1 ? expected - (value + 1) / 2 : expected + value / 2
  }
  let x = 0
  let y = heights[0]! * multiplier
  for (const point of order.slice(1)) {
    if (isUsed[point] !== true) continue
    const nextX = places[point]!
    const nextY = heights[point]! * multiplier
    for (let i = x; i < Math.min(nextX, spectrum.length); i++) {
      spectrum[i]! *= decibels[Math.min(255, Math.max(0, renderAt(x, y, nextX, nextY, i)))]!
    }
    x = nextX
    y = nextY
  }
  for (let i = x; i < spectrum.length; i++) spectrum[i]! *= decibels[Math.min(255, Math.max(0, y))]!
}

/** A point of the line as the specification's integer algorithm draws it. */
const renderAt = (x0: number, y0: number, x1: number, y1: number, x: number): number => {
  const base = Math.trunc((y1 - y0) / (x1 - x0))
  const rest = Math.abs(y1 - y0) - Math.abs(base) * (x1 - x0)
  const steps = Math.floor((rest * (x - x0)) / (x1 - x0))
  return y0 + base * (x - x0) + (y1 < y0 ? -steps : steps)
}
