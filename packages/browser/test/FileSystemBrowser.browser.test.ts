import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as FileSystemBrowser from "../src/FileSystemBrowser.ts"

const isWebKit = /Version\/.* Safari/.test(navigator.userAgent)

/** The next stream that is closed loses what was written to it, as on a disk that is full by then. */
const loseNext = Effect.acquireRelease(
  Effect.sync(() => {
    const { prototype } = FileSystemWritableFileStream
    const { close } = prototype
    prototype.close = async function () {
      prototype.close = close
      await this.abort()
      throw new DOMException("There is no room", "QuotaExceededError")
    }
    return () => void (prototype.close = close)
  }),
  (restore) => Effect.sync(restore),
)

/** Workers as they are started; none can be while `refused`. */
const workers = Effect.acquireRelease(
  Effect.sync(() => {
    const { Worker } = globalThis
    const started: Array<Worker> = []
    const state = { started, refused: false, restore: () => void Object.assign(globalThis, { Worker }) }
    globalThis.Worker = class extends Worker {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        if (state.refused) throw new DOMException("No worker here", "SecurityError")
        super(...args)
        started.push(this)
      }
    }
    return state
  }),
  ({ restore }) => Effect.sync(restore),
)

/** Makes the handles of directories that were had until then useless, as WebKit does when its network process has ended. */
const losing = Effect.acquireRelease(
  Effect.sync(() => {
    const [top, { prototype }] = [StorageManager.prototype, FileSystemDirectoryHandle]
    const { getDirectory } = top
    const { getDirectoryHandle, getFileHandle } = prototype
    let useful = new WeakSet<FileSystemDirectoryHandle>()
    const check = (handle: FileSystemDirectoryHandle) => {
      if (!useful.has(handle)) throw new DOMException("Connection is lost", "UnknownError")
    }
    const keep = (handle: FileSystemDirectoryHandle) => {
      useful.add(handle)
      return handle
    }
    top.getDirectory = async function () {
      return keep(await getDirectory.call(this))
    }
    prototype.getDirectoryHandle = async function (...args) {
      check(this)
      return keep(await getDirectoryHandle.apply(this, args))
    }
    prototype.getFileHandle = async function (...args) {
      check(this)
      return getFileHandle.apply(this, args)
    }
    return {
      lose: () => void (useful = new WeakSet()),
      restore: () => {
        Object.assign(top, { getDirectory })
        Object.assign(prototype, { getDirectoryHandle, getFileHandle })
      },
    }
  }),
  ({ restore }) => Effect.sync(restore),
)

/** Workers begin with this. */
const beginning = (program: () => void) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const { Blob } = globalThis
      globalThis.Blob = class extends Blob {
        constructor(parts: Array<BlobPart> = [], options?: BlobPropertyBag) {
          super(options?.type === "text/javascript" ? [`(${program.toString()})();`, ...parts] : parts, options)
        }
      }
      return () => void Object.assign(globalThis, { Blob })
    }),
    (restore) => Effect.sync(restore),
  )

/** Sync access handles as Safari has them: until 16.4 by promises; and `InvalidStateError` where another has the file. */
const asInSafari = () => {
  interface Handle {
    write(...args: ReadonlyArray<unknown>): number
    truncate(length: number): void | Promise<void>
    flush(): void | Promise<void>
    close(): void | Promise<void>
  }
  const { prototype } = FileSystemFileHandle as unknown as {
    readonly prototype: { createSyncAccessHandle: () => Promise<Handle> }
  }
  const { createSyncAccessHandle } = prototype
  prototype.createSyncAccessHandle = async function () {
    const handle = await createSyncAccessHandle.call(this).catch(({ message }: Error) => {
      throw new DOMException(message, "InvalidStateError")
    })
    let pending = 0
    const later = async (act: () => unknown) => {
      pending++
      await new Promise((resolve) => setTimeout(resolve))
      pending--
      await act()
    }
    return {
      write: (...args) => {
        if (pending > 0) throw new DOMException("Access handle has unfinished operation", "InvalidStateError")
        return handle.write(...args)
      },
      truncate: (length) => later(() => handle.truncate(length)),
      flush: () => later(() => handle.flush()),
      close: () => later(() => handle.close()),
    }
  }
}

describe.skipIf(isWebKit)("FileSystemBrowser, writing in a worker", () => {
  const directory = `ended-${crypto.randomUUID()}`

  /** A page is told nothing of a worker that is ended, be it by the page or by the browser. */
  const ends: Record<string, (worker: Worker) => void> = {
    "is ended without a word": (worker) => worker.terminate(),
    "has failed": (worker) => void worker.dispatchEvent(new ErrorEvent("error", { message: "Out of memory" })),
  }
  it.live.each(Object.keys(ends))("goes on with another worker when its own %s", (end) =>
    Effect.gen(function* () {
      const { started } = yield* workers
      const context = yield* Layer.build(FileSystemBrowser.layer({ directory, writing: "worker" }))
      const fs = Context.get(context, FileSystem.FileSystem)
      const file = yield* fs.open("/one", { flag: "w+" })
      yield* file.writeAll(new Uint8Array([1, 1]))
      ends[end]!(started[0]!)
      yield* file.writeAll(new Uint8Array([2, 2]))
      assert.lengthOf(started, 2)

      // while this stream is open, a worker waits for the file
      const stream = yield* Effect.promise(async () => {
        const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(directory)
        return (await root.getFileHandle("one")).createWritable({ keepExistingData: true })
      })
      const writing = yield* Effect.forkScoped(file.writeAll(new Uint8Array([3, 3])))
      yield* Effect.sleep(50)
      assert.isUndefined(writing.pollUnsafe())
      ends[end]!(started[1]!)
      yield* Effect.promise(() => stream.abort())
      yield* Fiber.join(writing)
      yield* file.sync
      assert.lengthOf(started, 3)
      assert.deepStrictEqual(Array.from(yield* fs.readFile("/one")), [1, 1, 2, 2, 3, 3])
    }).pipe(Effect.scoped),
  )

  it.live("writes by the handles of Safari, once another tab has let go of the file", () =>
    Effect.gen(function* () {
      yield* beginning(asInSafari)
      const directory = `safari-${crypto.randomUUID()}`
      const context = yield* Layer.build(FileSystemBrowser.layer({ directory, writing: "worker" }))
      const fs = Context.get(context, FileSystem.FileSystem)
      const file = yield* fs.open("/one", { flag: "w+" })
      yield* file.writeAll(new Uint8Array([1, 2, 3]))
      yield* file.truncate(1)
      yield* file.writeAll(new Uint8Array([4]))
      const stream = yield* Effect.promise(async () => {
        const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(directory)
        return (await root.getFileHandle("one")).createWritable({ keepExistingData: true })
      })
      const writing = yield* Effect.forkScoped(file.writeAll(new Uint8Array([5])))
      yield* Effect.sleep(50)
      assert.isUndefined(writing.pollUnsafe())
      yield* Effect.promise(() => stream.abort())
      yield* Fiber.join(writing)
      yield* file.sync
      assert.deepStrictEqual(Array.from(yield* fs.readFile("/one")), [1, 4, 5])
    }).pipe(Effect.scoped),
  )
})

describe("FileSystemBrowser, writing by streams", () => {
  it.live("writes what it is given, and not the rest of its buffer, where the browser would", () =>
    Effect.gen(function* () {
      const { prototype } = FileSystemWritableFileStream
      const { write } = prototype
      // as Safari 26 does
      prototype.write = function (chunk) {
        const { data } = chunk as WriteParams
        return write.call(this, ArrayBuffer.isView(data) ? { ...(chunk as WriteParams), data: data.buffer } : chunk)
      }
      yield* Effect.addFinalizer(() => Effect.sync(() => void (prototype.write = write)))
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFile("/part", new Uint8Array([1, 2, 3, 4]).subarray(1, 3))
      assert.deepStrictEqual(Array.from(yield* fs.readFile("/part")), [2, 3])
    }).pipe(
      Effect.scoped,
      Effect.provide(FileSystemBrowser.layer({ directory: `part-${crypto.randomUUID()}`, writing: "streams" })),
    ),
  )

  it.live("builds nothing upon what a stream has lost, until its file is opened again", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = yield* fs.open("/one", { flag: "w+" })
      yield* file.writeAll(new Uint8Array([1, 1]))
      yield* file.sync
      yield* file.writeAll(new Uint8Array([2, 2]))
      yield* loseNext
      // another file closes the stream of the first
      yield* fs.writeFileString("/other", "whole")
      const failures = [file.writeAll(new Uint8Array([3, 3])), file.truncate(4), file.sync, fs.rename("/one", "/two")]
      for (const failing of failures) assert.include((yield* Effect.flip(failing)).message, "There is no room")
      assert.deepStrictEqual(Array.from(yield* fs.readFile("/one")), [1, 1])
      assert.strictEqual(yield* fs.readFileString("/other"), "whole")

      const again = yield* fs.open("/one", { flag: "r+" })
      yield* again.seek(2n, "start")
      yield* again.writeAll(new Uint8Array([4, 4]))
      yield* again.sync
      yield* fs.rename("/one", "/two")
      assert.deepStrictEqual(Array.from(yield* fs.readFile("/two")), [1, 1, 4, 4])
    }).pipe(Effect.provide(FileSystemBrowser.layer({ directory: `lost-${crypto.randomUUID()}`, writing: "streams" }))),
  )
})

describe.each(["worker", "streams"] as const)("FileSystemBrowser, writing by %s", (writing) => {
  it.live.skipIf(writing === "worker" && isWebKit)("goes on when its directory's handle is of no use any more", () =>
    Effect.gen(function* () {
      const { lose } = yield* losing
      const layer = FileSystemBrowser.layer({ directory: `lost-${crypto.randomUUID()}`, writing })
      const fs = Context.get(yield* Layer.build(layer), FileSystem.FileSystem)
      const file = yield* fs.open("/one", { flag: "w+" })
      yield* file.writeAll(new Uint8Array([1]))
      yield* file.sync
      lose()
      yield* file.writeAll(new Uint8Array([2]))
      yield* file.sync
      yield* fs.rename("/one", "/two")
      assert.deepStrictEqual(Array.from(yield* fs.readFile("/two")), [1, 2])
    }).pipe(Effect.scoped),
  )
})

describe("FileSystemBrowser, in memory", () => {
  it.live("says that the window may be a private one, where the browser has no reason to give", () =>
    Effect.gen(function* () {
      const { prototype } = StorageManager
      const { getDirectory } = prototype
      // as Safari does
      prototype.getDirectory = () => Promise.reject(new DOMException("(e.g. out of memory)", "UnknownError"))
      yield* Effect.addFinalizer(() => Effect.sync(() => void (prototype.getDirectory = getDirectory)))
      const { heldInMemory } = Context.get(yield* Layer.build(FileSystemBrowser.layer()), FileSystemBrowser.Files)
      assert.strictEqual(heldInMemory, "this browser keeps no files for this page (it may be a private window)")
    }).pipe(Effect.scoped),
  )
})
