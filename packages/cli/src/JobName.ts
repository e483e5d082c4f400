/**
 * How a job of the journal is named to a person.
 */
import type { Entry } from "@voiceclone/core/Journal"
import { relative } from "node:path"

/** A path as seen from here, where that is shorter. */
export const fromHere = (path: string): string => {
  try {
    const seen = relative("", path)
    return seen !== "" && seen.length < path.length ? seen : path
  } catch {
    // the working directory was removed
    return path
  }
}

/** Where its speech is to be saved, where that is known. */
export const outputOf = ({ output }: Entry): string | undefined => (output === undefined ? undefined : fromHere(output))

/** `voice.wav → speech.wav (task 1234)` */
export const of = (entry: Entry): string => {
  const output = outputOf(entry)
  return [
    entry.sample.name,
    ...(output === undefined ? [] : [`→ ${output}`]),
    ...(entry.taskId === undefined ? [] : [`(task ${entry.taskId})`]),
  ].join(" ")
}
