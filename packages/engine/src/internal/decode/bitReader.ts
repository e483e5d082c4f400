/** Reads bits, most significant first, as FLAC and MPEG audio order them. */
import { EndOfBits } from "./block.ts"

export class BitReader {
  readonly bytes: Uint8Array
  /** In bits from the start. */
  position: number
  readonly limit: number

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes
    this.position = at * 8
    this.limit = bytes.length * 8
  }

  /** An unsigned number of 0 to 32 bits. */
  read(count: number): number {
    if (this.position + count > this.limit) throw new EndOfBits()
    let value = 0
    let left = count
    while (left > 0) {
      const used = this.position & 7
      const taken = Math.min(8 - used, left)
      const part = (this.bytes[this.position >>> 3]! >>> (8 - used - taken)) & ((1 << taken) - 1)
      // Not a shift: 32 bits would become negative.
      value = value * (1 << taken) + part
      this.position += taken
      left -= taken
    }
    return value
  }

  /** A number in two's complement. */
  readSigned(count: number): number {
    const value = this.read(count)
    return count > 0 && value >= 2 ** (count - 1) ? value - 2 ** count : value
  }

  /** How many zeros stand before the next one, which is read too. */
  readUnary(): number {
    let zeros = 0
    for (;;) {
      if (this.position >= this.limit) throw new EndOfBits()
      const used = this.position & 7
      const rest = (this.bytes[this.position >>> 3]! << used) & 0xff
      if (rest !== 0) {
        const leading = Math.clz32(rest) - 24
        this.position += leading + 1
        return zeros + leading
      }
      zeros += 8 - used
      this.position += 8 - used
    }
  }

  align(): void {
    this.position = (this.position + 7) & ~7
  }
}
