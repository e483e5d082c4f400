/**
 * Files that are read and written in one go, or streamed.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { ensure } from "../../Conformance.ts"
import { concat, equal } from "../bytes.ts"
import { type FileCase, fails, noise } from "./FileCase.ts"

const novel = `{"text": "“Grüße” 👋 \\u0000"}\n`.repeat(10_000)

export const wholeFiles: ReadonlyArray<FileCase> = [
  {
    name: "reads a text as it was written, to the last character",
    check: Effect.fnUntraced(function* ({ fs, at, reads }) {
      yield* fs.writeFileString(at("novel"), novel)
      yield* fs.writeFileString(at("empty"), "")
      yield* reads("novel", novel)
      yield* reads("empty", "")
    }),
  },
  {
    name: "replaces a text by a shorter one",
    check: Effect.fnUntraced(function* ({ fs, at, reads }) {
      yield* fs.writeFileString(at("a"), novel)
      yield* fs.writeFileString(at("a"), "short")
      yield* reads("a", "short")
    }),
  },
  {
    name: "writes a text with wx only where nothing is",
    check: Effect.fnUntraced(function* ({ fs, at, directory, reads, lists }) {
      yield* fs.writeFileString(at("a"), "first", { flag: "wx" })
      yield* fails("a second one", fs.writeFileString(at("a"), "second", { flag: "wx" }), "AlreadyExists")
      yield* reads("a", "first")
      yield* lists(directory, "a")
    }),
  },
  {
    name: "has one winner among many that write with wx",
    check: Effect.fnUntraced(function* ({ fs, at, reads }) {
      const writers = Array.from({ length: 20 }, (_, i) => `writer ${i}`)
      const won = yield* Effect.forEach(
        writers,
        (writer) => Effect.isSuccess(fs.writeFileString(at("a"), writer, { flag: "wx" })),
        { concurrency: "unbounded" },
      )
      yield* ensure(won.filter((one) => one).length === 1, `${won.filter((one) => one).length} wrote it`)
      yield* reads("a", writers[won.indexOf(true)] ?? "")
    }),
  },
  {
    name: "keeps files apart when many are written at once",
    check: Effect.fnUntraced(function* ({ fs, at, reads }) {
      const names = Array.from({ length: 50 }, (_, i) => `file-${i}`)
      yield* Effect.forEach(names, (name) => fs.writeFileString(at(name), `of ${name}`), {
        concurrency: "unbounded",
      })
      for (const name of names) yield* reads(name, `of ${name}`)
    }),
  },
  {
    name: "keeps names apart, whatever is in them",
    check: Effect.fnUntraced(function* ({ fs, at, directory, reads }) {
      const names = ["a b", "a%20b", "a+b", ".hidden", "speech.wav.part.json", "Grüße 👋 50%.wav", "#1", "'\\''"]
      for (const name of names) yield* fs.writeFileString(at(name), `of ${name}`)
      for (const name of names) yield* reads(name, `of ${name}`)
      const count = (yield* fs.readDirectory(directory)).length
      yield* ensure(count === names.length, `${names.length} files were made, and there are ${count}`)
    }),
  },
  {
    name: "streams all bytes in order, in chunks that stay as they are, each time anew",
    check: Effect.fnUntraced(function* ({ fs, at }) {
      for (const length of [0, 1, 65_535, 65_536, 65_537, 1_000_000]) {
        const bytes = noise(length)
        yield* Effect.scoped(Effect.flatMap(fs.open(at("a"), { flag: "w+" }), (file) => file.writeAll(bytes)))
        const stream = fs.stream(at("a"))
        for (const time of ["first", "second"]) {
          const chunks = yield* Stream.runCollect(stream)
          const read = concat(chunks)
          yield* ensure(equal(read, bytes), `the ${time} stream of ${length} bytes gives ${read.byteLength} others`)
        }
      }
    }),
  },
  {
    name: "lets go of a file whose stream isn't read to its end",
    check: Effect.fnUntraced(function* ({ fs, at, directory, lists }) {
      yield* fs.writeFileString(at("a"), novel)
      yield* Stream.runDrain(Stream.take(fs.stream(at("a")), 1))
      yield* fs.writeFileString(at("b"), "b")
      yield* fs.rename(at("b"), at("a"))
      yield* fs.remove(at("a"))
      yield* lists(directory)
    }),
  },
  {
    name: "says NotFound of what isn't there",
    check: Effect.fnUntraced(function* ({ fs, at }) {
      yield* fails("reading it", fs.readFileString(at("a")), "NotFound")
      yield* fails("streaming it", Stream.runDrain(fs.stream(at("a"))), "NotFound")
      yield* fails("opening it (r)", fs.open(at("a"), { flag: "r" }), "NotFound")
      yield* fails("opening it (r+)", fs.open(at("a"), { flag: "r+" }), "NotFound")
      yield* fails("stat", fs.stat(at("a")), "NotFound")
      yield* fails("access", fs.access(at("a"), { writable: true }), "NotFound")
      yield* fails("renaming it", fs.rename(at("a"), at("b")), "NotFound")
      yield* fails("removing it", fs.remove(at("a")), "NotFound")
      yield* fails("listing it", fs.readDirectory(at("a")), "NotFound")
      yield* ensure(!(yield* fs.exists(at("a"))), "it exists")
    }),
  },
  {
    name: "makes no file in a directory that isn't there",
    check: Effect.fnUntraced(function* ({ fs, at }) {
      yield* fails("writing", fs.writeFileString(at("none/a"), ""), "NotFound")
      yield* fails("opening (w+)", fs.open(at("none/a"), { flag: "w+" }), "NotFound")
      yield* fails("opening (wx)", fs.open(at("none/a"), { flag: "wx" }), "NotFound")
      yield* ensure(!(yield* fs.exists(at("none"))), "the directory was made")
    }),
  },
]
