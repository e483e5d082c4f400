/**
 * The voice sample of a task as engines read it: in parts, for it may be larger than memory.
 */
import type { SampleSource } from "@voiceclone/engine/SampleFormat"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { BlobStore, BlobStoreFailed, sampleOf } from "./BlobStore.ts"

/** The sample in the store. */
export const source = Effect.fnUntraced(function* (
  taskId: string,
): Effect.fn.Return<SampleSource<BlobStoreFailed>, BlobStoreFailed, BlobStore> {
  const blobs = yield* BlobStore
  const name = sampleOf(taskId)
  const found = yield* blobs.size(name)
  if (Option.isNone(found)) {
    const cause = new Error("There is no such blob")
    return yield* new BlobStoreFailed({ operation: "find", name, isMissing: true, cause })
  }
  const size = found.value
  return {
    size,
    read: Effect.fnUntraced(function* (offset, wanted) {
      const bytes = new Uint8Array(Math.max(0, Math.min(wanted, size - offset)))
      let at = 0
      yield* blobs.copy(name, { offset, length: bytes.length }, (piece) =>
        Effect.sync(() => {
          bytes.set(piece, at)
          at += piece.byteLength
        }),
      )
      return bytes
    }),
  }
})
