/**
 * SHA-256 of bytes as they pass, and of those that are all there: the port that each runtime fills with the best it has.
 * (Effect's own `Digest` takes the whole of the data at once, which a download of any size cannot give.)
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/** A digest that grows. */
export interface Hasher {
  readonly update: (chunk: Uint8Array) => void
  /** The SHA-256 of everything so far, 32 bytes. May be asked at any time, and more may follow. */
  readonly digest: () => Uint8Array
}

/** The SHA-256 of a runtime. */
export class Digest extends Context.Service<
  Digest,
  {
    /** A new hasher, of nothing yet. */
    readonly sha256: Effect.Effect<Hasher>
    /** The SHA-256 of the data, 32 bytes. */
    readonly sha256Of: (data: Uint8Array<ArrayBuffer>) => Effect.Effect<Uint8Array>
  }
>()("voiceclone/Digest") {}

/** Lowercase hexadecimal. */
export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

/**
 * The SHA-256 that a `Repr-Digest` field gives (RFC 9530), in hexadecimal; `undefined` where it gives none that can be
 * read.
 *
 * @example
 * parseReprDigest("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:")
 */
export const parseReprDigest = (field: string | undefined): string | undefined => {
  const base64 = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]+=*):/i.exec(field ?? "")?.[1]
  if (base64 === undefined) return undefined
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    return bytes.byteLength === 32 ? toHex(bytes) : undefined
  } catch {
    return undefined
  }
}
