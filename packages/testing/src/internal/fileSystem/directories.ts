/**
 * Directories: what is in them, making them, and making a rename last.
 */
import * as Effect from "effect/Effect"
import { ensure } from "../../Conformance.ts"
import { type FileCase, fails } from "./FileCase.ts"

export const directories: ReadonlyArray<FileCase> = [
  {
    name: "lists what is in a directory by its bare name, and nothing further down",
    check: Effect.fnUntraced(function* ({ fs, at, directory, lists }) {
      yield* lists(directory)
      yield* fs.makeDirectory(at("folder"))
      yield* lists(at("folder"))
      yield* fs.writeFileString(at("folder/b"), "")
      yield* fs.writeFileString(at("a"), "")
      yield* lists(directory, "a", "folder")
      yield* lists(at("folder"), "b")
    }),
  },
  {
    name: "makes a directory and those above it, and keeps what is there",
    check: Effect.fnUntraced(function* ({ fs, at, reads }) {
      const make = fs.makeDirectory(at("x/y/z"), { recursive: true, mode: 0o700 })
      yield* make
      yield* fs.writeFileString(at("x/y/z/a"), "as it was")
      yield* make
      yield* reads("x/y/z/a", "as it was")
    }),
  },
  {
    name: "makes no directory where a file is",
    check: Effect.fnUntraced(function* ({ fs, at, reads }) {
      yield* fs.writeFileString(at("a"), "as it was")
      yield* fails("making it", fs.makeDirectory(at("a"), { recursive: true }))
      yield* reads("a", "as it was")
    }),
  },
  {
    name: "makes one directory when many make it",
    check: Effect.fnUntraced(function* ({ fs, at, lists }) {
      const makers = Array.from({ length: 20 }, (_, i) => `${i}`)
      yield* Effect.forEach(
        makers,
        (maker) =>
          Effect.andThen(
            fs.makeDirectory(at("jobs/all"), { recursive: true }),
            fs.writeFileString(at(`jobs/all/${maker}`), maker),
          ),
        { concurrency: "unbounded" },
      )
      yield* lists(at("jobs/all"), ...makers.toSorted())
    }),
  },
  {
    name: "takes a file for no directory",
    check: Effect.fnUntraced(function* ({ fs, at }) {
      yield* fs.writeFileString(at("a"), "")
      yield* fails("listing a file", fs.readDirectory(at("a")))
      const reasons = ["NotFound", "BadResource"]
      yield* fails("writing into a file", fs.writeFileString(at("a/b"), ""), ...reasons)
      yield* fails("stat inside a file", fs.stat(at("a/b")), ...reasons)
      yield* ensure(yield* fs.exists(at("a")), "the file is gone")
    }),
  },
  {
    name: "reads and writes no directory as if it were a file",
    check: Effect.fnUntraced(function* ({ fs, at, reads }) {
      yield* fs.makeDirectory(at("folder"))
      yield* fs.writeFileString(at("folder/a"), "as it was")
      yield* fails("reading", fs.readFileString(at("folder")))
      yield* fails("writing", fs.writeFileString(at("folder"), ""))
      yield* fails("opening (w+)", fs.open(at("folder"), { flag: "w+" }))
      yield* reads("folder/a", "as it was")
    }),
  },
  {
    name: "syncs a directory",
    needs: "directory sync",
    check: ({ directory, fs }) => Effect.flatMap(fs.open(directory), (opened) => opened.sync),
  },
  {
    name: "says that it syncs no directory",
    without: "directory sync",
    check: ({ directory, fs }) =>
      fails(
        "syncing it",
        Effect.flatMap(fs.open(directory), (opened) => opened.sync),
      ),
  },
  {
    name: "lets its own files be written",
    check: Effect.fnUntraced(function* ({ fs, at, directory }) {
      yield* fs.writeFileString(at("a"), "")
      yield* fs.access(directory, { writable: true })
      yield* fs.access(at("a"), { writable: true })
    }),
  },
]
