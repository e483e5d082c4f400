/**
 * What a cache holds already, without a fiber to fetch it.
 */
import * as Cache from "effect/Cache"
import type { Clock } from "effect/Clock"
import type * as Effect from "effect/Effect"
import * as MutableHashMap from "effect/MutableHashMap"
import * as Option from "effect/Option"

/**
 * `Cache.get`, but an `Exit` where the cache has the answer, so that nothing needs to be run for it. To the cache this is
 * no use of the entry: of those that are too many it is let go as the oldest of its making.
 */
export const get =
  <K, A, E>(cache: Cache.Cache<K, A, E>, clock: Clock) =>
  (key: K): Effect.Effect<A, E> => {
    const entry = Option.getOrUndefined(MutableHashMap.get(cache.map, key))
    const exit = entry?.fiber.pollUnsafe()
    if (entry === undefined || exit === undefined) return Cache.get(cache, key)
    const isInForce = entry.expiresAt === undefined || clock.currentTimeMillisUnsafe() < entry.expiresAt
    return isInForce ? exit : Cache.get(cache, key)
  }
