/**
 * Why a file operation failed, as part of a sentence, and what it takes for a rename to last.
 */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Predicate from "effect/Predicate"

const byCode: Record<string, string> = {
  EISDIR: "it is a directory",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file is too large for the disk, or for a limit like ulimit -f",
  EROFS: "the disk is read-only",
  ENOTDIR: "a part of its path is not a directory",
  ENAMETOOLONG: "its name is too long",
  ELOOP: "its path is a loop of links",
}

const codeOf = ({ reason }: PlatformError.PlatformError): string =>
  Predicate.hasProperty(reason.cause, "code") ? String(reason.cause.code) : ""

/** Whether there was no room for it. */
export const isFull = (error: PlatformError.PlatformError): boolean => ["ENOSPC", "EDQUOT"].includes(codeOf(error))

export const reasonOf = (error: PlatformError.PlatformError): string => {
  const { reason } = error
  const known = byCode[codeOf(error)]
  if (known !== undefined) return known
  switch (reason._tag) {
    case "NotFound":
      return "there is no such file or directory"
    case "PermissionDenied":
      return "permission denied"
    default:
      return reason.message
  }
}

/**
 * Makes a directory, and those that it is in, for their owner alone. One by one: Node's own recursive mkdir never ends
 * where a directory exists that nothing can be made in, like /proc.
 */
export const makeDirectories = (
  fs: FileSystem.FileSystem,
  path: Path.Path,
  directory: string,
): Effect.Effect<void, PlatformError.PlatformError> => {
  const made = Effect.andThen(fs.makeDirectory(directory, { mode: 0o700 }), syncDirectory(fs, path.dirname(directory)))
  return made.pipe(
    Effect.catchIf(
      (error) => error.reason._tag === "NotFound" && path.dirname(directory) !== directory,
      () => Effect.andThen(makeDirectories(fs, path, path.dirname(directory)), made),
    ),
    Effect.catchIf(
      (error) => error.reason._tag === "AlreadyExists",
      () => Effect.void,
    ),
  )
}

/** A new name lasts through a power cut when the directory that it is in is on disk too. Not every system can sync one. */
export const syncDirectory = (fs: FileSystem.FileSystem, directory: string): Effect.Effect<void> =>
  fs.open(directory).pipe(
    Effect.flatMap((file) => file.sync),
    Effect.scoped,
    Effect.ignore,
  )

/** Writes over what a file has, in its place: a full disk still has the room that the old text takes. */
export const overwrite = (fs: FileSystem.FileSystem, path: string, text: string) =>
  Effect.gen(function* () {
    const bytes = new TextEncoder().encode(text)
    const file = yield* fs.open(path, { flag: "r+" })
    yield* file.writeAll(bytes)
    yield* file.truncate(bytes.byteLength)
    yield* file.sync
  }).pipe(Effect.scoped)
