/** Filesystems that get directories wrong. */
import * as Effect from "effect/Effect"
import { dirname } from "node:path"
import { type FileSabotage, refused } from "./sabotage.ts"

export const directories: ReadonlyArray<FileSabotage> = [
  [
    "lists what is in a directory by its bare name, and nothing further down",
    "lists all there is",
    (fs) => ({ readDirectory: (path) => fs.readDirectory(path, { recursive: true }) }),
  ],
  [
    "lists what is in a directory by its bare name, and nothing further down",
    "lists paths",
    (fs) => ({
      readDirectory: (path) => Effect.map(fs.readDirectory(path), (names) => names.map((name) => `${path}/${name}`)),
    }),
  ],
  [
    "makes a directory and those above it, and keeps what is there",
    "makes it anew",
    (fs) => ({
      makeDirectory: (path, options) =>
        Effect.andThen(fs.remove(path, { recursive: true, force: true }), fs.makeDirectory(path, options)),
    }),
  ],
  [
    "makes a directory and those above it, and keeps what is there",
    "makes only itself",
    (fs) => ({ makeDirectory: (path) => fs.makeDirectory(path) }),
  ],
  [
    "makes no directory where a file is",
    "says nothing",
    (fs) => ({ makeDirectory: (path, options) => Effect.ignore(fs.makeDirectory(path, options)) }),
  ],
  [
    "makes one directory when many make it",
    "looks first",
    (fs) => ({
      makeDirectory: (path) =>
        Effect.flatMap(fs.exists(path), (isThere) =>
          isThere
            ? Effect.void
            : Effect.andThen(fs.makeDirectory(dirname(path), { recursive: true }), fs.makeDirectory(path)),
        ),
    }),
  ],
  [
    "takes a file for no directory",
    "lists nothing",
    (fs) => ({ readDirectory: (path) => Effect.orElseSucceed(fs.readDirectory(path), () => []) }),
  ],
  [
    "reads and writes no directory as if it were a file",
    "reads nothing",
    (fs) => ({
      readFileString: (path) =>
        Effect.catchIf(
          fs.readFileString(path),
          ({ reason }) => reason._tag === "BadResource",
          () => Effect.succeed(""),
        ),
    }),
  ],
  [
    "syncs a directory",
    "opens none",
    (fs) => ({ open: (path, options) => (options === undefined ? refused("BadResource") : fs.open(path, options)) }),
  ],
  ["says that it syncs no directory", "says nothing", () => ({})],
  ["lets its own files be written", "allows nothing", () => ({ access: () => refused("PermissionDenied") })],
]
