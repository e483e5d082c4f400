/**
 * What an unfinished download remembers of itself, beside its partial file.
 */
import * as Predicate from "effect/Predicate"

/** The first `bytes` bytes of the partial are the first bytes of this very result. */
export interface Checkpoint {
  readonly taskId: string
  readonly server: string
  /** How many bytes of the partial this vouches for; what lies behind them is not trusted. */
  readonly bytes: number
  /** The SHA-256 of these bytes, in hexadecimal. */
  readonly sha256: string
  /** The size of the whole result, in bytes, where the server said so. */
  readonly total?: number | undefined
  /** The result's entity tag, strong or weak, where the server sends one. */
  readonly etag?: string
  /** The SHA-256 of the whole result, in hexadecimal, where the server said so. */
  readonly reprDigest?: string
}

const version = 1

/** As JSON text. */
export const encode = (checkpoint: Checkpoint): string => `${JSON.stringify({ version, ...checkpoint })}\n`

/** Reads JSON text; `undefined` for whatever isn't a checkpoint of this version, whole and sensible. */
export const decode = (text: string): Checkpoint | undefined => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Predicate.isObject(value)) return undefined
  const { version: found, ...rest } = value as Record<string, unknown>
  const { taskId, server, bytes, sha256, total, etag, reprDigest } = rest
  const isOptional = (field: unknown, is: (field: unknown) => boolean) => field === undefined || is(field)
  const isSize = (field: unknown) => Number.isSafeInteger(field) && Number(field) >= 0
  return found === version &&
    Predicate.isString(taskId) &&
    Predicate.isString(server) &&
    isSize(bytes) &&
    Predicate.isString(sha256) &&
    isOptional(total, isSize) &&
    isOptional(etag, Predicate.isString) &&
    isOptional(reprDigest, Predicate.isString)
    ? (rest as unknown as Checkpoint)
    : undefined
}
