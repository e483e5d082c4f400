/** The decoding thread's program: one sample, one answer, and the thread has done its work. */
import { parentPort, workerData } from "node:worker_threads"
import type { Recording } from "../Recording.ts"
import type { SampleFormat } from "../SampleFormat.ts"
import type { SampleUnusable } from "../SynthesisError.ts"
import { decode } from "./decode/decode.ts"
import { loadInstalled } from "./decode/installed.ts"
import { DecoderMissing } from "./decode/modules.ts"
import { Refusal } from "./refusal.ts"

/** What the thread is given. */
export interface Assignment {
  readonly bytes: Uint8Array
  readonly container: SampleFormat["container"]
}

/** What it answers: the recording, or why there is none. An error is one that no decoder foresaw. */
export type Answer =
  | { readonly recording: Recording }
  | { readonly refusal: { readonly reason: SampleUnusable["reason"]; readonly detail: string } }
  | { readonly missing: string }
  | { readonly error: string }

const { bytes, container } = workerData as Assignment

const answer = async (): Promise<Answer> => {
  try {
    return { recording: await decode(bytes, container, loadInstalled) }
  } catch (error) {
    if (error instanceof Refusal) return { refusal: { reason: error.reason, detail: error.message } }
    if (error instanceof DecoderMissing) return { missing: error.message }
    return { error: String(error) }
  }
}

const found = await answer()
parentPort?.postMessage(found, "recording" in found ? [found.recording.samples.buffer as ArrayBuffer] : [])
