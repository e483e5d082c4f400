/** Writes voice.wav, the sample that the examples clone, byte for byte. Run: node make-voice.ts [file] */
import * as FliteNode from "@voiceclone/engine/FliteNode"
import { Speaker, type Voice } from "@voiceclone/engine/Speaker"
import * as Effect from "effect/Effect"
import { writeFile } from "node:fs/promises"

const rate = 22_050
const pause = new Int16Array(0.3 * rate)

// Lower and slower than any voice the engine answers with, so that sample and result can be told apart by ear.
const voice: Voice = { name: "rms", formantScale: 0.93, stretch: 0.97 }
const sentences = [
  "Good morning.",
  "This voice was made by a machine, so you may copy it as often as you like.",
  "It reads a few calm sentences at an even pace.",
]

const wav = (pieces: ReadonlyArray<Int16Array>): Uint8Array => {
  const size = pieces.reduce((sum, piece) => sum + piece.byteLength, 0)
  const bytes = new Uint8Array(44 + size)
  const view = new DataView(bytes.buffer)
  const ascii = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at)
  ascii(0, "RIFF")
  view.setUint32(4, 36 + size, true)
  ascii(8, "WAVEfmt ")
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, rate, true)
  view.setUint32(28, rate * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  ascii(36, "data")
  view.setUint32(40, size, true)
  let at = 44
  for (const piece of pieces) for (const sample of piece) view.setInt16((at += 2) - 2, sample, true)
  return bytes
}

const program = Effect.gen(function* () {
  const speaker = yield* Speaker
  const spoken = yield* Effect.forEach(sentences, (text) => speaker.say({ text, voice }))
  const pieces = spoken.flatMap((speech, i) => (i === 0 ? [speech] : [pause, speech]))
  const target = process.argv[2] ?? new URL("./voice.wav", import.meta.url)
  yield* Effect.promise(() => writeFile(target, wav(pieces)))
})

await Effect.runPromise(program.pipe(Effect.provide(FliteNode.layerSpeaker)))
