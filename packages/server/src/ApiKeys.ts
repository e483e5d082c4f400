/**
 * Who may use the server: each API key has an owner, and a task is its owner's alone.
 */
import * as Cache from "effect/Cache"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { hash, timingSafeEqual } from "node:crypto"
import { DataDirectory } from "./DataDirectory.ts"
import * as Remembered from "./internal/remembered.ts"
import { KeyStore, random } from "./KeyStore.ts"
import { DataDirectoryUnusable } from "./ServerError.ts"
import { ServerConfig } from "./ServerOptions.ts"

/** A key and whose it is. An owner may have several keys, so that one can replace another. */
export interface ApiKey {
  readonly owner: string
  readonly key: Redacted.Redacted<string>
}

/** Whose key a request bears, and which of the owner's keys it is. */
export interface KeyHolder {
  readonly owner: string
  /** Names the key in logs; no secret: `key_…`, `configured:1` for the first of the configuration, `kept` or `page`. */
  readonly keyId: string
}

/** A list of keys that cannot be read. Never holds a key. */
export class ApiKeysInvalid extends Data.TaggedError("ApiKeysInvalid")<{
  readonly reason: string
}> {
  override get message(): string {
    return `The list of API keys cannot be read: ${this.reason}`
  }
  get nextStep(): string {
    return "Write it as owner:key,owner2:key2."
  }
}

/** Keys travel in a header: visible ASCII only. */
const keyCharacters = /^[\x21-\x7e]+$/u

/**
 * Reads `owner:key,owner2:key2`, the form of `VOICECLONE_SERVER_KEYS`. White space around names and keys is ignored; a
 * key may hold colons, but no comma.
 *
 * @example
 * ```ts
 * ApiKeys.parse("anna:vc_1,ben:vc_2") // Result.succeed([{ owner: "anna", … }, { owner: "ben", … }])
 * ```
 */
export const parse = (text: string): Result.Result<ReadonlyArray<ApiKey>, ApiKeysInvalid> => {
  const keys: Array<ApiKey> = []
  const seen = new Set<string>()
  for (const [index, entry] of text.split(",").entries()) {
    const invalid = (reason: string) => Result.fail(new ApiKeysInvalid({ reason: `entry ${index + 1} ${reason}` }))
    const colon = entry.indexOf(":")
    if (entry.trim() === "") return invalid("is empty")
    if (colon < 0) return invalid("has no colon between owner and key")
    const owner = entry.slice(0, colon).trim()
    const key = entry.slice(colon + 1).trim()
    if (owner === "") return invalid("has no owner before the colon")
    if (key === "") return invalid("has no key after the colon")
    if (!keyCharacters.test(key)) return invalid("has a key with characters other than visible ASCII")
    if (seen.has(key)) return invalid("repeats a key of an earlier entry")
    seen.add(key)
    keys.push({ owner, key: Redacted.make(key) })
  }
  return Result.succeed(keys)
}

const digest = (key: string): Buffer => hash("sha256", key, "buffer")

/** For how long the server believes that a stored key is in force without looking again. */
export const memory = Duration.seconds(1)

/** The keys' service. */
export class ApiKeys extends Context.Service<
  ApiKeys,
  {
    /** The first key: the one that the server's own machine uses. */
    readonly first: ApiKey
    /** Whether {@link first} was made by this start, so that it can be shown once. */
    readonly firstIsNew: boolean
    /**
     * Writes a new {@link first} key down. To be called when the start has succeeded and will be announced: else a start
     * that fails for another reason would leave a key that nobody was ever shown.
     */
    readonly keep: Effect.Effect<void, DataDirectoryUnusable>
    /** Whose key this is that was sent: a configured one, or one of the `KeyStore`. */
    readonly holderOf: (sent: string) => Effect.Effect<Option.Option<KeyHolder>>
  }
>()("voiceclone/server/ApiKeys") {
  /** The configured keys, or the one in the data directory. */
  static readonly layer = Layer.effect(
    ApiKeys,
    Effect.gen(function* () {
      const { keys, page } = yield* ServerConfig
      const [configured] = keys
      const kept = configured === undefined ? yield* keptKey : { key: configured, isNew: false, keep: Effect.void }
      const configuredOrKept = (configured === undefined ? [kept.key] : keys).map(({ key, owner }, index) => ({
        holder: { owner, keyId: configured === undefined ? "kept" : `configured:${index + 1}` },
        digest: digest(Redacted.value(key)),
      }))
      const known = [
        ...configuredOrKept,
        ...(page === undefined
          ? []
          : [{ holder: { owner: kept.key.owner, keyId: "page" }, digest: digest(Redacted.value(page.token)) }]),
      ]
      const store = yield* KeyStore
      const stored = yield* Cache.makeWith((given: string) => store.holderOf(Redacted.make(given)), {
        capacity: 10_000,
        timeToLive: (exit) => (Exit.isSuccess(exit) && Option.isSome(exit.value) ? memory : Duration.zero),
      })
      const storedHolderOf = Remembered.get(stored, yield* Clock.Clock)
      /** Keys that were compared and found right. Nobody can aim at them: V8 hashes strings by a secret of the process. */
      const proven = new Map<string, Effect.Effect<Option.Option<KeyHolder>>>()
      return ApiKeys.of({
        first: kept.key,
        firstIsNew: kept.isNew,
        keep: kept.keep,
        holderOf: (sent) => {
          if (sent === "") return Effect.succeedNone
          const answer = proven.get(sent)
          if (answer !== undefined) return answer
          const given = digest(sent)
          let holder: KeyHolder | undefined
          // No early exit: digests have one length, and all are compared.
          for (const one of known) if (timingSafeEqual(one.digest, given)) holder = one.holder
          if (holder === undefined) return storedHolderOf(sent)
          const right = Effect.succeedSome(holder)
          proven.set(sent, right)
          return right
        },
      })
    }),
  )
}

const keptKey = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const { inside, isShared, path } = yield* DataDirectory
  const file = inside("key")
  const unusable = (reason: string, nextStep: string, cause?: PlatformError) =>
    new DataDirectoryUnusable({ path, reason, nextStep, cause })
  const report = Effect.mapError((cause: PlatformError) =>
    unusable(
      `the file "key" in it cannot be used (${cause.reason._tag})`,
      "Let this user read and write the file, or delete it to have another key made.",
      cause,
    ),
  )
  const owned = (key: string): ApiKey => ({ owner: "owner", key: Redacted.make(key) })
  const read = report(fs.readFileString(file)).pipe(
    Effect.map((text) => text.trim()),
    // Whoever sends none would bear an empty one.
    Effect.filterOrFail(
      (key) => keyCharacters.test(key),
      () =>
        unusable(
          'the file "key" in it holds no key, which is a line of visible ASCII characters',
          "Write the key into it again, or delete the file to have another key made.",
        ),
    ),
  )
  if (yield* report(fs.exists(file))) return { key: owned(yield* read), isNew: false, keep: Effect.void }
  const made = random()
  /** The file is there with the whole key or not at all, whatever ends the server, and whoever reads it meanwhile. */
  const written = <A>(place: (part: string) => Effect.Effect<A, PlatformError>) => {
    const part = `${file}.${crypto.randomUUID()}.part`
    return fs.open(part, { flag: "wx", mode: 0o600 }).pipe(
      Effect.flatMap((opened) => Effect.andThen(opened.writeAll(new TextEncoder().encode(`${made}\n`)), opened.sync)),
      Effect.scoped,
      Effect.andThen(place(part)),
      Effect.ensuring(Effect.ignore(fs.remove(part, { force: true }))),
      report,
    )
  }
  if (!isShared) return { key: owned(made), isNew: true, keep: written((part) => fs.rename(part, file)) }
  // Of servers that start at the same time one makes the key, and the others find it.
  const isFirst = yield* written((part) =>
    fs.link(part, file).pipe(
      Effect.as(true),
      Effect.catchIf(
        (error) => error.reason._tag === "AlreadyExists",
        () => Effect.succeed(false),
      ),
    ),
  )
  return { key: owned(isFirst ? made : yield* read), isNew: isFirst, keep: Effect.void }
})
