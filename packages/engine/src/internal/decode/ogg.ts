/** Takes the packets of one audio stream out of an Ogg file (RFC 3533). */
import { EndOfBits } from "./block.ts"
import { unusable } from "../refusal.ts"

/** A packet beyond this is no audio: setup headers take a few kilobytes, artwork in comments some megabytes. */
const packetLimit = 16 * 1024 * 1024

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24
  for (let i = 0; i < 8; i++) value = value & 0x8000_0000 ? (value << 1) ^ 0x04c1_1db7 : value << 1
  return value
})

/** The page's checksum, reckoned with zeros in its own place. */
const checksum = (page: Uint8Array): number => {
  let crc = 0
  for (let i = 0; i < page.length; i++) {
    const byte = i >= 22 && i < 26 ? 0 : page[i]!
    crc = (crc << 8) ^ crcTable[(crc >>> 24) ^ byte]!
  }
  return crc >>> 0
}

interface Page {
  readonly serial: number
  readonly isFirst: boolean
  readonly continues: boolean
  readonly lacing: Uint8Array
  readonly body: Uint8Array
  readonly end: number
}

const readPage = (bytes: Uint8Array, at: number): Page => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (at + 27 > bytes.length) throw new EndOfBits()
  if (view.getUint32(at) !== 0x4f_67_67_53 || bytes[at + 4] !== 0) {
    throw unusable("damaged", "The Ogg file is damaged: a page does not begin where the one before it ends.")
  }
  const lacing = bytes.subarray(at + 27, at + 27 + bytes[at + 26]!)
  const start = at + 27 + bytes[at + 26]!
  const end = start + lacing.reduce((sum, size) => sum + size, 0)
  if (end > bytes.length) throw new EndOfBits()
  if (checksum(bytes.subarray(at, end)) !== view.getUint32(at + 22, true)) {
    throw unusable("damaged", "The Ogg file is damaged: a page's checksum is wrong.")
  }
  const flags = bytes[at + 5]!
  const serial = view.getUint32(at + 14, true)
  const body = bytes.subarray(start, end)
  return { serial, isFirst: (flags & 2) !== 0, continues: (flags & 1) !== 0, lacing, body, end }
}

const join = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  if (parts.length === 1) return parts[0]!
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** The packets of the first stream whose first packet `isAudio` takes; other streams beside it are passed over. */
export function* oggPackets(bytes: Uint8Array, isAudio: (first: Uint8Array) => boolean): Generator<Uint8Array> {
  const cut = () => unusable("truncated", "The Ogg file is cut short: it ends within a page or a packet.")
  let chosen: number | undefined
  let parts: Array<Uint8Array> = []
  let size = 0
  for (let at = 0; at < bytes.length;) {
    let page: Page
    try {
      page = readPage(bytes, at)
    } catch (error) {
      throw error instanceof EndOfBits ? cut() : error
    }
    at = page.end
    if (page.isFirst) {
      // Another stream after the chosen one has ended is the next song of a chain.
      if (chosen === undefined && isAudio(page.body)) chosen = page.serial
      else if (chosen === page.serial) return
    }
    if (page.serial !== chosen) continue
    if (page.continues !== parts.length > 0) {
      throw unusable("damaged", "The Ogg file is damaged: part of a packet is missing.")
    }
    let start = 0
    let length = 0
    for (const [i, lace] of page.lacing.entries()) {
      length += lace
      if (lace === 255 && i + 1 < page.lacing.length) continue
      parts.push(page.body.subarray(start, start + length))
      size += length
      start += length
      length = 0
      if (size > packetLimit) throw unusable("too demanding", "The Ogg file holds a packet of more than 16 MiB.")
      if (lace === 255) continue
      yield join(parts)
      parts = []
      size = 0
    }
  }
  if (parts.length > 0) throw cut()
}
