/**
 * What has arrived of a result so far, in memory: it lives as long as the program.
 */
import * as Effect from "effect/Effect"
import { type Digest, toHex } from "../Digest.ts"
import type { Partial, Whole } from "./partial.ts"

export const make = ({ sha256Of }: Pick<Digest["Service"], "sha256Of">): Partial<never> => {
  let whole: Whole = {}
  /** The first `bytes` of it have come; the rest is room for more. */
  let room = new Uint8Array(0)
  let bytes = 0
  const read = (first: number, length: number) => room.slice(first, Math.min(first + length, bytes))
  return {
    whole: () => whole,
    bytes: () => bytes,
    restart: (anew) =>
      Effect.sync(() => {
        whole = anew
        room = new Uint8Array(0)
        bytes = 0
      }),
    learn: (more) => void (whole = { ...whole, ...more }),
    append: (chunk) =>
      Effect.sync(() => {
        const size = bytes + chunk.byteLength
        if (size > room.byteLength) {
          // not what is announced: that may be untrue, and more than there is memory
          const wider = new Uint8Array(Math.max(size, 2 * room.byteLength))
          wider.set(room.subarray(0, bytes))
          room = wider
        }
        room.set(chunk, bytes)
        bytes = size
      }),
    read: (first, length) => Effect.sync(() => read(first, length)),
    sha256: Effect.suspend(() => Effect.map(sha256Of(room.subarray(0, bytes)), toHex)),
  }
}
