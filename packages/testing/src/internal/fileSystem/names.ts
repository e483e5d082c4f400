/**
 * What files are called: renaming, linking, removing, and what is known of them.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { ensure } from "../../Conformance.ts"
import { equal } from "../bytes.ts"
import { type FileCase, fails, readFrom } from "./FileCase.ts"

const utf8 = new TextEncoder()

export const names: ReadonlyArray<FileCase> = [
  {
    name: "renames a file over another",
    check: Effect.fnUntraced(function* ({ fs, at, directory, reads, lists }) {
      yield* fs.writeFileString(at("old"), "old, and longer")
      yield* fs.writeFileString(at("new"), "new")
      yield* fs.rename(at("new"), at("old"))
      yield* reads("old", "new")
      yield* lists(directory, "old")
    }),
  },
  {
    name: "shows the old file or the new one, whole, while it is renamed over",
    check: Effect.fnUntraced(function* ({ fs, at }) {
      const texts = ["a", "b"].map((letter) => letter.repeat(200_000))
      yield* fs.writeFileString(at("target"), texts[0] ?? "")
      const writer = yield* Effect.forkScoped(
        Effect.forEach(Array.from({ length: 30 }), (_, i) =>
          Effect.andThen(
            fs.writeFileString(at("target.tmp"), texts[i % 2] ?? ""),
            fs.rename(at("target.tmp"), at("target")),
          ),
        ),
      )
      while (writer.pollUnsafe() === undefined) {
        const seen = yield* fs.readFileString(at("target"))
        yield* ensure(texts.includes(seen), `${seen.length} characters are read, neither old nor new`)
        yield* Effect.yieldNow
      }
      yield* Fiber.join(writer)
    }),
  },
  {
    name: "reads on in an open file that another was renamed over, or that was removed",
    needs: "open files",
    check: Effect.fnUntraced(function* ({ fs, at }) {
      yield* fs.writeFileString(at("a"), "old")
      yield* fs.writeFileString(at("b"), "new")
      const file = yield* fs.open(at("a"), { flag: "r" })
      yield* fs.rename(at("b"), at("a"))
      yield* ensure(equal(yield* readFrom(file, 0), utf8.encode("old")), "another file is read")
      yield* fs.remove(at("a"))
      yield* ensure(equal(yield* readFrom(file, 0), utf8.encode("old")), "it is gone before it is closed")
    }),
  },
  {
    name: "keeps the target of a rename that fails",
    check: Effect.fnUntraced(function* ({ fs, at, directory, reads, lists }) {
      yield* fs.writeFileString(at("a"), "as it was")
      yield* fs.makeDirectory(at("folder"))
      yield* fails("renaming what isn't there", fs.rename(at("none"), at("a")), "NotFound")
      yield* fails("renaming into what isn't there", fs.rename(at("a"), at("none/a")), "NotFound")
      yield* fails("renaming over a directory", fs.rename(at("a"), at("folder")))
      yield* reads("a", "as it was")
      yield* lists(directory, "a", "folder")
    }),
  },
  {
    name: "has one winner among many that rename the same file",
    check: Effect.fnUntraced(function* ({ fs, at, directory, lists }) {
      yield* fs.writeFileString(at("a"), "taken")
      const targets = Array.from({ length: 20 }, (_, i) => `a.${i}`)
      const won = yield* Effect.forEach(targets, (target) => Effect.isSuccess(fs.rename(at("a"), at(target))), {
        concurrency: "unbounded",
      })
      yield* ensure(won.filter((one) => one).length === 1, `${won.filter((one) => one).length} renamed it`)
      yield* lists(directory, targets[won.indexOf(true)] ?? "")
    }),
  },
  {
    name: "links a file to a name that is free, and to no other",
    needs: "links",
    check: Effect.fnUntraced(function* ({ fs, at, directory, reads, lists }) {
      yield* fs.writeFileString(at("draft"), "mine")
      yield* fs.link(at("draft"), at("lock"))
      yield* reads("lock", "mine")
      yield* fs.writeFileString(at("other"), "theirs")
      yield* fails("linking over a file", fs.link(at("other"), at("lock")), "AlreadyExists")
      yield* fails("linking what isn't there", fs.link(at("none"), at("free")), "NotFound")
      yield* fs.remove(at("draft"))
      yield* reads("lock", "mine")
      yield* lists(directory, "lock", "other")
    }),
  },
  {
    name: "has one winner among many that link to the same name",
    needs: "links",
    check: Effect.fnUntraced(function* ({ fs, at, reads }) {
      const drafts = Array.from({ length: 20 }, (_, i) => `draft-${i}`)
      yield* Effect.forEach(drafts, (draft) => fs.writeFileString(at(draft), draft))
      const won = yield* Effect.forEach(drafts, (draft) => Effect.isSuccess(fs.link(at(draft), at("lock"))), {
        concurrency: "unbounded",
      })
      yield* ensure(won.filter((one) => one).length === 1, `${won.filter((one) => one).length} hold it`)
      yield* reads("lock", drafts[won.indexOf(true)] ?? "")
    }),
  },
  {
    name: "says that it has no links",
    without: "links",
    check: Effect.fnUntraced(function* ({ fs, at, directory, lists }) {
      yield* fs.writeFileString(at("draft"), "mine")
      yield* fails("linking", fs.link(at("draft"), at("lock")))
      yield* lists(directory, "draft")
    }),
  },
  {
    name: "removes what it is told to, and nothing else",
    check: Effect.fnUntraced(function* ({ fs, at, directory, reads, lists }) {
      yield* fs.writeFileString(at("a"), "")
      yield* fs.writeFileString(at("ab"), "")
      yield* fs.remove(at("a"))
      yield* lists(directory, "ab")
      yield* ensure(!(yield* fs.exists(at("a"))), "it exists")
      yield* fs.writeFileString(at("a"), "again", { flag: "wx" })
      yield* reads("a", "again")
    }),
  },
  {
    name: "knows what exists, of what type and how large",
    check: Effect.fnUntraced(function* ({ fs, at }) {
      yield* fs.makeDirectory(at("folder"))
      yield* fs.writeFileString(at("empty"), "")
      yield* fs.writeFileString(at("file"), "“two” bytes and more")
      for (const [name, type, size] of [
        ["folder", "Directory", undefined],
        ["empty", "File", 0],
        ["file", "File", 24],
      ] as const) {
        yield* ensure(yield* fs.exists(at(name)), `${name} doesn't exist`)
        const info = yield* fs.stat(at(name))
        yield* ensure(info.type === type, `${name} is a ${info.type}`)
        yield* ensure(size === undefined || Number(info.size) === size, `${name} has ${info.size} bytes, not ${size}`)
      }
    }),
  },
  {
    name: "knows when a file was written",
    check: Effect.fnUntraced(function* ({ fs, at }) {
      yield* fs.writeFileString(at("a"), "")
      const { mtime } = yield* fs.stat(at("a"))
      // clocks of filesystems are coarse, and those of other machines are off
      const isRecent = Option.exists(mtime, (time) => Math.abs(Date.now() - time.getTime()) < 60_000)
      yield* ensure(isRecent, `its mtime is ${String(Option.getOrUndefined(mtime))}`)
    }),
  },
  {
    name: "takes no file for a symbolic link",
    check: Effect.fnUntraced(function* ({ fs, at }) {
      yield* fs.writeFileString(at("file"), "")
      yield* fs.makeDirectory(at("folder"))
      for (const name of ["file", "folder", "none"]) yield* fails(`the link of ${name}`, fs.readLink(at(name)))
    }),
  },
]
