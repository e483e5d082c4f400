/**
 * A WASI preview1 host just large enough for one command line program: arguments, a clock, standard output and
 * error, and one preopened folder whose files live in memory. It imports no runtime, so it also runs in a browser.
 *
 * The clock stands still at zero: a program that reads it stays deterministic.
 */

const errno = { success: 0, badf: 8, inval: 28, noent: 44, notdir: 54 } as const
const stdout = 1
const stderr = 2
const folder = 3
const fileType = { character: 2, directory: 3, regular: 4 } as const
const openFlag = { create: 1, truncate: 8 } as const

/** A file in memory that grows as it is written. */
class MemoryFile {
  #bytes: Uint8Array
  #size: number

  constructor(content: Uint8Array) {
    this.#bytes = content
    this.#size = content.length
  }

  get size(): number {
    return this.#size
  }

  read(at: number, into: Uint8Array): number {
    const part = this.#bytes.subarray(Math.min(at, this.#size), Math.min(at + into.length, this.#size))
    into.set(part)
    return part.length
  }

  write(at: number, from: Uint8Array): void {
    const end = at + from.length
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2, 65_536))
      grown.set(this.#bytes.subarray(0, this.#size))
      this.#bytes = grown
    }
    this.#bytes.set(from, at)
    this.#size = Math.max(this.#size, end)
  }

  truncate(): void {
    this.#size = 0
  }

  content(): Uint8Array {
    return this.#bytes.subarray(0, this.#size)
  }
}

/** Thrown through the program's stack by `proc_exit`, which must not return. */
class Exit {
  readonly code: number
  constructor(code: number) {
    this.code = code
  }
}

/** What a program left behind. */
export interface ProgramResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** The files of the preopened folder after the run, by name. */
  readonly files: ReadonlyMap<string, Uint8Array>
}

/**
 * Runs a compiled command line program in a fresh instance until it ends. Synchronous. A trap of the program is
 * thrown as the `WebAssembly.RuntimeError` that it is.
 */
export const runProgram = (
  module: WebAssembly.Module,
  options: { readonly args: ReadonlyArray<string>; readonly files?: ReadonlyMap<string, Uint8Array> },
): ProgramResult => {
  const encoder = new TextEncoder()
  const decoder = new TextDecoder()
  const args = options.args.map((argument) => encoder.encode(`${argument}\0`))
  const files = new Map<string, MemoryFile>()
  for (const [name, content] of options.files ?? []) files.set(name, new MemoryFile(content.slice()))
  const open = new Map<number, { readonly file: MemoryFile; position: number }>()
  const printed: Record<number, string> = { [stdout]: "", [stderr]: "" }
  let nextDescriptor = folder + 1
  let memory: WebAssembly.Memory

  // Growth of the memory detaches its buffer, so views are made anew for every call.
  const view = () => new DataView(memory.buffer)
  const slice = (pointer: number, length: number) => new Uint8Array(memory.buffer, pointer >>> 0, length >>> 0)
  const buffers = function* (list: number, count: number) {
    for (let i = 0; i < count; i++) {
      yield slice(view().getUint32(list + i * 8, true), view().getUint32(list + i * 8 + 4, true))
    }
  }

  const host = {
    args_sizes_get: (count: number, size: number) => {
      view().setUint32(count, args.length, true)
      view().setUint32(
        size,
        args.reduce((sum, argument) => sum + argument.length, 0),
        true,
      )
      return errno.success
    },
    args_get: (pointers: number, at: number) => {
      for (const argument of args) {
        view().setUint32(pointers, at, true)
        slice(at, argument.length).set(argument)
        pointers += 4
        at += argument.length
      }
      return errno.success
    },
    clock_time_get: (_clock: number, _precision: bigint, at: number) => {
      view().setBigUint64(at, 0n, true)
      return errno.success
    },
    fd_prestat_get: (descriptor: number, at: number) => {
      if (descriptor !== folder) return errno.badf
      view().setUint32(at, 0, true)
      view().setUint32(at + 4, 1, true)
      return errno.success
    },
    fd_prestat_dir_name: (descriptor: number, at: number, length: number) => {
      if (descriptor !== folder || length < 1) return errno.badf
      slice(at, 1)[0] = 0x2f
      return errno.success
    },
    fd_fdstat_get: (descriptor: number, at: number) => {
      if (descriptor > folder && !open.has(descriptor)) return errno.badf
      slice(at, 24).fill(0)
      const type = descriptor < folder ? "character" : descriptor === folder ? "directory" : "regular"
      view().setUint8(at, fileType[type])
      view().setBigUint64(at + 8, 0xffff_ffff_ffff_ffffn, true)
      view().setBigUint64(at + 16, 0xffff_ffff_ffff_ffffn, true)
      return errno.success
    },
    fd_fdstat_set_flags: () => errno.success,
    path_open: (
      directory: number,
      _lookup: number,
      path: number,
      length: number,
      flags: number,
      _rights: bigint,
      _inheriting: bigint,
      _descriptorFlags: number,
      at: number,
    ) => {
      if (directory !== folder) return errno.notdir
      const name = decoder.decode(slice(path, length))
      let file = files.get(name)
      if (file === undefined) {
        if ((flags & openFlag.create) === 0) return errno.noent
        file = new MemoryFile(new Uint8Array(0))
        files.set(name, file)
      } else if ((flags & openFlag.truncate) !== 0) file.truncate()
      open.set(nextDescriptor, { file, position: 0 })
      view().setUint32(at, nextDescriptor++, true)
      return errno.success
    },
    fd_read: (descriptor: number, list: number, count: number, at: number) => {
      const opened = open.get(descriptor)
      let total = 0
      if (opened !== undefined) {
        for (const into of buffers(list, count)) {
          const length = opened.file.read(opened.position, into)
          opened.position += length
          total += length
          if (length < into.length) break
        }
      } else if (descriptor !== 0) return errno.badf
      view().setUint32(at, total, true)
      return errno.success
    },
    fd_write: (descriptor: number, list: number, count: number, at: number) => {
      const opened = open.get(descriptor)
      if (opened === undefined && printed[descriptor] === undefined) return errno.badf
      let total = 0
      for (const from of buffers(list, count)) {
        if (opened !== undefined) {
          opened.file.write(opened.position, from)
          opened.position += from.length
        } else printed[descriptor] += decoder.decode(from)
        total += from.length
      }
      view().setUint32(at, total, true)
      return errno.success
    },
    fd_seek: (descriptor: number, offset: bigint, whence: number, at: number) => {
      const opened = open.get(descriptor)
      if (opened === undefined) return errno.badf
      const from = [0, opened.position, opened.file.size][whence]
      if (from === undefined || from + Number(offset) < 0) return errno.inval
      opened.position = from + Number(offset)
      view().setBigUint64(at, BigInt(opened.position), true)
      return errno.success
    },
    fd_close: (descriptor: number) => (open.delete(descriptor) || descriptor <= folder ? errno.success : errno.badf),
    proc_exit: (code: number) => {
      throw new Exit(code)
    },
  }

  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: host })
  memory = instance.exports["memory"] as WebAssembly.Memory
  let exitCode = 0
  try {
    ;(instance.exports["_start"] as () => void)()
  } catch (thrown) {
    if (!(thrown instanceof Exit)) throw thrown
    exitCode = thrown.code
  }
  return {
    exitCode,
    stdout: printed[stdout] ?? "",
    stderr: printed[stderr] ?? "",
    files: new Map(Array.from(files, ([name, file]) => [name, file.content()])),
  }
}
