/**
 * What the Promise door runs for jobs that nothing remembers: a part of it that a page loads with the first of them.
 */
import * as Effect from "effect/Effect"
import * as InMemory from "../InMemory.ts"
import type { Opening } from "./jobs.ts"
import { toTaskId } from "./taskId.ts"

export const submit = <R>(opening: Opening<R>, text: string) =>
  Effect.flatMap(opening, (sample) => InMemory.submit({ sample, text }))

export const receive = (taskId: string) => Effect.flatMap(toTaskId(taskId), InMemory.receive)
