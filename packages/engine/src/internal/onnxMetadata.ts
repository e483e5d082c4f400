/** Reads what an ONNX model says about itself, without loading it. */
import { open } from "node:fs/promises"

/** Field numbers of `ModelProto` and `StringStringEntryProto`; see onnx/onnx.proto. */
const fields = { irVersion: 1, metadata: 14, key: 1, value: 2 } as const
/** Of one entry, in bytes; longer ones hold no numbers and names. */
const entryLimit = 4_096

/** Reads protobuf's base-128 numbers; `undefined` where there is none. */
const varint = (bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } | undefined => {
  let value = 0
  for (let i = 0; i < 10; i++) {
    const byte = bytes[at + i]
    if (byte === undefined) return undefined
    value += (byte & 127) * 2 ** (7 * i)
    if (byte < 128) return { value, end: at + i + 1 }
  }
  return undefined
}

const entryOf = (bytes: Uint8Array): readonly [string, string] => {
  const found = new Map<number, string>()
  for (let at = 0; at < bytes.length;) {
    const tag = varint(bytes, at)
    const size = tag === undefined ? undefined : varint(bytes, tag.end)
    if (tag === undefined || size === undefined || tag.value % 8 !== 2) break
    found.set(Math.floor(tag.value / 8), new TextDecoder().decode(bytes.subarray(size.end, size.end + size.value)))
    at = size.end + size.value
  }
  return [found.get(fields.key) ?? "", found.get(fields.value) ?? ""]
}

/**
 * The model's metadata; `undefined` where the file is no ONNX model, or not all of one: an aborted download, the pointer
 * that Git leaves in place of a large file. Reads little, however large the model.
 */
export const onnxMetadata = async (path: string): Promise<ReadonlyMap<string, string> | undefined> => {
  await using file = await open(path)
  const { size: total } = await file.stat()
  const metadata = new Map<string, string>()
  for (let at = 0; at < total;) {
    const { bytesRead, buffer } = await file.read(new Uint8Array(20), 0, 20, at)
    const head = buffer.subarray(0, bytesRead)
    const tag = varint(head, 0)
    const size = tag === undefined ? undefined : varint(head, tag.end)
    if (tag === undefined || size === undefined) return undefined
    const field = Math.floor(tag.value / 8)
    if (at === 0 && tag.value !== fields.irVersion * 8) return undefined
    if (tag.value % 8 === 0) {
      at += size.end
    } else if (tag.value % 8 === 2) {
      const end = at + size.end + size.value
      if (end > total) return undefined
      if (field === fields.metadata && size.value <= entryLimit) {
        const entry = await file.read(new Uint8Array(size.value), 0, size.value, at + size.end)
        metadata.set(...entryOf(entry.buffer))
      }
      at = end
    } else {
      return undefined
    }
  }
  return total === 0 ? undefined : metadata
}
