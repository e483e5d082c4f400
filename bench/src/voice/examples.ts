/**
 * Writes the pairs of sounds that the documentation has, and a spectrogram of one: `pnpm --filter @voiceclone/bench examples`.
 * It needs espeak-ng for one of the voices, and ffmpeg.
 */
import * as Flite from "@voiceclone/engine/Flite"
import * as FliteNode from "@voiceclone/engine/FliteNode"
import type { Recording } from "@voiceclone/engine/Recording"
import { Speaker } from "@voiceclone/engine/Speaker"
import * as Effect from "effect/Effect"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { output } from "../Child.ts"
import { note } from "../Comparison.ts"
import { wav } from "./Recogniser.ts"
import { references, speakWith } from "./References.ts"
import { sideBySide } from "./Spectrogram.ts"
import { sampleText } from "./Texts.ts"

const pairs = { man: "rms", woman: "espeak-ng en-us+f3", child: "slt 280 Hz × 1.18" } as const
const text = ["Good morning!", "Your parcel left today, and arrives on Tuesday before noon."]

const docs = fileURLToPath(new URL("../../../apps/docs/", import.meta.url))
const sounds = join(docs, "public", "voices")
const directory = await mkdtemp(join(tmpdir(), "voiceclone-examples-"))

/** MP3, since every browser plays it: some 6 kB a second. */
const save = async (name: string, { sampleRate, samples }: Recording) => {
  const file = join(directory, `${name}.wav`)
  await writeFile(file, wav(samples, sampleRate))
  const options = ["-ac", "1", "-ar", "22050", "-b:a", "48k", "-map_metadata", "-1", "-bitexact"]
  await output("ffmpeg", ["-v", "error", "-y", "-i", file, ...options, join(sounds, `${name}.mp3`)])
}

try {
  await mkdir(sounds, { recursive: true })
  const speaker = await Effect.runPromise(
    Speaker.use(Effect.succeed).pipe(Effect.provide(Flite.layerSpeaker(FliteNode.loadModule()))),
  )
  const wanted = new Set<string>(Object.values(pairs))
  const found = await references(directory, sampleText, speaker, note, (name) => wanted.has(name))
  for (const [title, name] of Object.entries(pairs)) {
    const reference = found.find((reference) => reference.name === name)
    if (reference === undefined) throw new Error(`${name} is missing`)
    const { voice } = await Effect.runPromise(speaker.fit(reference.sample))
    await save(`${title}-sample`, reference.sample)
    await save(`${title}-match`, (await speakWith(speaker, voice, text)).recording)
    if (title === "woman") {
      const same = await speakWith(speaker, voice, sampleText)
      await writeFile(join(docs, "src", "assets", "voices.png"), sideBySide(reference.sample, same.recording))
    }
    note(`${title}: ${name} by ${voice.name} × ${voice.formantScale}`)
  }
} finally {
  await rm(directory, { recursive: true, force: true })
}
