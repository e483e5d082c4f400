/**
 * Unpacks a tar archive, plain or packed by gzip or bzip2, told apart by their content. Only files and directories come
 * out of it, below the directory that is given, and not more than a model takes.
 */
import { createReadStream } from "node:fs"
import { open } from "node:fs/promises"
import { PassThrough } from "node:stream"
import { pipeline } from "node:stream/promises"
import { Unpack } from "tar"
// @ts-expect-error The package has no types.
import unbzip2 from "unbzip2-stream"

/** Models for a processor take under 1 GB; more than this would fill a disk. */
const bytesLimit = 8 * 1024 ** 3
const entriesLimit = 20_000

const startsWith = (bytes: Uint8Array, ...magic: ReadonlyArray<number>) => magic.every((byte, i) => bytes[i] === byte)

/** What takes the packing off; tar sees to gzip by itself. */
const unpacking = async (archive: string): Promise<NodeJS.ReadWriteStream> => {
  const head = new Uint8Array(512)
  {
    await using file = await open(archive, "r")
    await file.read(head)
  }
  if (startsWith(head, 0x42, 0x5a, 0x68)) return (unbzip2 as () => NodeJS.ReadWriteStream)()
  const isTar = new TextDecoder("latin1").decode(head.subarray(257, 262)) === "ustar"
  if (startsWith(head, 0x1f, 0x8b) || isTar) return new PassThrough()
  throw new Error("it is no tar archive, plain or packed by gzip or bzip2")
}

/** Rejects where the archive is damaged, cut short or not one, and where it holds more than a model does. */
export const unpack = async (archive: string, directory: string): Promise<void> => {
  let entries = 0
  let bytes = 0
  let refusal: Error | undefined
  const extraction = new Unpack({
    cwd: directory,
    // what is odd about an archive is an error, not a warning
    strict: true,
    preserveOwner: false,
    noMtime: true,
    filter: (path, entry) => {
      if (!("type" in entry)) return false
      entries++
      bytes += entry.size ?? 0
      if (entries > entriesLimit || bytes > bytesLimit) refusal ??= new Error("it holds more than a model does")
      if (!["File", "OldFile", "ContiguousFile", "Directory"].includes(entry.type)) {
        refusal ??= new Error(`it holds ${path}, which is neither a file nor a directory`)
      }
      return refusal === undefined
    },
  })
  const unpacked = await unpacking(archive)
  await pipeline(createReadStream(archive), unpacked, extraction)
  if (refusal !== undefined) throw refusal
  if (entries === 0) throw new Error("it is empty")
}
