import { assert, describe, it } from "@effect/vitest"
import * as BufferMemory from "../src/BufferMemory.ts"

describe("BufferMemory", () => {
  it.each(["as this runtime can", "where buffers have no transfer"])("empties a buffer, %s", (how) => {
    const pcm = new Int16Array(1_000)
    if (how.startsWith("where")) Object.defineProperty(pcm.buffer, "transfer", { value: undefined })
    BufferMemory.release(pcm.buffer)
    assert.deepStrictEqual([pcm.length, pcm.buffer.byteLength], [0, 0])
  })
})
