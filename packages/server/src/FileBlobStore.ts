/**
 * The blob store in the data directory. A blob is written beside its place, forced to the disk and renamed.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { type BlobEntry, type BlobKind, type BlobName, BlobStore, BlobStoreFailed } from "./BlobStore.ts"
import { DataDirectory } from "./DataDirectory.ts"

const kinds: ReadonlyArray<BlobKind> = ["samples", "results"]
const unfinished = ".part"

/** Where somebody may be at work, what nobody has written to for so long is nobody's. */
const abandoned = Duration.hours(24)

const period = "1 hour"

const chunkSize = 1024 * 1024

/** Sweeps what crashes leave half-written, at the start and over and over: a server that others share may never start again. */
export const layer = Layer.effect(
  BlobStore,
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* DataDirectory
    const path = (name: BlobName) => directory.inside(...name.split("/"))
    const folder = (name: BlobName) => directory.inside(...name.split("/").slice(0, -1))
    const failed = (operation: string, name: string) => (cause: unknown) =>
      new BlobStoreFailed({ operation, name, cause })

    // A rename is on the disk once its directory is. Windows opens no directories, and needs this less.
    const syncDirectory = (name: BlobName) =>
      fs.open(folder(name), { flag: "r" }).pipe(
        Effect.flatMap((opened) => opened.sync),
        Effect.scoped,
        Effect.ignore,
      )

    const entries = Effect.fnUntraced(function* (kind: BlobKind) {
      const names = yield* fs.readDirectory(directory.inside(kind))
      const found = yield* Effect.forEach(names, (name) =>
        Effect.option(
          Effect.map(fs.stat(directory.inside(kind, name)), ({ mtime }): BlobEntry => ({
            name: `${kind}/${name}`,
            modifiedAt: Option.match(mtime, { onNone: () => 0, onSome: (time) => time.getTime() }),
          })),
        ),
      )
      return Arr.getSomes(found)
    })

    const sweep = Effect.fnUntraced(function* (age: Duration.Duration) {
      const youngest = (yield* Clock.currentTimeMillis) - Duration.toMillis(age)
      for (const kind of kinds) {
        for (const { modifiedAt, name } of yield* Effect.mapError(entries(kind), failed("list", kind))) {
          if (name.endsWith(unfinished) && modifiedAt <= youngest) yield* Effect.ignore(fs.remove(path(name)))
        }
      }
    })

    for (const kind of kinds) {
      yield* fs
        .makeDirectory(directory.inside(kind), { recursive: true, mode: 0o700 })
        .pipe(Effect.mapError(failed("prepare", kind)))
    }
    yield* sweep(directory.isShared ? abandoned : Duration.negativeInfinity)
    yield* sweep(abandoned).pipe(
      Effect.catch((error) => Effect.logWarning("What a crash left half-written was not deleted", error)),
      Effect.delay(period),
      Effect.repeat(Schedule.forever),
      Effect.forkScoped,
    )

    return BlobStore.of({
      put: Effect.fnUntraced(function* (name, write) {
        const part = `${path(name)}${unfinished}`
        const report = Effect.mapError(failed("write", name))
        return yield* Effect.gen(function* () {
          const file = yield* report(fs.open(part, { flag: "w", mode: 0o600 }))
          const written = yield* write({
            append: (bytes) => report(file.writeAll(bytes)),
            replaceStart: (bytes) => Effect.andThen(report(file.seek(0n, "start")), report(file.writeAll(bytes))),
          })
          yield* report(file.sync)
          yield* report(fs.rename(part, path(name)))
          yield* syncDirectory(name)
          return written
        }).pipe(
          Effect.scoped,
          Effect.onError(() => Effect.ignore(fs.remove(part, { force: true }))),
        )
      }),
      size: (name) =>
        fs.stat(path(name)).pipe(
          Effect.map((info) => Option.some(Number(info.size))),
          Effect.catchIf(
            (error) => error.reason._tag === "NotFound",
            // where a disk or share is away, nothing is known to be missing
            () => Effect.as(fs.access(folder(name)), Option.none()),
          ),
          Effect.mapError(failed("look at", name)),
        ),
      bytes: (name) => Effect.mapError(fs.readFile(path(name)), failed("read", name)),
      stream: (name, { length, offset }) =>
        Stream.mapError(fs.stream(path(name), { offset, bytesToRead: length, chunkSize }), failed("read", name)),
      copy: (name, { length, offset }, to) =>
        Effect.gen(function* () {
          const report = Effect.mapError(failed("read", name))
          const file = yield* report(fs.open(path(name)))
          yield* report(file.seek(BigInt(offset), "start"))
          const memory = () => new Uint8Array(Math.min(length, chunkSize))
          let left = length
          const fill = Effect.fnUntraced(function* (buffer: Uint8Array) {
            const read = yield* report(file.read(buffer.subarray(0, Math.min(left, chunkSize))))
            if (left > 0 && read === 0) return yield* failed("read", name)(new Error("It is shorter than it was"))
            left -= read
            return buffer.subarray(0, read)
          })
          // one is read into while the other is handed on
          let [free, other] = [memory(), memory()]
          let piece = yield* fill(free)
          while (piece.byteLength > 0) {
            ;[free, other] = [other, free]
            const [next] = yield* Effect.all([fill(free), to(piece)], { concurrency: 2 })
            piece = next
          }
        }).pipe(Effect.scoped),
      remove: (name) => Effect.mapError(fs.remove(path(name), { force: true }), failed("remove", name)),
      list: (kind) =>
        entries(kind).pipe(
          Effect.map(Arr.filter(({ name }) => !name.endsWith(unfinished))),
          Effect.mapError(failed("list", kind)),
        ),
    })
  }),
)
