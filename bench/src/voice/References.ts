/**
 * Voices to be matched: some that Flite speaks with known changes, and whatever synthesizers and recordings the system
 * has. Nothing here has to be installed.
 */
import * as AudioDecoder from "@voiceclone/engine/AudioDecoder"
import * as AudioDecoderNode from "@voiceclone/engine/AudioDecoderNode"
import type { Recording } from "@voiceclone/engine/Recording"
import type { Speaker, Voice } from "@voiceclone/engine/Speaker"
import * as Effect from "effect/Effect"
import { existsSync, readdirSync, statSync } from "node:fs"
import { readFile, rm, writeFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { output } from "../Child.ts"

/** Sentences, each and joined. */
export interface Spoken {
  readonly pieces: ReadonlyArray<Float32Array>
  readonly recording: Recording
}

export interface Reference {
  readonly name: string
  /** `flite`: the engine's own front end, changed; else a voice that it has nothing to do with. */
  readonly kind: "flite" | "foreign" | "human"
  /** Who speaks: several references may be recordings of one voice. */
  readonly speaker: string
  readonly sample: Recording
  /** The same voice with another text; absent where there are only recordings. */
  readonly speak?: (sentences: ReadonlyArray<string>) => Promise<Spoken>
}

/** One recording of several, with pauses between them. */
const joined = (pieces: ReadonlyArray<Float32Array>, sampleRate: number): Recording => {
  const pause = Math.round(0.25 * sampleRate)
  const samples = new Float32Array(pieces.reduce((sum, { length }) => sum + length + pause, 0))
  let at = 0
  for (const piece of pieces) {
    samples.set(piece, at)
    at += piece.length + pause
  }
  return { samples, sampleRate }
}

/** Sentences in a voice of the engine's front end, each and joined. */
export const speakWith = async (
  speaker: Speaker["Service"],
  voice: Voice,
  sentences: ReadonlyArray<string>,
): Promise<Spoken> => {
  const spoken = await Effect.runPromise(Effect.forEach(sentences, (text) => speaker.say({ text, voice })))
  // A loop: what this takes is measured with the speech.
  const pieces = spoken.map((pcm) => {
    const piece = new Float32Array(pcm.length)
    for (let i = 0; i < pcm.length; i++) piece[i] = pcm[i]! / 32_768
    return piece
  })
  return { pieces, recording: joined(pieces, 22_050) }
}

const flite: Readonly<Record<string, Voice>> = {
  rms: { name: "rms" },
  "rms × 0.88": { name: "rms", formantScale: 0.88 },
  "slt 280 Hz × 1.18": { name: "slt", pitch: 280 / 1.18, formantScale: 1.18 },
  "kal16 80 Hz × 0.88": { name: "kal16", pitch: 80 / 0.88, formantScale: 0.88 },
  "awb × 1.10": { name: "awb", formantScale: 1.1 },
  "rms slow": { name: "rms", stretch: 1.25 },
  "rms fast": { name: "rms", stretch: 0.8 },
}

const read = (file: string) =>
  Effect.promise(() => readFile(file)).pipe(
    Effect.flatMap((bytes) => AudioDecoder.AudioDecoder.use((decoder) => decoder.decode(bytes))),
    Effect.provide(AudioDecoderNode.layerInProcess),
    Effect.runPromise,
  )

/** Commands that write what they say to a file. */
const commands: ReadonlyArray<{
  readonly name: string
  readonly run: (text: string, file: string) => Promise<unknown>
}> = [
  ...["en-us", "en-us+f3", "en-gb"].map((voice) => ({
    name: `espeak-ng ${voice}`,
    run: (text: string, file: string) => output("espeak-ng", ["-v", voice, "-w", file, text]),
  })),
  ...["kal_diphone", "cmu_us_slt_arctic_hts"].map((voice) => ({
    name: `festival ${voice}`,
    run: async (text: string, file: string) => {
      await writeFile(`${file}.txt`, text)
      await output("text2wave", ["-eval", `(voice_${voice})`, "-o", file, `${file}.txt`])
    },
  })),
  ...["Female1", "Male1"].map((voice) => ({
    name: `praat ${voice}`,
    run: async (text: string, file: string) => {
      const script = `Create SpeechSynthesizer: "English (Great Britain)", "${voice}"\nTo Sound: "${text}", "no"\nSave as WAV file: "${file}"\n`
      await writeFile(`${file}.praat`, script)
      await output("praat", ["--run", `${file}.praat`])
    },
  })),
]

/** Debian's announcements for Asterisk: one speaker to a folder. */
const recordings = "/usr/share/asterisk/sounds"

const human = async (folder: string): Promise<Reference | undefined> => {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".wav"))
    .map((name) => join(folder, name))
    .toSorted((a, b) => statSync(b).size - statSync(a).size)
    .slice(0, 4)
  if (files.length === 0) return undefined
  const parts = await Promise.all(files.map(read))
  const { sampleRate } = parts[0]!
  const { samples } = joined(
    parts.map(({ samples }) => samples),
    sampleRate,
  )
  return {
    name: `asterisk ${basename(folder)}`,
    kind: "human",
    speaker: speakerOf(`asterisk ${basename(folder)}`),
    sample: { samples: samples.slice(0, 15 * sampleRate), sampleRate },
  }
}

/** The same voice at another pace, in another accent (espeak-ng has one for both), or of a speaker of two languages. */
const speakers: Readonly<Record<string, string>> = {
  "rms slow": "rms",
  "rms fast": "rms",
  "espeak-ng en-gb": "espeak-ng en-us",
  "asterisk es_MX_f_Allison": "asterisk en_US_f_Allison",
}

const speakerOf = (name: string) => speakers[name] ?? name

/** All that there are. What is missing or fails is left out, and said. */
export const references = async (
  directory: string,
  sentences: ReadonlyArray<string>,
  speaker: Speaker["Service"],
  note: (line: string) => void,
  wanted: (name: string) => boolean = () => true,
): Promise<ReadonlyArray<Reference>> => {
  const found: Array<Reference> = []
  for (const [name, voice] of Object.entries(flite)) {
    if (!wanted(name)) continue
    const speak = (sentences: ReadonlyArray<string>) => speakWith(speaker, voice, sentences)
    found.push({ name, kind: "flite", speaker: speakerOf(name), sample: (await speak(sentences)).recording, speak })
  }
  for (const { name, run } of commands) {
    if (!wanted(name)) continue
    const file = join(directory, `${name.replaceAll(/\W/gu, "-")}.wav`)
    const speak = async (sentences: ReadonlyArray<string>) => {
      const pieces: Array<Recording> = []
      for (const text of sentences) {
        await rm(file, { force: true })
        await run(text, file)
        pieces.push(await read(file))
      }
      const parts = pieces.map(({ samples }) => samples)
      return { pieces: parts, recording: joined(parts, pieces[0]!.sampleRate) }
    }
    try {
      found.push({ name, kind: "foreign", speaker: speakerOf(name), sample: (await speak(sentences)).recording, speak })
    } catch {
      note(`voice: left out, for it is not installed or failed: ${name}`)
    }
  }
  const folders = existsSync(recordings) ? readdirSync(recordings).map((name) => join(recordings, name)) : []
  for (const folder of folders.filter((folder) => statSync(folder).isDirectory())) {
    if (!wanted(`asterisk ${basename(folder)}`)) continue
    const reference = await human(folder)
    if (reference !== undefined) found.push(reference)
  }
  if (folders.length === 0) note("voice: no human recordings: apt-get install asterisk-core-sounds-en-wav has some")
  return found
}
