/** Filesystems that read and write whole files wrong. */
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { dirname } from "node:path"
import { type FileSabotage, lookingFirst, refused } from "./sabotage.ts"

export const wholeFiles: ReadonlyArray<FileSabotage> = [
  [
    "reads a text as it was written, to the last character",
    "reads as ASCII",
    (fs) => ({
      readFileString: (path) => Effect.map(fs.readFileString(path), (text) => text.replace(/[^ -~\n]/g, "?")),
    }),
  ],
  [
    "replaces a text by a shorter one",
    "writes over the beginning",
    (fs) => ({
      writeFileString: (path, text) =>
        Effect.catch(fs.writeFileString(path, text, { flag: "r+" }), () => fs.writeFileString(path, text)),
    }),
  ],
  [
    "writes a text with wx only where nothing is",
    "ignores flags",
    (fs) => ({ writeFileString: (path, text) => fs.writeFileString(path, text) }),
  ],
  [
    "has one winner among many that write with wx",
    "looks first",
    (fs) => ({ writeFileString: (path, text) => lookingFirst(fs, path, fs.writeFileString(path, text)) }),
  ],
  [
    "keeps files apart when many are written at once",
    "has one buffer for all",
    (fs) => {
      let buffer = ""
      return {
        writeFileString: (path, text) => {
          buffer = text
          return Effect.andThen(
            Effect.yieldNow,
            Effect.suspend(() => fs.writeFileString(path, buffer)),
          )
        },
      }
    },
  ],
  [
    "keeps names apart, whatever is in them",
    "takes names for URLs",
    (fs) => {
      const decoded = (path: string) => path.replaceAll("%20", " ")
      return {
        writeFileString: (path, text) => fs.writeFileString(decoded(path), text),
        readFileString: (path) => fs.readFileString(decoded(path)),
      }
    },
  ],
  [
    "streams all bytes in order, in chunks that stay as they are, each time anew",
    "gives the same buffer again and again",
    (fs) => ({
      stream: (path) =>
        Stream.suspend(() => {
          const buffer = new Uint8Array(65_536)
          return Stream.map(fs.stream(path), (chunk) => {
            buffer.set(chunk)
            return buffer.subarray(0, chunk.byteLength)
          })
        }),
    }),
  ],
  [
    "streams all bytes in order, in chunks that stay as they are, each time anew",
    "drops a last chunk that isn't full",
    (fs) => ({ stream: (path) => Stream.filter(fs.stream(path), (chunk) => chunk.byteLength === 65_536) }),
  ],
  [
    "streams all bytes in order, in chunks that stay as they are, each time anew",
    "goes on where it was",
    (fs) => {
      const places = new Map<string, number>()
      return {
        stream: (path) =>
          Stream.suspend(() =>
            Stream.tap(fs.stream(path, { offset: ByteSize.bytes(BigInt(places.get(path) ?? 0)) }), (chunk) =>
              Effect.sync(() => places.set(path, (places.get(path) ?? 0) + chunk.byteLength)),
            ),
          ),
      }
    },
  ],
  [
    "lets go of a file whose stream isn't read to its end",
    "keeps it locked",
    (fs) => {
      const held = new Set<string>()
      return {
        stream: (path) =>
          Stream.concat(
            Stream.suspend(() => (held.add(path), fs.stream(path))),
            Stream.suspend(() => (held.delete(path), Stream.empty)),
          ),
        rename: (from, to) => (held.has(to) ? refused("Busy") : fs.rename(from, to)),
      }
    },
  ],
  [
    "says NotFound of what isn't there",
    "removes nothing without a word",
    (fs) => ({ remove: (path) => fs.remove(path, { force: true }) }),
  ],
  [
    "says NotFound of what isn't there",
    "reads nothing from nothing",
    (fs) => ({ readFileString: (path) => Effect.orElseSucceed(fs.readFileString(path), () => "") }),
  ],
  [
    "says NotFound of what isn't there",
    "knows no reasons",
    (fs) => ({ stat: (path) => Effect.catch(fs.stat(path), () => refused("Unknown")) }),
  ],
  ["says NotFound of what isn't there", "dies", (fs) => ({ rename: (from, to) => Effect.orDie(fs.rename(from, to)) })],
  [
    "makes no file in a directory that isn't there",
    "makes the directory",
    (fs) => ({
      writeFileString: (path, text, options) =>
        Effect.andThen(fs.makeDirectory(dirname(path), { recursive: true }), fs.writeFileString(path, text, options)),
    }),
  ],
]
