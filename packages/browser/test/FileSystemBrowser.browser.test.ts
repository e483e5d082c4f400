import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as FileSystemBrowser from "../src/FileSystemBrowser.ts"

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

describe("FileSystemBrowser, writing in a worker", () => {
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
})

describe("FileSystemBrowser, writing by streams", () => {
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
