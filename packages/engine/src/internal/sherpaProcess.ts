/**
 * The program of the process that runs the native code: it loads one model and speaks one text at a time. It stands
 * alone, because that code may end its process at any moment.
 */
import { createRequire } from "node:module"
import { setPriority } from "node:os"
import type { Recording } from "../Recording.ts"

/** The model to load, in sherpa-onnx's words. */
export interface ModelConfig {
  readonly model: Readonly<Record<string, unknown>>
}

/** What to say. */
export interface Speech {
  readonly text: string
  readonly reference: Recording
  readonly transcript: string | undefined
  readonly steps: number | undefined
}

/** What the process is to do; it is to load before it can say. */
export type Assignment = { readonly load: ModelConfig } | { readonly say: Speech }

/** What it answers; any number of signs of progress come before the rest. */
export type Answer =
  | { readonly progress: number }
  | { readonly loaded: { readonly sampleRate: number } }
  | { readonly spoken: Recording }
  | { readonly missing: string }
  | { readonly error: string }

/** As much of `sherpa-onnx-node` as is used here; it brings no declarations. */
interface OfflineTts {
  readonly sampleRate: number
  readonly generateAsync: (request: {
    readonly text: string
    readonly enableExternalBuffer: boolean
    readonly generationConfig: Readonly<Record<string, unknown>>
    readonly onProgress: (info: { readonly progress: number }) => boolean
  }) => Promise<Recording>
}

interface SherpaOnnx {
  readonly OfflineTts: { readonly createAsync: (config: ModelConfig) => Promise<OfflineTts> }
}

let tts: OfflineTts | undefined

const answer = (message: Answer) => process.send?.(message)

const load = async (config: ModelConfig): Promise<Answer> => {
  let sherpa: SherpaOnnx
  try {
    sherpa = createRequire(import.meta.url)("sherpa-onnx-node") as SherpaOnnx
  } catch (error) {
    return { missing: String(error) }
  }
  tts = await sherpa.OfflineTts.createAsync(config)
  return { loaded: { sampleRate: tts.sampleRate } }
}

const say = async ({ reference, steps, text, transcript }: Speech): Promise<Answer> => {
  if (tts === undefined) return { error: "No model is loaded." }
  const { sampleRate, samples } = await tts.generateAsync({
    text,
    enableExternalBuffer: false,
    generationConfig: {
      referenceAudio: reference.samples,
      referenceSampleRate: reference.sampleRate,
      ...(transcript === undefined ? {} : { referenceText: transcript }),
      ...(steps === undefined ? {} : { numSteps: steps }),
      // The same text in the same voice is to be the same speech, where the model lets choose.
      extra: { seed: 1 },
    },
    onProgress: ({ progress }) => {
      answer({ progress })
      return true
    },
  })
  return { spoken: { samples, sampleRate } }
}

// Speaking takes all the time there is; the server that has this process is to go on answering.
setPriority(10)

process.on("message", (assignment: Assignment) => {
  const work = "load" in assignment ? load(assignment.load) : say(assignment.say)
  work.then(answer, (error: unknown) => answer({ error: String(error) }))
})
// Whoever asked is gone.
process.on("disconnect", () => process.exit())
