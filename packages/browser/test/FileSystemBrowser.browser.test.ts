import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
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
