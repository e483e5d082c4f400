/**
 * undici's pool of connections, by a way to its file: the whole of undici takes twice as long to load, and does not load
 * on Node.js 20 at all.
 */
import type { Pool } from "undici"
// @ts-expect-error undici has types for its whole only
import PoolOfUndici from "undici/lib/dispatcher/pool.js"

/** A pool for the server at `origin`, of so many connections at most, all of HTTP/1.1. */
export const undiciPool: (origin: string, connections: number) => Pool = (origin, connections) =>
  new (PoolOfUndici as typeof Pool)(origin, { connections, allowH2: false })
