/**
 * SHA-256: by the browser where all of the data is there, and in script where it passes by.
 */
import { Digest } from "@voiceclone/core/Digest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as digest from "./internal/digest.ts"
import { hasher } from "./internal/hash.ts"

export const layer: Layer.Layer<Digest> = Layer.succeed(Digest, digest.make(Effect.sync(hasher)))
