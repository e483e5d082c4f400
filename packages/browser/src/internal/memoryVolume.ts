/**
 * A volume in memory: for pages that may keep nothing.
 */
import { exists, type Info, mismatch, missing, segmentsOf, type Volume } from "./volume.ts"

interface FileNode {
  /** What has been written, and room for more. */
  room: Uint8Array<ArrayBuffer>
  size: number
  modifiedAt: Date
}

type DirectoryNode = Map<string, Node>
type Node = FileNode | DirectoryNode

export const make = (): Volume => {
  const root: DirectoryNode = new Map()

  const find = (segments: ReadonlyArray<string>): Node => {
    let node: Node = root
    for (const segment of segments) {
      if (!(node instanceof Map)) throw mismatch("A part of the path is not a directory")
      const next: Node | undefined = node.get(segment)
      if (next === undefined) throw missing()
      node = next
    }
    return node
  }
  const fileAt = (path: string): FileNode => {
    const node = find(segmentsOf(path))
    if (node instanceof Map) throw mismatch("It is a directory")
    return node
  }
  const directoryOf = (segments: ReadonlyArray<string>): DirectoryNode => {
    const node = find(segments)
    if (!(node instanceof Map)) throw mismatch("It is not a directory")
    return node
  }
  /** Where a name is, or is to be. */
  const placeOf = (path: string): { readonly directory: DirectoryNode; readonly name: string } => {
    const segments = segmentsOf(path)
    const name = segments.at(-1)
    if (name === undefined) throw exists()
    return { directory: directoryOf(segments.slice(0, -1)), name }
  }
  const add = (path: string, node: Node): void => {
    const { directory, name } = placeOf(path)
    if (directory.has(name)) throw exists()
    directory.set(name, node)
  }
  const resize = (file: FileNode, size: number): void => {
    if (size > file.room.byteLength) {
      const room = new Uint8Array(Math.max(size, 2 * file.room.byteLength))
      room.set(file.room.subarray(0, file.size))
      file.room = room
    }
    if (size > file.size) file.room.fill(0, file.size, size)
    file.size = size
    file.modifiedAt = new Date()
  }

  return {
    stat: async (path): Promise<Info> => {
      const node = find(segmentsOf(path))
      return node instanceof Map
        ? { type: "Directory", size: 0, modifiedAt: undefined }
        : { type: "File", size: node.size, modifiedAt: node.modifiedAt }
    },
    list: async (path) => Array.from(directoryOf(segmentsOf(path)).keys()),
    makeDirectory: async (path) => add(path, new Map()),
    create: async (path) => add(path, { room: new Uint8Array(0), size: 0, modifiedAt: new Date() }),
    open: async (path) => void fileAt(path),
    remove: async (path, recursive) => {
      const { directory, name } = placeOf(path)
      const node = directory.get(name)
      if (node === undefined) throw missing()
      if (node instanceof Map && node.size > 0 && !recursive) {
        throw new DOMException("The directory is not empty", "InvalidModificationError")
      }
      directory.delete(name)
    },
    rename: async (from, to) => {
      const file = fileAt(from)
      const target = placeOf(to)
      if (target.directory.get(target.name) instanceof Map) throw mismatch("There is a directory of that name")
      const source = placeOf(from)
      source.directory.delete(source.name)
      target.directory.set(target.name, file)
    },
    blob: async (path) => {
      const { room, size } = fileAt(path)
      return new Blob([room.subarray(0, size)])
    },
    read: async (path, position, length) => {
      const { room, size } = fileAt(path)
      return room.slice(Math.min(position, size), Math.min(position + length, size))
    },
    write: async (path, position, bytes) => {
      const file = fileAt(path)
      resize(file, Math.max(file.size, position + bytes.byteLength))
      file.room.set(bytes, position)
    },
    truncate: async (path, length) => resize(fileAt(path), length),
    sync: async (path) => void fileAt(path),
  }
}
