/**
 * The server of the stubs: it says `processing` three times and then `completed`; where only memory is weighed, it says
 * `processing` and not to ask again for a minute.
 */
import { argument } from "../measured.ts"

export const tasks = Number(argument(0))

/** Where the looks go: `transport` (HTTP, in memory), `client` (no HTTP at all), or the origin of a server. */
export const place = argument(1)

/** Whether to weigh the tasks while they sleep, instead of waiting for their end. */
export const weighs = argument(2) === "weigh"

export const ids: ReadonlyArray<string> = Array.from({ length: tasks }, (_, index) => String(index))

const seen = new Uint8Array(tasks)

export const looks = { count: 0 }

export const look = (id: string): "processing" | "completed" => {
  looks.count++
  return ++seen[Number(id)]! < 4 || weighs ? "processing" : "completed"
}

export const retryAfterSeconds = 60

/** The default pacing, as anyone would write it: half as long again each time, jittered. */
export const delayMillis = (polls: number): number =>
  weighs ? retryAfterSeconds * 1000 : Math.min(30_000, 1000 * 1.5 ** polls) * (0.8 + 0.4 * Math.random())
