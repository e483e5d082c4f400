/**
 * When a result is deleted: as the server says, or as the API promises.
 */
import * as Duration from "effect/Duration"
import type { Task } from "../Task.ts"

/** How long a result is kept when the server doesn't say, in milliseconds. */
export const retentionMillis = Duration.toMillis(Duration.days(7))

/** No `Date` is later (ECMA-262, "Time Values and Time Range"). */
const latestMillis = 8.64e15

/** Known, or reckoned at the time `now`, in milliseconds since the epoch. */
export const of = ({ completedAt, expiresAt }: Pick<Task, "completedAt" | "expiresAt">, now: number): number =>
  expiresAt?.getTime() ?? Math.min(latestMillis, (completedAt?.getTime() ?? now) + retentionMillis)
