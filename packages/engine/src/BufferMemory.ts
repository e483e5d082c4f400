/**
 * Gives memory back at once. V8 looks for buffers that nobody needs any more when 64 MB of them have gathered, and a server
 * that only makes speech gathers them for half an hour.
 */

/** Whatever is posted here is thrown away. */
const makeNowhere = (): MessagePort => {
  const { port1, port2 } = new MessageChannel()
  port2.close()
  return port1
}

let nowhere: MessagePort | undefined

/**
 * Empties a buffer and frees its memory. Every view of it has a length of 0 from then on, so it has to be the caller's own.
 *
 * @example
 * ```ts
 * yield* file.writeAll(new Uint8Array(pcm.buffer))
 * BufferMemory.release(pcm.buffer)
 * ```
 */
export const release = (buffer: ArrayBuffer): void => {
  // Node.js 20 and older browsers have no way to detach a buffer but to send it away.
  if (typeof buffer.transfer === "function") buffer.transfer(0)
  else (nowhere ??= makeNowhere()).postMessage(null, [buffer])
}
