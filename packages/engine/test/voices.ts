/** Voices to be matched, whose traits are known because Flite speaks them. */
import * as Effect from "effect/Effect"
import * as FliteNode from "../src/FliteNode.ts"
import { say } from "../src/internal/say.ts"
import type { Recording } from "../src/Recording.ts"
import type { Voice } from "../src/Speaker.ts"
import { sampleRate } from "../src/Synthesizer.ts"

const loaded = Effect.runSync(Effect.cached(FliteNode.loadModule()))

/** Flite's compiled module. */
export const flite = (): Promise<WebAssembly.Module> => Effect.runPromise(loaded)

/** None of them belongs to what the engine is calibrated or trained with. */
const sentences: ReadonlyArray<string> = [
  "The birch canoe slid on the smooth planks.",
  "Glue the sheet to the dark blue background.",
  "It is easy to tell the depth of a well.",
  "The juice of lemons makes fine punch.",
]

/** Some sentences in a voice, with pauses between them. */
export const recordingOf = async (voice: Voice, texts = sentences): Promise<Recording> => {
  const module = await flite()
  const pause = new Int16Array(0.2 * sampleRate)
  const pieces = texts.flatMap((text) => [say(module, { text, voice }), pause])
  const samples = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    for (const value of piece) samples[at++] = value / 32_768
  }
  return { samples, sampleRate }
}
