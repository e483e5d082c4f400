/** Writes voice.wav, the sample that the examples clone, byte for byte, or the file that is named as an argument. */
import * as Wav from "@voiceclone/core/Wav"
import * as FliteNode from "@voiceclone/engine/FliteNode"
import { Speaker, type Voice } from "@voiceclone/engine/Speaker"
import * as Effect from "effect/Effect"
import { writeFile } from "node:fs/promises"

const pause = new Int16Array(0.3 * Wav.resultFormat.sampleRate)

// Resampled to 0.93, the speech is 7 % lower in pitch and formants, and 1 / 0.93 as long; the shorter sounds take back
// less than half of that. So it is lower and a little slower than `rms` itself.
const voice: Voice = { name: "rms", formantScale: 0.93, stretch: 0.97 }
const sentences = [
  "Good morning.",
  "This voice was made by a machine, so you may copy it as often as you like.",
  "It has little to say, but it says it clearly.",
  "It reads a few calm sentences at an even pace.",
]

const program = Effect.gen(function* () {
  const speaker = yield* Speaker
  const spoken = yield* Effect.forEach(sentences, (text) => speaker.say({ text, voice }))
  const pieces = spoken.flatMap((speech, i) => (i === 0 ? [speech] : [pause, speech]))
  const size = pieces.reduce((sum, piece) => sum + piece.byteLength, 0)
  const target = process.argv[2] ?? new URL("./voice.wav", import.meta.url)
  // Every machine that Node runs on is little-endian, as WAV is.
  yield* Effect.promise(() => writeFile(target, [Wav.encodeHeader(Wav.resultFormat, size), ...pieces]))
})

await Effect.runPromise(program.pipe(Effect.provide(FliteNode.layerSpeaker)))
