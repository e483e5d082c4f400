/**
 * Whether a file can be written at a path, and is not one that must stay as it is.
 */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Lock from "../Lock.ts"
import { InvalidInput, TargetUnwritable } from "../TaskError.ts"
import { reasonOf } from "./filesystem.ts"
import { filesOf } from "./partial.ts"

/** Keeps a second writer away from `target`. */
export const lockOf = (target: string): string => `${filesOf(target).part}.lock`

export const unwritable = (target: string) => (error: PlatformError.PlatformError) =>
  new TargetUnwritable({ path: target, reason: reasonOf(error), cause: error })

const invalid = (reason: string, nextStep: string) => new InvalidInput({ input: "output", reason, nextStep })

/** What a file is that is neither a file nor a directory. */
const kinds: Record<string, string> = {
  BlockDevice: "a device",
  CharacterDevice: "a device",
  FIFO: "a named pipe",
  Socket: "a socket",
}

/**
 * Finds out before anything is paid for. `sample` is the file that the voice comes from: a recording may be the only one
 * of its kind.
 */
export const check = Effect.fnUntraced(function* (
  fs: FileSystem.FileSystem,
  path: Path.Path,
  target: string,
  sample?: string,
): Effect.fn.Return<void, InvalidInput | TargetUnwritable> {
  // a program without types may give none
  if (typeof target !== "string" || target === "") {
    return yield* invalid("The output has no name", "Give the path of the file to write, e.g. speech.wav.")
  }
  const inIt = `Give the path of a file in it, e.g. ${path.join(target, "speech.wav")}.`
  if (target.endsWith("/") || target.endsWith(path.sep)) {
    return yield* invalid(`The output ${target} is the name of a directory`, inIt)
  }
  const infoOf = (file: string) =>
    fs.stat(file).pipe(
      Effect.asSome,
      Effect.catchIf(
        (error) => error.reason._tag === "NotFound",
        () => Effect.succeedNone,
      ),
      Effect.mapError(unwritable(target)),
    )
  if (yield* Effect.isSuccess(fs.readLink(target))) {
    return yield* invalid(`The output ${target} is a symbolic link`, "Give the path of the file that it leads to.")
  }
  const standing = Option.getOrUndefined(yield* infoOf(target))
  if (standing?.type === "Directory") return yield* invalid(`The output ${target} is a directory`, inIt)
  if (standing !== undefined && standing.type !== "File") {
    return yield* invalid(
      `The output ${target} is ${kinds[standing.type] ?? "not a regular file"}`,
      "Give the path of a regular file: what arrives is checked as a whole before it gets its name.",
    )
  }
  if (sample !== undefined) {
    const recording = Option.getOrUndefined(yield* infoOf(sample))
    for (const file of [target, lockOf(target), ...Object.values(filesOf(target))]) {
      const info = file === target ? standing : Option.getOrUndefined(yield* infoOf(file))
      if (path.resolve(file) !== path.resolve(sample) && !isSame(info, recording)) continue
      return yield* invalid(
        `The output ${target} would be written over the voice sample ${sample}`,
        "Give another output; the sample is left as it is.",
      )
    }
  }
  const directory = path.dirname(target)
  if (Option.getOrUndefined(yield* infoOf(directory))?.type !== "Directory") {
    return yield* invalid(
      `There is no directory ${directory} to write into`,
      "Make it first, or choose another output.",
    )
  }
  // the name must be short enough for the longest of those that stand beside it, too
  yield* infoOf(Lock.longestNameOf(lockOf(target)))
  yield* Effect.mapError(fs.access(directory, { writable: true }), unwritable(target))
  if (standing !== undefined) yield* Effect.mapError(fs.access(target, { writable: true }), unwritable(target))
})

/** Whether two names lead to one file, as hard links do. */
const isSame = (a: FileSystem.File.Info | undefined, b: FileSystem.File.Info | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  a.dev === b.dev &&
  Option.isSome(a.ino) &&
  a.ino.value === Option.getOrNull(b.ino)
