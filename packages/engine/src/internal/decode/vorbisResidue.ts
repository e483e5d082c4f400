/** Vorbis's residues: the fine structure of a spectrum, by vector quantization (specification, section 8). */
import { type Codebook, damagedVorbis, readEntry, type VorbisBits } from "./vorbisCodebook.ts"

export interface Residue {
  /** 0 spreads a vector over its partition, 1 lays it out in a row, 2 is 1 over all channels interleaved. */
  readonly type: number
  readonly begin: number
  readonly end: number
  readonly partitionSize: number
  readonly classBook: Codebook
  /** By class, then by pass. */
  readonly books: ReadonlyArray<ReadonlyArray<Codebook | undefined>>
}

const passes = 8

export const readResidueSetup = (bits: VorbisBits, books: ReadonlyArray<Codebook>): Residue => {
  const type = bits.read(16)
  if (type > 2) throw damagedVorbis()
  const begin = bits.read(24)
  const end = bits.read(24)
  const partitionSize = bits.read(24) + 1
  const classes = bits.read(6) + 1
  const classBook = books[bits.read(8)]
  if (classBook === undefined) throw damagedVorbis()
  const cascades = Array.from({ length: classes }, () => {
    const low = bits.read(3)
    return low | (bits.read(1) === 1 ? bits.read(5) << 3 : 0)
  })
  const cascaded = cascades.map((cascade) =>
    Array.from({ length: passes }, (_, pass) => {
      if (((cascade >> pass) & 1) === 0) return undefined
      const book = books[bits.read(8)]
      if (book?.vectors === undefined) throw damagedVorbis()
      return book
    }),
  )
  return { type, begin, end, partitionSize, classBook, books: cascaded }
}

/** Adds the vectors of one partition to what is there. */
const readPartition = (bits: VorbisBits, residue: Residue, book: Codebook, out: Float32Array, from: number): void => {
  const { dimensions, vectors } = book
  const { partitionSize, type } = residue
  const step = type === 0 ? Math.floor(partitionSize / dimensions) : 1
  const count = type === 0 ? step : Math.ceil(partitionSize / dimensions)
  for (let i = 0; i < count; i++) {
    const vector = readEntry(bits, book) * dimensions
    const start = from + (type === 0 ? i : i * dimensions)
    const length = type === 0 ? dimensions : Math.min(dimensions, partitionSize - i * dimensions)
    for (let k = 0; k < length; k++) out[start + k * step]! += vectors![vector + k]!
  }
}

/** Fills vectors of equal length. */
const readVectors = (bits: VorbisBits, residue: Residue, vectors: ReadonlyArray<Float32Array>): void => {
  const { begin, books, classBook, end, partitionSize } = residue
  const length = vectors[0]?.length ?? 0
  const count = Math.floor(Math.max(0, Math.min(end, length) - Math.min(begin, length)) / partitionSize)
  const classes = vectors.map(() => new Uint8Array(count + classBook.dimensions))
  for (let pass = 0; pass < passes; pass++) {
    for (let partition = 0; partition < count; partition++) {
      if (pass === 0 && partition % classBook.dimensions === 0) {
        for (const chosen of classes) {
          let packed = readEntry(bits, classBook)
          for (let i = classBook.dimensions - 1; i >= 0; i--) {
            chosen[partition + i] = packed % books.length
            packed = Math.floor(packed / books.length)
          }
        }
      }
      for (const [i, vector] of vectors.entries()) {
        const book = books[classes[i]![partition]!]![pass]
        if (book !== undefined) readPartition(bits, residue, book, vector, begin + partition * partitionSize)
      }
    }
  }
}

/** Reads the residue of the channels that have one; a packet that ends early leaves the rest as it is. */
export const readResidue = (
  bits: VorbisBits,
  residue: Residue,
  spectra: ReadonlyArray<Float32Array>,
  isEmpty: ReadonlyArray<boolean>,
  onEnd: (read: () => void) => void,
): void => {
  if (residue.type !== 2) {
    const vectors = spectra.filter((_, i) => isEmpty[i] !== true)
    onEnd(() => readVectors(bits, residue, vectors))
    return
  }
  if (isEmpty.every(Boolean)) return
  const length = spectra[0]?.length ?? 0
  const all = new Float32Array(length * spectra.length)
  onEnd(() => readVectors(bits, residue, [all]))
  for (const [channel, spectrum] of spectra.entries()) {
    for (let i = 0; i < length; i++) spectrum[i] = all[i * spectra.length + channel]!
  }
}
