/**
 * A volume in the origin private file system (File System Standard): on this device's disk, seen by this origin alone.
 */
import type * as opfsWriter from "./opfsWriter.ts"
import { exists, mismatch, missing, segmentsOf, type Volume } from "./volume.ts"

/** `move` is everywhere where the rest is, and in no standard yet. */
interface Movable extends FileSystemFileHandle {
  readonly move: (directory: FileSystemDirectoryHandle, name: string) => Promise<void>
}

/** A file that is renamed over while it is read is read again, so often at most. */
const rereads = 20

const isNamed = (error: unknown, ...names: ReadonlyArray<string>): boolean =>
  error instanceof DOMException && names.includes(error.name)

/** Why there is no such volume here; `undefined` where there is one. */
export const lack = (): string | undefined => {
  if (!globalThis.isSecureContext) return "this page is not served over https"
  if (typeof navigator.storage?.getDirectory !== "function") return "this browser has no private file system"
  if (!("move" in FileSystemFileHandle.prototype) || navigator.locks === undefined) return "this browser is too old"
  return undefined
}

/** Opens the volume in a directory of its own. Rejects where the browser doesn't let it, as in some private windows. */
export const open = async (name: string, writer: opfsWriter.Writer): Promise<Volume> => {
  const rootOf = async () => {
    const top = await navigator.storage.getDirectory()
    return top.getDirectoryHandle(name, { create: true })
  }
  await rootOf()

  const directoryAt = async (segments: ReadonlyArray<string>): Promise<FileSystemDirectoryHandle> => {
    // each time anew: whoever clears the browser's storage, in another tab say, takes it too, and in WebKit all handles are
    // of no use any more when its network process was ended, as on a phone in the background
    let directory = await rootOf()
    for (const segment of segments) directory = await directory.getDirectoryHandle(encode(segment))
    return directory
  }
  const placeOf = async (path: string) => {
    const segments = segmentsOf(path)
    const name = segments.at(-1)
    if (name === undefined) throw mismatch("It is a directory")
    return { directory: await directoryAt(segments.slice(0, -1)), name: encode(name) }
  }
  const fileAt = async (path: string): Promise<FileSystemFileHandle> => {
    const { directory, name } = await placeOf(path)
    return directory.getFileHandle(name)
  }
  /** What a file has is told by its snapshot, which ends when the file is written or renamed over. */
  const look = async <A>(path: string, at: (file: File) => A | Promise<A>): Promise<A> => {
    await writer.settle()
    for (let tries = 1; ; tries++) {
      const handle = await fileAt(path)
      try {
        return await at(await handle.getFile())
      } catch (error) {
        // Firefox says AbortError of a snapshot that ends while it is read
        if (tries === rereads || !isNamed(error, "NotReadableError", "NotFoundError", "AbortError")) throw error
      }
    }
  }
  /** What another must not do at the same time, be it in another tab. */
  const alone = <A>(path: string, act: () => Promise<A>): Promise<A> =>
    navigator.locks.request(`voiceclone:name:${name}/${segmentsOf(path).join("/")}`, act)
  const kindAt = async (directory: FileSystemDirectoryHandle, name: string) => {
    try {
      await directory.getFileHandle(name)
      return "file"
    } catch (error) {
      if (isNamed(error, "TypeMismatchError")) return "directory"
      if (isNamed(error, "NotFoundError")) return undefined
      throw error
    }
  }
  const placed = (path: string): ReadonlyArray<string> => [name, ...segmentsOf(path).map(encode)]

  return {
    stat: async (path) => {
      const segments = segmentsOf(path)
      try {
        if (segments.length > 0) {
          return await look(path, ({ lastModified, size }) => ({
            type: "File",
            size,
            modifiedAt: new Date(lastModified),
          }))
        }
      } catch (error) {
        if (!isNamed(error, "TypeMismatchError")) throw error
      }
      await directoryAt(segments)
      return { type: "Directory", size: 0, modifiedAt: undefined }
    },
    list: async (path) => {
      // a stream that is open has a file of its own beside the one that it writes
      await writer.settle()
      const names: Array<string> = []
      for await (const name of (await directoryAt(segmentsOf(path))).keys()) names.push(decode(name))
      return names
    },
    makeDirectory: (path) =>
      alone(path, async () => {
        const { directory, name } = await placeOf(path)
        if ((await kindAt(directory, name)) !== undefined) throw exists()
        await directory.getDirectoryHandle(name, { create: true })
      }),
    create: (path) =>
      alone(path, async () => {
        const { directory, name } = await placeOf(path)
        if ((await kindAt(directory, name)) !== undefined) throw exists()
        await directory.getFileHandle(name, { create: true })
        await writer.open(placed(path))
      }),
    open: async (path) => {
      await fileAt(path)
      await writer.open(placed(path))
    },
    remove: async (path, recursive) => {
      await writer.settle()
      const { directory, name } = await placeOf(path)
      await directory.removeEntry(name, { recursive })
    },
    rename: async (from, to) => {
      await writer.settle(placed(from))
      const target = await placeOf(to)
      await alone(from, async () => {
        const { directory, name } = await placeOf(from)
        const file = (await directory.getFileHandle(name)) as Movable
        if ((await kindAt(target.directory, target.name)) === "directory") {
          throw mismatch("There is a directory of that name")
        }
        await file.move(target.directory, target.name)
      })
    },
    blob: (path) => look(path, (file) => file),
    read: (path, position, length) =>
      look(path, async (file) => {
        const part = file.slice(position, position + length)
        return new Uint8Array(await part.arrayBuffer())
      }),
    write: (path, position, bytes) => writer.write(placed(path), { position, bytes }),
    truncate: (path, length) => writer.write(placed(path), { length }),
    sync: async (path) => {
      if (segmentsOf(path).length === 0) throw missing()
      await writer.sync(placed(path))
    },
  }
}

/** Browsers take what a disk's filesystem takes, which is less than what is a name elsewhere. */
const encode = (name: string): string =>
  name.replace(
    /[%\\:*?"<>|\u0000-\u001f]|[. ]$/g,
    (character) => `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  )

const decode = (name: string): string =>
  name.replace(/%([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
