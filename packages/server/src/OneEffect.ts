/**
 * Whether the contract, which comes with `@voiceclone/core`, was made by the same copy of Effect that serves it. Two
 * copies do not know each other's values: a server on both starts, and then answers each create with 500.
 */
import { Owner } from "@voiceclone/core/VoiceCloneApi"
import * as Effect from "effect/Effect"
import { TwoEffects } from "./ServerError.ts"
import { Tasks } from "./Tasks.ts"

/** What a copy of Effect has all its services inherit from. */
const copyOf = (service: object): unknown => Object.getPrototypeOf(Object.getPrototypeOf(service))

/** Fails where the service was made by another copy of Effect than ours. */
export const check = (service: object): Effect.Effect<void, TwoEffects> =>
  copyOf(service) === copyOf(Tasks) ? Effect.void : Effect.fail(new TwoEffects())

/** Fails where the contract was. */
export const contract = Effect.suspend(() => check(Owner))
