/**
 * Takes the packets of the first audio track out of a WebM or Matroska file (RFC 9559). Containers are entered and all
 * else is passed over, so that unknown sizes, which live recordings have, need no further care.
 */
import { unusable } from "../refusal.ts"

/** Elements by their identifiers. */
const ids = {
  segment: 0x18538067,
  tracks: 0x1654ae6b,
  track: 0xae,
  trackNumber: 0xd7,
  trackType: 0x83,
  codec: 0x86,
  codecPrivate: 0x63a2,
  encodings: 0x6d80,
  cluster: 0x1f43b675,
  blockGroup: 0xa0,
  block: 0xa1,
  simpleBlock: 0xa3,
} as const

const entered: ReadonlySet<number> = new Set([ids.segment, ids.tracks, ids.track, ids.cluster, ids.blockGroup])

const damaged = () => unusable("damaged", "The WebM file is damaged: its structure cannot be read.")
const truncated = () => unusable("truncated", "The WebM file is cut short: it ends before it says it does.")

interface Element {
  readonly id: number
  readonly start: number
  /** Infinity where unknown. */
  readonly size: number
}

/** A number whose leading zeros tell its length; `undefined` where all bits of it are set. */
const readVint = (bytes: Uint8Array, at: number, keepMarker: boolean): { value: number | undefined; end: number } => {
  const first = bytes[at]
  if (first === undefined) throw truncated()
  const length = Math.clz32(first) - 23
  if (length > 8) throw damaged()
  if (at + length > bytes.length) throw truncated()
  let value = keepMarker ? first : first & ((1 << (8 - length)) - 1)
  let isOpen = (first | ((0xff << (8 - length)) & 0xff)) === 0xff
  for (let i = 1; i < length; i++) {
    value = value * 256 + bytes[at + i]!
    isOpen &&= bytes[at + i] === 0xff
  }
  return { value: isOpen && !keepMarker ? undefined : value, end: at + length }
}

const readElement = (bytes: Uint8Array, at: number): Element => {
  const id = readVint(bytes, at, true)
  const size = readVint(bytes, id.end, false)
  return { id: id.value!, start: size.end, size: size.value ?? Infinity }
}

const readUnsigned = (bytes: Uint8Array): number => bytes.reduce((value, byte) => value * 256 + byte, 0)

/** An audio track. */
export interface WebmTrack {
  readonly number: number
  /** For example `A_OPUS`. */
  readonly codec: string
  /** The codec's own header. */
  readonly header: Uint8Array
}

/** The first audio track that is whole, and then its packets. */
export const readWebm = (bytes: Uint8Array): { readonly track: WebmTrack; readonly packets: Iterable<Uint8Array> } => {
  const elements = walk(bytes)
  let number = 0
  let type = 0
  let codec = ""
  let header = new Uint8Array()
  let isEncoded = false
  const found = (): WebmTrack | undefined => {
    if (type !== 2) return undefined
    if (isEncoded) throw unusable("unsupported", "The WebM file's audio is compressed or encrypted once more.")
    return { number, codec, header }
  }
  // Not a loop over the generator: leaving one would end it.
  for (let next = elements.next(); next.done !== true; next = elements.next()) {
    const { body, id } = next.value
    if (id === ids.track || id === ids.cluster) {
      const track = found()
      // Before the first cluster there is no block, so the walk goes on from here.
      if (track !== undefined) return { track, packets: readPackets(elements, track) }
      if (id === ids.cluster) break
      type = 0
      isEncoded = false
      header = new Uint8Array()
    } else if (id === ids.trackNumber) number = readUnsigned(body)
    else if (id === ids.trackType) type = readUnsigned(body)
    else if (id === ids.codec) codec = new TextDecoder("latin1").decode(body.subarray(0, 64)).replace(/\0+$/u, "")
    else if (id === ids.codecPrivate) header = body.slice()
    else if (id === ids.encodings) isEncoded = true
  }
  throw unusable("unsupported", "The WebM file holds no audio.")
}

/** All elements in the order of the file; those that are entered have no body. */
function* walk(bytes: Uint8Array): Generator<{ readonly id: number; readonly body: Uint8Array }> {
  for (let at = 0; at < bytes.length;) {
    const { id, size, start } = readElement(bytes, at)
    if (size !== Infinity && start + size > bytes.length) throw truncated()
    if (entered.has(id)) {
      yield { id, body: bytes.subarray(start, start) }
      at = start
    } else if (size === Infinity) {
      throw damaged()
    } else {
      yield { id, body: bytes.subarray(start, start + size) }
      at = start + size
    }
  }
}

function* readPackets(
  elements: Iterable<{ readonly id: number; readonly body: Uint8Array }>,
  track: WebmTrack,
): Generator<Uint8Array> {
  for (const { body, id } of elements) {
    if (id !== ids.simpleBlock && id !== ids.block) continue
    const { end, value } = readVint(body, 0, false)
    if (value !== track.number) continue
    if (end + 3 > body.length) throw damaged()
    // Two bytes of time, then flags.
    if ((body[end + 2]! & 0x06) !== 0) throw unusable("unsupported", "The WebM file's audio is laced.")
    yield body.subarray(end + 3)
  }
}
