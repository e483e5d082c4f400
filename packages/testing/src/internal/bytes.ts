/** Whether the bytes are the same, and as many. */
export const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index])

/** All chunks in one. */
export const concat = (chunks: ReadonlyArray<Uint8Array>): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0))
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.byteLength
  }
  return whole
}

/** Cuts bytes into pieces of these sizes, without empty ones; what is left after them is one more. */
export const inPieces = function* (bytes: Uint8Array, sizes: Iterable<number>): Generator<Uint8Array> {
  let offset = 0
  for (const size of sizes) {
    if (offset >= bytes.byteLength) return
    if (size <= 0) continue
    yield bytes.subarray(offset, offset + size)
    offset += size
  }
  if (offset < bytes.byteLength) yield bytes.subarray(offset)
}
