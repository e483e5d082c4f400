/**
 * The worker thread's program: it does one assignment per message. The compiled module comes with the thread, so
 * nothing is read or compiled twice.
 */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { parentPort, workerData } from "node:worker_threads"
import type { Recording } from "../Recording.ts"
import type { FittedVoice, Utterance } from "../Speaker.ts"
import type { SampleUnusable } from "../SynthesisError.ts"
import { fit } from "./fit.ts"
import { Refusal } from "./refusal.ts"
import { say } from "./say.ts"

/** What the worker is to do. */
export type Assignment = { readonly say: Utterance } | { readonly fit: Recording }

/** What the worker answers: the speech, the voice, what is wrong with the sample, or why there is nothing of these. */
export type Answer =
  | { readonly pcm: Int16Array<ArrayBuffer> }
  | { readonly fitted: FittedVoice }
  | { readonly refusal: { readonly reason: SampleUnusable["reason"]; readonly detail: string } }
  | { readonly error: unknown }

// See runFlite: a collection takes milliseconds here, since the thread's heap is small.
setFlagsFromString("--expose-gc")
Object.assign(globalThis, { gc: runInNewContext("gc") as () => void })

const { flite } = workerData as { readonly flite: WebAssembly.Module }

const carryOut = (assignment: Assignment): Answer => {
  try {
    return "say" in assignment ? { pcm: say(flite, assignment.say) } : { fitted: fit(flite, assignment.fit) }
  } catch (error) {
    return error instanceof Refusal ? { refusal: { reason: error.reason, detail: error.message } } : { error }
  }
}

parentPort?.on("message", (assignment: Assignment) => {
  const answer = carryOut(assignment)
  parentPort?.postMessage(answer, "pcm" in answer ? [answer.pcm.buffer] : [])
})
