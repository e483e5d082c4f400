/**
 * Where samples and results lie. A blob is there whole or not at all, whatever happens while it is written.
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { TaskRecord } from "./Tasks.ts"

/** A blob's name: its kind and the id of its task; or what tells whose the store is, see `StoreIdentity`. */
export type BlobName = `${BlobKind}/${string}` | "store-id"
export type BlobKind = "samples" | "results"

/** The sample of a task. */
export const sampleOf = (taskId: string): BlobName => `samples/${taskId}`

/** The result that a claim of a task has made: another claim's has another name, so that none writes over another. */
export const resultOf = ({ claims, id }: Pick<TaskRecord, "claims" | "id">): BlobName =>
  `results/${id}${claims === 0 ? "" : `.${claims}`}.wav`

/** The store did not do as asked: no space, no permission, a broken disk, or no such blob. */
export class BlobStoreFailed extends Data.TaggedError("BlobStoreFailed")<{
  readonly name: string
  readonly operation: string
  /** Whether the store is well, and has no such blob: asking again would not help. */
  readonly isMissing?: boolean
  readonly cause: unknown
}> {
  override get message(): string {
    return `The blob store failed to ${this.operation} ${this.name}`
  }
}

/** A blob in the making. */
export interface BlobWriter {
  readonly append: (bytes: Uint8Array) => Effect.Effect<void, BlobStoreFailed>
  /** Replaces bytes that were appended before, from the blob's start on. */
  readonly replaceStart: (bytes: Uint8Array) => Effect.Effect<void, BlobStoreFailed>
}

/** A blob that is there. */
export interface BlobEntry {
  readonly name: BlobName
  /** In milliseconds since 1970. */
  readonly modifiedAt: number
}

/** The store's service. */
export class BlobStore extends Context.Service<
  BlobStore,
  {
    /**
     * Writes a blob, over one of the same name if need be. When it returns, the blob is durable; when `write` fails or is
     * interrupted, there is no trace of it.
     */
    readonly put: <A, E, R>(
      name: BlobName,
      write: (writer: BlobWriter) => Effect.Effect<A, E, R>,
    ) => Effect.Effect<A, E | BlobStoreFailed, R>
    /** The size in bytes, or none where there is no such blob. */
    readonly size: (name: BlobName) => Effect.Effect<Option.Option<number>, BlobStoreFailed>
    /** A whole blob, for what must be in memory. */
    readonly bytes: (name: BlobName) => Effect.Effect<Uint8Array, BlobStoreFailed>
    /** A part of a blob, in pieces of up to 1 MiB. */
    readonly stream: (
      name: BlobName,
      part: { readonly offset: number; readonly length: number },
    ) => Stream.Stream<Uint8Array, BlobStoreFailed>
    /**
     * Hands a part of a blob on, in order and in pieces of up to 1 MiB. A piece is whoever's it is handed to until `to`
     * returns: then its memory may be used again. For large blobs: memory for each piece would be most of the work.
     */
    readonly copy: <E, R>(
      name: BlobName,
      part: { readonly offset: number; readonly length: number },
      to: (piece: Uint8Array) => Effect.Effect<void, E, R>,
    ) => Effect.Effect<void, E | BlobStoreFailed, R>
    /** Removes a blob, if it is there. */
    readonly remove: (name: BlobName) => Effect.Effect<void, BlobStoreFailed>
    readonly list: (kind: BlobKind) => Effect.Effect<ReadonlyArray<BlobEntry>, BlobStoreFailed>
  }
>()("voiceclone/server/BlobStore") {}
