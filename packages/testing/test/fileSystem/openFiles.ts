/** Filesystems that read and write open files wrong. */
import * as Effect from "effect/Effect"
import { concat } from "../../src/internal/bytes.ts"
import { instead } from "../sabotage.ts"
import { type FileSabotage, type Files, file, withFlag } from "./sabotage.ts"

/** What is written stands in memory until the file is closed. */
const lateWriting = (fs: Files): Partial<Files> => ({
  open: (path, options) =>
    Effect.gen(function* () {
      const opened = yield* fs.open(path, options)
      const chunks: Array<Uint8Array> = []
      yield* Effect.addFinalizer(() => Effect.orDie(opened.writeAll(concat(chunks))))
      return instead(opened, {
        writeAll: (chunk) => Effect.sync(() => void chunks.push(chunk.slice())),
        sync: Effect.void,
      })
    }),
})

export const openFiles: ReadonlyArray<FileSabotage> = [
  ["opens with w+ what is empty then, to be written and read", "keeps what is there", withFlag("w+", "a+")],
  ["opens with w+ what is empty then, to be written and read", "can't read", withFlag("w+", "w")],
  ["opens with r+ what is as it was, to be written and read", "empties it", withFlag("r+", "w+")],
  ["opens with r+ what is as it was, to be written and read", "can't write", withFlag("r+", "r")],
  ["opens with wx only what isn't there", "opens anything", withFlag("wx", "w")],
  ["writes nothing to what is open for reading (r)", "writes to anything", withFlag("r", "r+")],
  [
    "reads at any position, and writes on where it was",
    "ignores the position",
    file((file) => ({ read: (buffer) => file.read(buffer) })),
  ],
  [
    "reads at any position, and writes on where it was",
    "stays where it has read",
    file((file) => ({
      read: (buffer, options) => Effect.andThen(file.seek(options?.position ?? 0n, "start"), file.read(buffer)),
    })),
  ],
  [
    "reads what is left before the end, and nothing after it",
    "fills the buffer up",
    file((file) => ({
      read: (buffer, options) =>
        Effect.map(file.read(buffer, options), (count) => (count === 0 ? 0 : buffer.byteLength)),
    })),
  ],
  [
    "reads into the view it is given, and not beside it",
    "reads into all of the buffer",
    file((file) => ({ read: (buffer, options) => file.read(new Uint8Array(buffer.buffer), options) })),
  ],
  [
    "writes all of a large chunk before its owner uses it again",
    "writes as much as it likes",
    file((file) => ({ writeAll: (chunk) => Effect.asVoid(file.writeAll(chunk.subarray(0, 500_000))) })),
  ],
  [
    "writes all of a large chunk before its owner uses it again",
    "writes it later",
    file((file) => {
      let last = new Uint8Array()
      const flush = Effect.suspend(() => {
        const chunk = last
        last = new Uint8Array()
        return file.writeAll(chunk)
      })
      return {
        writeAll: (chunk) =>
          Effect.andThen(
            flush,
            Effect.sync(() => void (last = chunk as Uint8Array<ArrayBuffer>)),
          ),
        read: (buffer, options) => Effect.andThen(flush, file.read(buffer, options)),
      }
    }),
  ],
  [
    "writes a part of a buffer, and not what stands beside it",
    "writes all of the buffer",
    file((file) => ({ writeAll: (chunk) => file.writeAll(new Uint8Array(chunk.buffer)) })),
  ],
  [
    "writes on from where it is told to",
    "can't be told",
    file(() => ({ seek: (offset) => Effect.succeed(offset) as never })),
  ],
  ["cuts a file to what it is told, and to nothing", "cuts nothing", file(() => ({ truncate: () => Effect.void }))],
  [
    "cuts a file to what it is told, and to nothing",
    "cuts all of it",
    file((file) => ({ truncate: () => file.truncate(0) })),
  ],
  ["shows what was synced to whoever opens the file then", "writes when it is closed", lateWriting],
  [
    "keeps the places of files apart that are open at once",
    "has one place for all",
    (fs) => {
      let place = 0
      return file((file) => ({
        writeAll: (chunk) =>
          Effect.gen(function* () {
            yield* file.seek(BigInt(place), "start")
            place += chunk.byteLength
            yield* file.writeAll(chunk)
          }),
      }))(fs)
    },
  ],
]
