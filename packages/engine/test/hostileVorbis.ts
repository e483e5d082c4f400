/** An Ogg file whose setup header asks for far more memory than audio needs, in a few kilobytes. */

/** Packs numbers least significant bit first, as Vorbis does. */
class BitWriter {
  private readonly bits: Array<number> = []

  write(...fields: ReadonlyArray<readonly [value: number, width: number]>): void {
    for (const [value, width] of fields) for (let i = 0; i < width; i++) this.bits.push(Math.floor(value / 2 ** i) % 2)
  }

  packet(type: number): Uint8Array {
    const body = Uint8Array.from({ length: Math.ceil(this.bits.length / 8) }, (_, at) =>
      this.bits.slice(at * 8, at * 8 + 8).reduce((byte, bit, i) => byte + bit * 2 ** i, 0),
    )
    return Uint8Array.of(type, ...new TextEncoder().encode("vorbis"), ...body)
  }
}

const identification = (): Uint8Array => {
  const bits = new BitWriter()
  // Version, channels, rate, three bit rates, block sizes of 256 and 2,048, framing.
  bits.write([0, 32], [1, 8], [16_000, 32], [0, 32], [0, 32], [0, 32], [8, 4], [11, 4], [1, 1])
  return bits.packet(1)
}

const comments = (): Uint8Array => {
  const bits = new BitWriter()
  bits.write([0, 32], [0, 32], [1, 1])
  return bits.packet(3)
}

const setup = (books: number): Uint8Array => {
  const bits = new BitWriter()
  bits.write([books - 1, 8])
  for (let i = 0; i < books; i++) {
    // Vectors of 1,024 numbers, 4,096 of them, all with codes of 12 bits: 16 MiB once unpacked.
    bits.write([0x56_43_42, 24], [1_024, 16], [4_096, 24], [1, 1], [11, 5], [4_096, 13])
    // Their values by a table of a single entry.
    bits.write([1, 4], [0, 32], [0, 32], [0, 4], [0, 1], [0, 1])
  }
  // One time, one floor of type 1 without partitions, one residue, one mapping, one mode.
  bits.write([0, 6], [0, 16], [0, 6], [1, 16], [0, 5], [0, 2], [8, 4])
  bits.write([0, 6], [0, 16], [0, 24], [0, 24], [0, 24], [0, 6], [0, 8], [0, 3], [0, 1])
  bits.write([0, 6], [0, 16], [0, 1], [0, 1], [0, 2], [0, 8], [0, 8], [0, 8])
  bits.write([0, 6], [0, 1], [0, 16], [0, 16], [0, 8], [1, 1])
  return bits.packet(5)
}

const page = (sequence: number, packet: Uint8Array): Uint8Array => {
  const lacing = [...Array<number>(Math.floor(packet.length / 255)).fill(255), packet.length % 255]
  const bytes = new Uint8Array(27 + lacing.length + packet.length)
  bytes.set(new TextEncoder().encode("OggS"))
  bytes[5] = sequence === 0 ? 2 : 0
  bytes[14] = 1
  bytes[18] = sequence
  bytes[26] = lacing.length
  bytes.set(lacing, 27)
  bytes.set(packet, 27 + lacing.length)
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 24
    for (let i = 0; i < 8; i++) crc = crc & 0x8000_0000 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1
  }
  new DataView(bytes.buffer).setInt32(22, crc, true)
  return bytes
}

/** An Ogg file of Vorbis whose codebooks take `books` times 16 MiB. */
export const demandingVorbis = (books: number): Uint8Array => {
  const packets = [identification(), comments(), setup(books), Uint8Array.of(0, 0), Uint8Array.of(0, 0)]
  return Uint8Array.from(packets.flatMap((packet, i) => [...page(i, packet)]))
}
