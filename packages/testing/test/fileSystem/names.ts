/** Filesystems that rename, link and remove wrong. */
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { dirname } from "node:path"
import { type FileSabotage, type Files, lookingFirst } from "./sabotage.ts"

const copying = (fs: Files): Partial<Files> => ({
  rename: (from, to) =>
    Effect.gen(function* () {
      const text = yield* fs.readFileString(from)
      yield* Effect.yieldNow
      yield* fs.writeFileString(to, text)
      yield* fs.remove(from, { force: true })
    }),
})

export const names: ReadonlyArray<FileSabotage> = [
  [
    "renames a file over another",
    "replaces nothing",
    (fs) => ({ rename: (from, to) => lookingFirst(fs, to, fs.rename(from, to)) }),
  ],
  ["renames a file over another", "copies", (fs) => ({ rename: (from, to) => fs.copyFile(from, to) })],
  [
    "shows the old file or the new one, whole, while it is renamed over",
    "removes first",
    (fs) => ({
      rename: (from, to) =>
        fs.remove(to, { force: true }).pipe(Effect.andThen(Effect.yieldNow), Effect.andThen(fs.rename(from, to))),
    }),
  ],
  [
    "shows the old file or the new one, whole, while it is renamed over",
    "writes piece by piece",
    (fs) => ({
      rename: (from, to) =>
        Effect.gen(function* () {
          const text = yield* fs.readFileString(from)
          yield* fs.writeFileString(to, text.slice(0, 1000))
          yield* Effect.yieldNow
          yield* fs.rename(from, to)
        }),
    }),
  ],
  ["reads on in an open file that another was renamed over, or that was removed", "copies", copying],
  [
    "keeps the target of a rename that fails",
    "removes first",
    (fs) => ({
      rename: (from, to) => Effect.andThen(fs.remove(to, { force: true, recursive: true }), fs.rename(from, to)),
    }),
  ],
  ["has one winner among many that rename the same file", "copies", copying],
  [
    "links a file to a name that is free, and to no other",
    "replaces",
    (fs) => ({ link: (from, to) => Effect.andThen(fs.remove(to, { force: true }), fs.link(from, to)) }),
  ],
  [
    "links a file to a name that is free, and to no other",
    "makes a symbolic link",
    (fs) => ({ link: (from, to) => fs.symlink(from, to) }),
  ],
  [
    "has one winner among many that link to the same name",
    "looks first",
    (fs) => ({
      link: (from, to) => lookingFirst(fs, to, fs.copyFile(from, to)),
    }),
  ],
  ["says that it has no links", "does nothing without a word", () => ({ link: () => Effect.void })],
  [
    "removes what it is told to, and nothing else",
    "removes all that begins like it",
    (fs) => ({
      remove: (path) =>
        Effect.flatMap(fs.readDirectory(dirname(path)), (names) =>
          Effect.forEach(
            names.map((name) => `${dirname(path)}/${name}`).filter((each) => each.startsWith(path)),
            (each) => fs.remove(each),
            { discard: true },
          ),
        ),
    }),
  ],
  ["removes what it is told to, and nothing else", "makes it empty", (fs) => ({ remove: (path) => fs.truncate(path) })],
  [
    "knows what exists, of what type and how large",
    "takes everything for a file",
    (fs) => ({ stat: (path) => Effect.map(fs.stat(path), (info) => ({ ...info, type: "File" as const })) }),
  ],
  [
    "knows what exists, of what type and how large",
    "counts characters",
    (fs) => ({
      stat: (path) =>
        Effect.flatMap(fs.stat(path), (info) =>
          Effect.match(fs.readFileString(path), {
            onFailure: () => info,
            onSuccess: (text) => ({ ...info, size: ByteSize.bytes(BigInt(text.length)) }),
          }),
        ),
    }),
  ],
  [
    "knows when a file was written",
    "doesn't know",
    (fs) => ({ stat: (path) => Effect.map(fs.stat(path), (info) => ({ ...info, mtime: Option.none() })) }),
  ],
  ["takes no file for a symbolic link", "takes each for one", () => ({ readLink: (path) => Effect.succeed(path) })],
]
