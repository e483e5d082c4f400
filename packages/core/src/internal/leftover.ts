/**
 * What earlier runs have left: which of it may yet be saved, in which order, and whose each output is.
 */
import type { Entry } from "../Journal.ts"
import * as expiry from "./expiry.ts"

/**
 * What may yet be saved. A server that has denied a paid task is asked again while it would keep the result: it may have
 * been restored, or the way to it mended.
 */
export const openAt =
  (now: number) =>
  ({ state, plannedAt, expiresAt }: Entry): boolean =>
    state === "submitted" ||
    state === "completed" ||
    (state === "lost" && now < Date.parse(expiresAt ?? plannedAt) + expiry.retentionMillis)

/** What expires first comes first; a task that isn't completed yet expires long after. */
export const dueOf = ({ expiresAt, plannedAt }: Entry): string => expiresAt ?? `9999 ${plannedAt}`

/**
 * The job that each output belongs to: the last one that has saved its speech there, or that began last and will.
 * Whoever finishes what was left has not asked for that to be written over.
 */
export const ownersOf = (
  entries: ReadonlyArray<Entry>,
  isOpen: (entry: Entry) => boolean,
): ReadonlyMap<string, string> => {
  const latest = new Map<string, readonly [at: string, key: string]>()
  for (const entry of entries) {
    const isSaved = entry.state === "saved"
    const path = isSaved ? entry.saved?.path : isOpen(entry) ? entry.output : undefined
    const at = isSaved ? entry.updatedAt : entry.plannedAt
    if (path !== undefined && at >= (latest.get(path)?.[0] ?? "")) latest.set(path, [at, entry.key])
  }
  return new Map(Array.from(latest, ([path, [, key]]) => [path, key]))
}
