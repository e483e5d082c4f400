/**
 * What a cache holds already, without a fiber to fetch it.
 */
import * as Cache from "effect/Cache"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as MutableHashMap from "effect/MutableHashMap"
import * as Option from "effect/Option"
import * as SteadyClock from "./steadyClock.ts"

/**
 * `Cache.get`, but an `Exit` where the cache has the answer, so that nothing needs to be run for it. To the cache this is
 * no use of the entry: of those that are too many it is let go as the oldest of its making. An entry lasts its time whatever
 * the time of day is set to.
 */
export const get = <K, A, E>(cache: Cache.Cache<K, A, E>, clock: Clock.Clock): ((key: K) => Effect.Effect<A, E>) => {
  const steady = SteadyClock.of(clock)
  const fetch = (key: K) => Effect.provideService(Cache.get(cache, key), Clock.Clock, steady)
  return (key) => {
    const entry = Option.getOrUndefined(MutableHashMap.get(cache.map, key))
    const exit = entry?.fiber.pollUnsafe()
    if (entry === undefined || exit === undefined) return fetch(key)
    const isInForce = entry.expiresAt === undefined || steady.currentTimeMillisUnsafe() < entry.expiresAt
    return isInForce ? exit : fetch(key)
  }
}
