/**
 * Effect's `FileSystem` on a volume: what downloads, locks and the journal need of it. The rest fails, and says so.
 */
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as PlatformError from "effect/PlatformError"
import * as Stream from "effect/Stream"
import type { Info, Volume } from "./volume.ts"

const tags: Record<string, PlatformError.SystemErrorTag> = {
  ConstraintError: "AlreadyExists",
  InvalidModificationError: "BadResource",
  NoModificationAllowedError: "Busy",
  NotAllowedError: "PermissionDenied",
  NotFoundError: "NotFound",
  SecurityError: "PermissionDenied",
  TypeMismatchError: "BadResource",
}

const failed = (method: string, path: string, cause: unknown): PlatformError.PlatformError => {
  const { message, name } = cause as Error
  return PlatformError.systemError({
    _tag: tags[name] ?? "Unknown",
    module: "FileSystem",
    method,
    description: message,
    pathOrDescriptor: path,
    // as a disk says it that has no room
    cause: name === "QuotaExceededError" ? Object.assign(new Error(message, { cause }), { code: "EDQUOT" }) : cause,
  })
}

const pieceBytes = 256 * 1024

export const make = (volume: Volume): FileSystem.FileSystem => {
  /** What has begun is done to its end: a file that is written on after its writer was stopped belongs to someone else. */
  const doing = <A>(method: string, path: string, act: () => Promise<A>) =>
    Effect.uninterruptible(Effect.tryPromise({ try: act, catch: (cause) => failed(method, path, cause) }))
  const refuse = (method: string, path: string, message: string, name = "NotSupportedError") =>
    Effect.fail(failed(method, path, new DOMException(message, name)))

  const infoOf = ({ modifiedAt, size, type }: Info): FileSystem.File.Info => ({
    type,
    mtime: Option.fromUndefinedOr(modifiedAt),
    atime: Option.none(),
    birthtime: Option.none(),
    dev: 0n,
    ino: Option.none(),
    mode: type === "File" ? 0o600 : 0o700,
    nlink: Option.none(),
    uid: Option.none(),
    gid: Option.none(),
    rdev: Option.none(),
    size: ByteSize.bytes(size),
    blksize: Option.none(),
    blocks: Option.none(),
  })

  const prepare = async (path: string, flag: FileSystem.OpenFlag): Promise<void> => {
    if (flag === "r" || flag === "r+") {
      if ((await volume.stat(path)).type !== "File") throw new DOMException("It is a directory", "TypeMismatchError")
      if (flag === "r+") await volume.open(path)
      return
    }
    const isExclusive = flag.includes("x")
    try {
      await volume.create(path)
    } catch (error) {
      if (isExclusive || (error as Error).name !== "ConstraintError") throw error
      await prepare(path, "r+")
      if (flag.startsWith("w")) await volume.truncate(path, 0)
    }
  }

  const open: FileSystem.FileSystem["open"] = (path, { flag = "r" } = {}) =>
    Effect.map(
      doing("open", path, async () => {
        await prepare(path, flag)
        return flag.startsWith("a") ? (await volume.stat(path)).size : 0
      }),
      (start): FileSystem.File => {
        let cursor = start
        const read = (length: number, position: bigint | undefined) =>
          Effect.map(
            doing("read", path, () => volume.read(path, position === undefined ? cursor : Number(position), length)),
            (bytes) => {
              if (position === undefined) cursor += bytes.byteLength
              return bytes
            },
          )
        const write = (bytes: Uint8Array) =>
          flag === "r"
            ? refuse("write", path, "It was opened for reading", "NotAllowedError")
            : Effect.map(
                doing("write", path, () => volume.write(path, cursor, bytes as Uint8Array<ArrayBuffer>)),
                () => {
                  cursor += bytes.byteLength
                  return bytes.byteLength
                },
              )
        return {
          [FileSystem.FileTypeId]: FileSystem.FileTypeId,
          stat: Effect.map(
            doing("stat", path, () => volume.stat(path)),
            infoOf,
          ),
          seek: (offset, from) =>
            Effect.sync(() => {
              cursor = (from === "start" ? 0 : cursor) + Number(offset)
              return BigInt(cursor)
            }),
          sync: doing("sync", path, () => volume.sync(path)),
          read: (buffer, { position } = {}) =>
            Effect.map(read(buffer.byteLength, position), (bytes) => {
              buffer.set(bytes)
              return bytes.byteLength
            }),
          readAlloc: (size, { position } = {}) =>
            Effect.map(read(size, position), (bytes) => (bytes.byteLength === 0 ? Option.none() : Option.some(bytes))),
          truncate: (length = 0) =>
            Effect.map(
              doing("truncate", path, () => volume.truncate(path, length)),
              () => void (cursor = Math.min(cursor, length)),
            ),
          write,
          writeAll: (bytes) => Effect.asVoid(write(bytes)),
        }
      },
    )

  const writeFile: FileSystem.FileSystem["writeFile"] = (path, bytes, { flag = "w" } = {}) =>
    Effect.scoped(Effect.flatMap(open(path, { flag }), (file) => file.writeAll(bytes)))

  const readBlob = (method: string, path: string) => doing(method, path, () => volume.blob(path))

  const makeDirectory: FileSystem.FileSystem["makeDirectory"] = (path, { recursive = false } = {}) =>
    doing("makeDirectory", path, async () => {
      const segments = path.split("/").filter((segment) => segment !== "")
      for (let depth = recursive ? 1 : segments.length; depth <= segments.length; depth++) {
        const above = `/${segments.slice(0, depth).join("/")}`
        try {
          await volume.makeDirectory(above)
        } catch (error) {
          const isThere = recursive && (error as Error).name === "ConstraintError"
          if (!isThere || (await volume.stat(above)).type !== "Directory") throw error
        }
      }
    })

  return FileSystem.makeNoop({
    access: (path) => Effect.asVoid(doing("access", path, () => volume.stat(path))),
    exists: (path) =>
      doing("exists", path, () => volume.stat(path)).pipe(
        Effect.as(true),
        Effect.catchIf(
          (error) => error.reason._tag === "NotFound",
          () => Effect.succeed(false),
        ),
      ),
    link: (path) => refuse("link", path, "A page's files have one name each"),
    makeDirectory,
    open,
    readDirectory: (path) =>
      Effect.map(
        doing("readDirectory", path, () => volume.list(path)),
        (names) => [...names],
      ),
    readFile: (path) => doing("readFile", path, () => volume.read(path, 0, Number.MAX_SAFE_INTEGER)),
    readFileString: (path) =>
      Effect.map(
        doing("readFileString", path, () => volume.read(path, 0, Number.MAX_SAFE_INTEGER)),
        (bytes) => new TextDecoder().decode(bytes),
      ),
    readLink: (path) => refuse("readLink", path, "A page's files have no links"),
    remove: (path, { force = false, recursive = false } = {}) =>
      doing("remove", path, () => volume.remove(path, recursive)).pipe(
        Effect.catchIf(
          (error) => force && error.reason._tag === "NotFound",
          () => Effect.void,
        ),
      ),
    rename: (from, to) => doing("rename", from, () => volume.rename(from, to)),
    stat: (path) =>
      Effect.map(
        doing("stat", path, () => volume.stat(path)),
        infoOf,
      ),
    stream: (path, { chunkSize = pieceBytes } = {}) =>
      Stream.unwrap(
        Effect.map(readBlob("stream", path), (blob) =>
          Stream.fromAsyncIterable(pieces(blob, chunkSize), (cause) => failed("stream", path, cause)),
        ),
      ),
    truncate: (path, length = 0) => doing("truncate", path, () => volume.truncate(path, length)),
    writeFile,
    writeFileString: (path, text, options) => writeFile(path, new TextEncoder().encode(text), options),
  })
}

const pieces = async function* (blob: Blob, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < blob.size; at += size) yield new Uint8Array(await blob.slice(at, at + size).arrayBuffer())
}
