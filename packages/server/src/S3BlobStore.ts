/**
 * The blob store in a bucket of a store that speaks S3: Amazon's, or MinIO, Ceph, R2, Garage and their like.
 *
 * A blob is written to a file first, because only then its length and its digest are known; then it is sent in one PUT,
 * which S3 does whole or not at all, and which it checks against the digest. The file has no name while it is written:
 * whatever ends the process, no voice stays behind on the disk.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as HttpBody from "effect/http/HttpBody"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { type BlobEntry, type BlobKind, type BlobName, BlobStore, BlobStoreFailed } from "./BlobStore.ts"
import { DataDirectory } from "./DataDirectory.ts"
import * as S3Client from "./internal/S3Client.ts"
import { S3Failed } from "./internal/S3Client.ts"
import * as ReprDigest from "./ReprDigest.ts"
import { StoreUnusable } from "./ServerError.ts"
import * as StoreOptions from "./StoreOptions.ts"

const chunkSize = 1024 * 1024

/** Slower than 64 KiB a second is no way to a store. */
const patienceFor = (bytes: number) => `${30 + Math.ceil(bytes / (64 * 1024))} seconds` as const

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" }

const elementsOf = (tag: string, xml: string): ReadonlyArray<string> =>
  [...xml.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, "gsu"))].map(([, content = ""]) => content)

const textsOf = (tag: string, xml: string): ReadonlyArray<string> =>
  elementsOf(tag, xml).map((text) => text.replaceAll(/&(\w+);/gu, (whole, name: string) => entities[name] ?? whole))

/** What a refusal at the start means for who configured the store. */
const hints: Readonly<Record<string, string>> = {
  NoSuchBucket: "Make the bucket, or name another in VOICECLONE_STORE.",
  InvalidAccessKeyId: "Correct AWS_ACCESS_KEY_ID: the store does not know it.",
  SignatureDoesNotMatch: "Correct AWS_SECRET_ACCESS_KEY: it does not belong to AWS_ACCESS_KEY_ID.",
  AccessDenied: "Let the key list the bucket, and get, put and delete its objects.",
  RequestTimeTooSkewed: "Set this machine's clock: it differs from the store's.",
  ExpiredToken: "Renew AWS_SESSION_TOKEN.",
}

const unusable = (options: StoreOptions.StoreOptions) => (error: S3Failed) =>
  new StoreUnusable({
    store: StoreOptions.address(options),
    reason: error.message,
    nextStep:
      error.region !== undefined && error.region !== options.region
        ? `Set AWS_REGION to ${error.region}, where the bucket is.`
        : (hints[error.code ?? ""] ?? "Check VOICECLONE_STORE, the AWS_ variables, and that the store runs."),
    cause: error,
  })

/** Sees at the start that the bucket can be listed, written and deleted from, then serves. */
export const layer = (options: StoreOptions.StoreOptions) =>
  Layer.effect(
    BlobStore,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const paths = yield* Path.Path
      const s3 = yield* S3Client.make(options)
      const staging = (yield* DataDirectory).inside("staging")
      const failed = (operation: string, name: string) => (cause: unknown) =>
        new BlobStoreFailed({ operation, name, cause })

      const look = s3.ask({
        method: "GET",
        name: "",
        query: { "list-type": "2", "max-keys": "1", prefix: options.prefix },
      })
      yield* Effect.gen(function* () {
        const name = `check-${crypto.randomUUID()}`
        yield* look
        const content = HttpBody.text("")
        const sha256 = yield* ReprDigest.sha256(() => Effect.void)
        yield* s3.ask({ method: "PUT", name, body: { content, sha256: hexadecimal(sha256) } })
        yield* s3.ask({ method: "DELETE", name })
      }).pipe(Effect.mapError(unusable(options)))

      /** A file that is gone with its handle. */
      const nameless = Effect.gen(function* () {
        yield* fs.makeDirectory(staging, { recursive: true, mode: 0o700 })
        const path = paths.join(staging, crypto.randomUUID())
        const file = yield* fs.open(path, { flag: "wx+", mode: 0o600 })
        yield* fs.remove(path)
        return file
      })

      const contentOf = (file: FileSystem.File, size: number) =>
        Stream.unwrap(Effect.as(file.seek(0n, "start"), pieces(file, size)))

      return BlobStore.of({
        put: Effect.fnUntraced(function* (name, write) {
          const report = Effect.mapError(failed("write", name))
          const file = yield* report(nameless)
          let size = 0
          const written = yield* write({
            append: (bytes) => Effect.suspend(() => ((size += bytes.byteLength), report(file.writeAll(bytes)))),
            replaceStart: (bytes) => Effect.andThen(report(file.seek(0n, "start")), report(file.writeAll(bytes))),
          })
          const bytes = contentOf(file, size)
          const sha256 = hexadecimal(yield* report(ReprDigest.sha256((to) => Stream.runForEach(bytes, to))))
          const content = HttpBody.stream(bytes, "application/octet-stream", size)
          yield* report(s3.ask({ method: "PUT", name, body: { content, sha256 }, patience: patienceFor(size) }))
          return written
        }, Effect.scoped),

        size: (name) =>
          s3.ask({ method: "HEAD", name }).pipe(
            Effect.map(({ headers }) => Option.some(Number(headers["content-length"]))),
            Effect.catchIf(
              ({ status }) => status === 404,
              // where the bucket itself is away, nothing is known to be missing
              () => Effect.as(look, Option.none()),
            ),
            Effect.mapError(failed("look at", name)),
          ),

        bytes: (name) =>
          s3.ask({ method: "GET", name }).pipe(
            Effect.map(({ body }) => body),
            Effect.mapError(failed("read", name)),
          ),

        stream: (name, { length, offset }) => Stream.mapError(read(s3, name, offset, length), failed("read", name)),
        copy: (name, { length, offset }, to) =>
          Stream.runForEach(Stream.mapError(read(s3, name, offset, length), failed("read", name)), to),

        remove: (name) =>
          s3.ask({ method: "DELETE", name }).pipe(
            Effect.catchIf(
              ({ status }) => status === 404,
              () => Effect.void,
            ),
            Effect.asVoid,
            Effect.mapError(failed("remove", name)),
          ),

        list: (kind) => Effect.mapError(list(s3, options.prefix, kind), failed("list", kind)),
      })
    }),
  )

const hexadecimal = (base64: string): string => Buffer.from(base64, "base64").toString("hex")

/** So many bytes of a file, from where it stands. */
const pieces = (file: FileSystem.File, size: number) =>
  Stream.unfold(size, (left) =>
    Effect.map(
      left === 0 ? Effect.succeedNone : file.readAlloc(Math.min(left, chunkSize)),
      Option.match({ onNone: () => undefined, onSome: (bytes) => [bytes, left - bytes.byteLength] as const }),
    ),
  )

type Client = Effect.Success<ReturnType<typeof S3Client.make>>

/** A part of an object. Where its transfer breaks, it goes on from there, as long as the object is the same. */
const read = (s3: Client, name: BlobName, offset: number, length: number) =>
  Stream.suspend(() => {
    let at = 0
    let etag: string | undefined
    const open = Effect.gen(function* () {
      if (at === length) return Stream.empty
      const first = offset + at
      const response = yield* s3.attempt({
        method: "GET",
        name,
        headers: {
          range: `bytes=${first}-${offset + length - 1}`,
          ...(etag === undefined ? {} : { "if-match": etag }),
        },
      })
      etag = response.headers["etag"]
      if (response.headers["content-range"]?.startsWith(`bytes ${first}-`) !== true) {
        return yield* new S3Failed({ status: response.status, reason: "it answered with another part than asked for" })
      }
      return Stream.mapError(response.stream, s3.unreachable)
    })
    return Stream.unwrap(open).pipe(
      Stream.timeoutOrElse({
        duration: "30 seconds",
        orElse: () => Stream.fail(new S3Failed({ reason: "its answer stands still" })),
      }),
      Stream.tap((bytes) => Effect.sync(() => (at += bytes.byteLength))),
      Stream.concat(
        Stream.suspend(() =>
          at === length ? Stream.empty : Stream.fail(new S3Failed({ reason: "its answer ended early" })),
        ),
      ),
      Stream.retry(($) => $(S3Client.again).pipe(Schedule.while(({ input }) => input.isTransient))),
    )
  })

/** A thousand at a time. */
const list = Effect.fnUntraced(function* (s3: Client, prefix: string, kind: BlobKind) {
  const before = prefix === "" ? "" : `${prefix}/`
  const entries: Array<BlobEntry> = []
  let from: string | undefined
  do {
    const { body } = yield* s3.ask({
      method: "GET",
      name: "",
      query: { "list-type": "2", prefix: `${before}${kind}/`, ...(from && { "continuation-token": from }) },
    })
    const xml = new TextDecoder().decode(body)
    for (const object of elementsOf("Contents", xml)) {
      const [key = "", modified = ""] = [...textsOf("Key", object), ...textsOf("LastModified", object)]
      const name: BlobName = `${kind}/${key.slice(before.length + kind.length + 1)}`
      entries.push({ name, modifiedAt: Date.parse(modified) })
    }
    from = textsOf("NextContinuationToken", xml)[0]
  } while (from !== undefined)
  return entries
})
