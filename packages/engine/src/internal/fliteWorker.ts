/**
 * The worker thread's program: it speaks one utterance per message. The compiled module comes with the thread, so
 * nothing is read or compiled twice.
 */
import { parentPort, workerData } from "node:worker_threads"
import type { Utterance } from "../Speaker.ts"
import { say } from "./say.ts"

/** What the worker answers: the speech, or why there is none. */
export type Answer = { readonly pcm: Int16Array<ArrayBuffer> } | { readonly error: unknown }

const { flite } = workerData as { readonly flite: WebAssembly.Module }

parentPort?.on("message", (utterance: Utterance) => {
  let answer: Answer
  try {
    answer = { pcm: say(flite, utterance) }
  } catch (error) {
    answer = { error }
  }
  parentPort?.postMessage(answer, "pcm" in answer ? [answer.pcm.buffer] : [])
})
