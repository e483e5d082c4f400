/**
 * gzip (RFC 1952) that compresses nothing: stored blocks, made at once and in any runtime.
 */

const crc32 = (bytes: Uint8Array): number => {
  let crc = 0xffff_ffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0)
  }
  return (crc ^ 0xffff_ffff) >>> 0
}

const blockBytes = 0xffff

export const gzip = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => {
  const blocks = Math.max(1, Math.ceil(bytes.byteLength / blockBytes))
  const packed = new Uint8Array(10 + blocks * 5 + bytes.byteLength + 8)
  const view = new DataView(packed.buffer)
  packed.set([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
  let offset = 10
  for (let block = 0; block < blocks; block++) {
    const part = bytes.subarray(block * blockBytes, (block + 1) * blockBytes)
    view.setUint8(offset, block === blocks - 1 ? 1 : 0)
    view.setUint16(offset + 1, part.byteLength, true)
    view.setUint16(offset + 3, ~part.byteLength & 0xffff, true)
    packed.set(part, offset + 5)
    offset += 5 + part.byteLength
  }
  view.setUint32(offset, crc32(bytes), true)
  view.setUint32(offset + 4, bytes.byteLength % 2 ** 32, true)
  return packed
}
