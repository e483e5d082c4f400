/**
 * API keys in the database: made, listed and revoked while the server runs, by whoever may open the database.
 *
 * Only their SHA-256 is kept. That is enough, as a key is 256 random bits: there is no dictionary to try, which is what
 * slow hashes are for, and each request would pay for one.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as RequestResolver from "effect/RequestResolver"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as SqlResolver from "effect/sql/SqlResolver"
import * as SqlSchema from "effect/sql/SqlSchema"
import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { persist } from "./internal/patience.ts"

/** A key as it is known: never the key itself. */
export interface StoredKey {
  /** Names the key; no secret. */
  readonly id: string
  readonly owner: string
  readonly createdAt: DateTime.Utc
  readonly revokedAt: DateTime.Utc | null
}

/** A name that no owner can have. */
export class OwnerInvalid extends Data.TaggedError("OwnerInvalid")<{ readonly owner: string }> {
  override get message(): string {
    return `${JSON.stringify(this.owner)} cannot be the name of an owner`
  }
  get nextStep(): string {
    return "Take 1 to 64 letters, digits, dots, hyphens, underscores and @."
  }
}

/** Names stand in logs and lists. */
const ownerName = /^[\w.@-]{1,64}$/u

/** Fails where no owner can have this name. */
const checkOwner = (owner: string): Effect.Effect<void, OwnerInvalid> =>
  ownerName.test(owner) ? Effect.void : Effect.fail(new OwnerInvalid({ owner }))

const Row: Schema.Codec<StoredKey & { readonly digest: string }, unknown> = Schema.Struct({
  id: Schema.String,
  owner: Schema.String,
  digest: Schema.String,
  createdAt: Schema.DateTimeUtcFromMillis,
  revokedAt: Schema.NullOr(Schema.DateTimeUtcFromMillis),
})

/** A key of 256 random bits. */
export const random = (): string => `vc_${randomBytes(32).toString("base64url")}`

const digestOf = (key: string): Buffer => createHash("sha256").update(key).digest()

/** The store's service. */
export class KeyStore extends Context.Service<
  KeyStore,
  {
    /** Makes a key, which is shown this once. */
    readonly create: (
      owner: string,
    ) => Effect.Effect<{ readonly id: string; readonly key: Redacted.Redacted<string> }, OwnerInvalid | SqlError>
    /** All keys, the oldest first, revoked ones included. */
    readonly list: Effect.Effect<ReadonlyArray<StoredKey>, SqlError>
    /** Ends a key; says whether there was one of this id that was in force. */
    readonly revoke: (id: string) => Effect.Effect<boolean, SqlError>
    /** Whose key this is, where it is in force. */
    readonly holderOf: (
      key: Redacted.Redacted<string>,
    ) => Effect.Effect<Option.Option<{ readonly owner: string; readonly keyId: string }>>
  }
>()("voiceclone/server/KeyStore") {
  /** In a database whose migrations have run. */
  static readonly layer = Layer.effect(
    KeyStore,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const all = SqlSchema.findAll({
        Request: Schema.Void,
        Result: Row,
        execute: () => sql`select * from api_keys order by created_at, id`,
      })
      /** Those who ask at the same time are answered by one query: wrong keys, of which there may be a flood, too. */
      const byDigest = SqlResolver.findById({
        Id: Schema.String,
        Result: Row,
        ResultId: ({ digest }) => digest,
        execute: (digests) =>
          persist(sql`select * from api_keys where revoked_at is null and ${sql.in("digest", digests)}`),
      }).pipe(RequestResolver.batchN(500))
      return KeyStore.of({
        create: Effect.fnUntraced(function* (owner) {
          yield* checkOwner(owner)
          const key = random()
          const id = `key_${randomBytes(6).toString("hex")}`
          const createdAt = yield* Clock.currentTimeMillis
          const digest = digestOf(key).toString("hex")
          yield* persist(
            sql`insert into api_keys ${sql.insert({ id, owner, digest, createdAt })} on conflict (digest) do nothing`,
          )
          return { id, key: Redacted.make(key) }
        }),
        list: persist(all()).pipe(
          Effect.map((rows) =>
            rows.map(({ createdAt, id, owner, revokedAt }) => ({ id, owner, createdAt, revokedAt })),
          ),
          Effect.catchTag("SchemaError", Effect.die),
        ),
        revoke: Effect.fnUntraced(function* (id) {
          const at = yield* Clock.currentTimeMillis
          // by this very call, where the answer to it was lost
          const rows = yield* persist(sql`update api_keys set revoked_at = ${at}
            where id = ${id} and (revoked_at is null or revoked_at = ${at}) returning id`)
          return rows.length > 0
        }),
        holderOf: (key) => {
          const digest = digestOf(Redacted.value(key))
          return SqlResolver.request(digest.toString("hex"), byDigest).pipe(
            Effect.catchNoSuchElement,
            // How long the index takes tells at most how much of a digest is right, and nobody can choose a digest.
            Effect.map(Option.filter((found) => timingSafeEqual(Buffer.from(found.digest, "hex"), digest))),
            Effect.map(Option.map(({ id, owner }) => ({ owner, keyId: id }))),
            Effect.orDie,
          )
        },
      })
    }),
  )
}
