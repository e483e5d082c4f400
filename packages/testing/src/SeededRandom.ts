/**
 * Chance that can be repeated: the same seed gives the same numbers, everywhere.
 */
export interface SeededRandom {
  /** For the message of a test that fails. */
  readonly seed: number
  /** From 0 to `below`, without that. */
  readonly int: (below: number) => number
  readonly pick: <A>(options: readonly [A, ...ReadonlyArray<A>]) => A
  readonly bytes: (length: number) => Uint8Array<ArrayBuffer>
  /** The bytes in pieces of any size, empty ones among them. */
  readonly pieces: (bytes: Uint8Array) => ReadonlyArray<Uint8Array>
}

/** By default a seed that no run has had before. */
export const make = (seed: number = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0): SeededRandom => {
  // mulberry32
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
  const int = (below: number) => Math.floor((next() / 2 ** 32) * below)
  return {
    seed,
    int,
    pick: (options) => options[int(options.length)] ?? options[0],
    bytes: (length) => Uint8Array.from({ length }, () => int(256)),
    pieces: (bytes) => {
      const pieces: Array<Uint8Array> = []
      for (let offset = 0; offset < bytes.byteLength;) {
        const length = int(3) === 0 ? int(4) : int(bytes.byteLength)
        pieces.push(bytes.subarray(offset, offset + length))
        offset += length
      }
      return pieces
    },
  }
}
