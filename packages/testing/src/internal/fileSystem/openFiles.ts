/**
 * Files that are held open: where they are read and written.
 */
import * as Effect from "effect/Effect"
import { ensure } from "../../Conformance.ts"
import { equal } from "../bytes.ts"
import { type FileCase, fails, noise, readFrom } from "./FileCase.ts"

const utf8 = new TextEncoder()

export const openFiles: ReadonlyArray<FileCase> = [
  {
    name: "opens with w+ what is empty then, to be written and read",
    check: Effect.fnUntraced(function* ({ fs, at, reads, using }) {
      yield* fs.writeFileString(at("a"), "of long ago")
      for (const name of ["a", "b"]) {
        yield* using(
          name,
          "w+",
          Effect.fnUntraced(function* (file) {
            yield* ensure((yield* readFrom(file, 0)).byteLength === 0, `${name} isn't empty`)
            yield* file.writeAll(utf8.encode("new"))
            yield* ensure(equal(yield* readFrom(file, 0), utf8.encode("new")), `${name} isn't read as written`)
          }),
        )
        yield* reads(name, "new")
      }
    }),
  },
  {
    name: "opens with r+ what is as it was, to be written and read",
    check: Effect.fnUntraced(function* ({ fs, at, reads, using }) {
      yield* fs.writeFileString(at("a"), "0123456789")
      yield* using(
        "a",
        "r+",
        Effect.fnUntraced(function* (file) {
          yield* ensure((yield* readFrom(file, 0)).byteLength === 10, "it isn't as it was")
          yield* file.writeAll(utf8.encode("ab"))
        }),
      )
      yield* reads("a", "ab23456789")
    }),
  },
  {
    name: "opens with wx only what isn't there",
    check: Effect.fnUntraced(function* ({ fs, at, reads }) {
      const write = (text: string) =>
        Effect.flatMap(fs.open(at("a"), { flag: "wx", mode: 0o600 }), (file) => file.writeAll(utf8.encode(text)))
      yield* Effect.scoped(write("first"))
      yield* fails("a second one", write("second"), "AlreadyExists")
      yield* reads("a", "first")
    }),
  },
  {
    name: "writes nothing to what is open for reading (r)",
    check: Effect.fnUntraced(function* ({ fs, at, reads }) {
      yield* fs.writeFileString(at("a"), "as it was")
      const write = Effect.flatMap(fs.open(at("a"), { flag: "r" }), (file) => file.writeAll(utf8.encode("other")))
      yield* fails("writing", write)
      yield* reads("a", "as it was")
    }),
  },
  {
    name: "reads at any position, and writes on where it was",
    check: Effect.fnUntraced(function* ({ reads, using }) {
      yield* using(
        "a",
        "w+",
        Effect.fnUntraced(function* (file) {
          yield* file.writeAll(utf8.encode("0123"))
          for (const position of [2, 0, 3, 1]) {
            const buffer = new Uint8Array(1)
            yield* file.read(buffer, { position: BigInt(position) })
            yield* ensure(buffer[0] === 48 + position, `at ${position} it reads ${String.fromCharCode(...buffer)}`)
          }
          yield* file.writeAll(utf8.encode("45"))
        }),
      )
      yield* reads("a", "012345")
    }),
  },
  {
    name: "reads what is left before the end, and nothing after it",
    check: Effect.fnUntraced(function* ({ fs, at }) {
      const bytes = noise(100_000)
      const file = yield* fs.open(at("a"), { flag: "w+" })
      yield* file.writeAll(bytes)
      for (const [position, expected] of [
        [0, 100_000],
        [99_997, 3],
        [100_000, 0],
        [200_000, 0],
      ] as const) {
        const found = yield* readFrom(file, position, 70_000)
        yield* ensure(equal(found, bytes.subarray(position)), `${found.byteLength} bytes at ${position}: ${expected}`)
      }
    }),
  },
  {
    name: "reads into the view it is given, and not beside it",
    check: Effect.fnUntraced(function* ({ fs, at }) {
      yield* fs.writeFileString(at("a"), "0123456789")
      const file = yield* fs.open(at("a"), { flag: "r" })
      const buffer = new Uint8Array(10)
      const count = yield* file.read(buffer.subarray(4, 7), { position: 0n })
      yield* ensure(count >= 1 && count <= 3, `${count} bytes were read into 3`)
      const expected = new Uint8Array(10)
      expected.set(utf8.encode("012").subarray(0, count), 4)
      yield* ensure(equal(buffer, expected), `the buffer is ${buffer.join()}`)
    }),
  },
  {
    name: "writes all of a large chunk before its owner uses it again",
    check: Effect.fnUntraced(function* ({ fs, at }) {
      const bytes = noise(3_000_001)
      const file = yield* fs.open(at("a"), { flag: "w+" })
      for (const end of [1, 2_000_000, 3_000_001]) {
        const start = end === 1 ? 0 : end === 2_000_000 ? 1 : 2_000_000
        const chunk = bytes.slice(start, end)
        yield* file.writeAll(chunk)
        chunk.fill(0)
      }
      const found = yield* readFrom(file, 0, 1_000_000)
      yield* ensure(equal(found, bytes), `${found.byteLength} bytes stand there, and other ones`)
    }),
  },
  {
    name: "writes a part of a buffer, and not what stands beside it",
    check: Effect.fnUntraced(function* ({ fs, at, reads }) {
      yield* Effect.scoped(
        Effect.flatMap(fs.open(at("a"), { flag: "w+" }), (file) =>
          file.writeAll(utf8.encode("0123456789").subarray(3, 6)),
        ),
      )
      yield* reads("a", "345")
    }),
  },
  {
    name: "writes on from where it is told to",
    check: Effect.fnUntraced(function* ({ fs, at, reads, using }) {
      yield* fs.writeFileString(at("a"), "0123456789")
      yield* using(
        "a",
        "r+",
        Effect.fnUntraced(function* (file) {
          yield* file.seek(8n, "start")
          yield* file.writeAll(utf8.encode("ABC"))
          yield* file.seek(0n, "start")
          yield* file.writeAll(utf8.encode("D"))
          yield* file.writeAll(utf8.encode("E"))
        }),
      )
      yield* reads("a", "DE234567ABC")
    }),
  },
  {
    name: "cuts a file to what it is told, and to nothing",
    check: Effect.fnUntraced(function* ({ fs, at, reads }) {
      yield* fs.writeFileString(at("a"), "0123456789")
      const file = yield* fs.open(at("a"), { flag: "r+" })
      yield* file.truncate(4)
      yield* reads("a", "0123")
      yield* ensure((yield* readFrom(file, 4)).byteLength === 0, "more is read than there is")
      yield* file.truncate(0)
      yield* file.seek(0n, "start")
      yield* file.writeAll(utf8.encode("new"))
      yield* file.sync
      yield* reads("a", "new")
    }),
  },
  {
    name: "shows what was synced to whoever opens the file then",
    check: Effect.fnUntraced(function* ({ fs, at, reads }) {
      const file = yield* fs.open(at("a"), { flag: "w+" })
      for (const text of ["first", "first second"]) {
        yield* file.seek(0n, "start")
        yield* file.writeAll(utf8.encode(text))
        yield* file.sync
        yield* reads("a", text)
      }
    }),
  },
  {
    name: "keeps the places of files apart that are open at once",
    check: Effect.fnUntraced(function* ({ fs, at, reads }) {
      yield* Effect.scoped(
        Effect.gen(function* () {
          const [a, b] = [yield* fs.open(at("a"), { flag: "w+" }), yield* fs.open(at("b"), { flag: "w+" })]
          for (const digit of "0123") {
            yield* a.writeAll(utf8.encode(digit))
            yield* b.writeAll(utf8.encode(digit + digit))
          }
        }),
      )
      yield* reads("a", "0123")
      yield* reads("b", "00112233")
    }),
  },
]
