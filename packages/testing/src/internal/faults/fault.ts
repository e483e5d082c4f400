/**
 * What faults by name are made of.
 */
import type { Scenario } from "../../FakeApi.ts"
import * as Fault from "../../Fault.ts"
import { gzip } from "../gzip.ts"

export type Speech = Uint8Array<ArrayBuffer>

/** A scenario to play, made from the right result, and what happens in it, in one sentence. */
export interface Playable {
  readonly about: string
  readonly scenario: (speech: Speech) => Scenario
}

export const fault = (about: string, scenario: Playable["scenario"]): Playable => ({ about, scenario })

export const half = (speech: Speech): number => Math.floor(speech.byteLength / 2)

/** The first answer breaks off in the middle. */
export const halved = (speech: Speech): Fault.Fault => Fault.on("result", 1, Fault.cutShort(half(speech)))

/** The right answer as gzip. */
export const encoded: Fault.Misbehaviour = {
  answer: (right) => ({ ...right, headers: { ...right.headers, "content-encoding": "gzip" }, body: gzip(right.body) }),
}
