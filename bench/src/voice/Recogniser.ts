/** Whether the speech is understood: the word error rate of pocketsphinx, where it is installed. */
import { resample } from "@voiceclone/engine/Resampler"
import { existsSync } from "node:fs"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { output } from "../Child.ts"

const model = "/usr/share/pocketsphinx/model/en-us"
const rate = 16_000

/** Whether the program and its model of English are there. */
export const isInstalled = async (): Promise<boolean> =>
  existsSync(`${model}/en-us.lm.bin`) &&
  (await output("pocketsphinx_batch", ["-help", "yes"], { codes: [0, 1] }).then(
    () => true,
    () => false,
  ))

/** A 16-bit mono file with the plain header of 44 bytes. */
export const wav = (samples: Float32Array, sampleRate: number): Buffer => {
  const bytes = Buffer.alloc(44 + samples.length * 2)
  bytes.write("RIFF", 0)
  bytes.writeUInt32LE(36 + samples.length * 2, 4)
  bytes.write("WAVEfmt ", 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(sampleRate, 24)
  bytes.writeUInt32LE(sampleRate * 2, 28)
  bytes.writeUInt16LE(2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write("data", 36)
  bytes.writeUInt32LE(samples.length * 2, 40)
  for (let i = 0; i < samples.length; i++) {
    bytes.writeInt16LE(Math.round(32_767 * Math.max(-1, Math.min(1, samples[i]!))), 44 + i * 2)
  }
  return bytes
}

const words = (text: string) => text.toLowerCase().match(/[a-z']+/gu) ?? []

/** Substitutions, insertions and deletions that lead from one to the other: Levenshtein. */
const errors = (said: ReadonlyArray<string>, heard: ReadonlyArray<string>): number => {
  let row = Array.from({ length: heard.length + 1 }, (_, i) => i)
  for (const [i, word] of said.entries()) {
    const next = [i + 1]
    for (const [j, other] of heard.entries()) {
      next.push(Math.min(row[j]! + (word === other ? 0 : 1), row[j + 1]! + 1, next[j]! + 1))
    }
    row = next
  }
  return row.at(-1)!
}

/** What became of a sentence. */
export interface Heard {
  readonly words: number
  readonly wrong: number
}

export interface Hearing {
  /** Of the folder that the files lie in. */
  readonly name: string
  readonly sentences: ReadonlyArray<string>
  readonly pieces: ReadonlyArray<Float32Array>
  readonly sampleRate: number
  /**
   * By how much the formants lie higher than those of the voices that the recogniser knows: its filters move with them.
   * Vocal tract length normalisation, after Lee and Rose (1996), "Speaker normalization using efficient frequency
   * warping procedures".
   */
  readonly warp?: number
}

/** How each sentence is heard. */
export const hear = async (
  directory: string,
  { name, pieces, sampleRate, sentences, warp }: Hearing,
): Promise<ReadonlyArray<Heard>> => {
  const folder = join(directory, name.replaceAll(/\W/gu, "-"))
  await mkdir(folder, { recursive: true })
  for (const [i, piece] of pieces.entries()) {
    const padded = new Float32Array(piece.length + sampleRate)
    padded.set(piece, sampleRate / 2)
    await writeFile(join(folder, `${i}.wav`), wav(resample(padded, { from: sampleRate, to: rate }), rate))
  }
  const [list, heard] = [join(folder, "list"), join(folder, "heard")]
  await writeFile(list, pieces.map((_, i) => `${i}\n`).join(""))
  const options = ["-hmm", `${model}/en-us`, "-lm", `${model}/en-us.lm.bin`, "-dict", `${model}/cmudict-en-us.dict`]
  const files = ["-ctl", list, "-cepdir", folder, "-cepext", ".wav", "-adcin", "yes", "-adchdr", "44", "-hyp", heard]
  // As the program's own guide to speed has it; it hears the same, but gives up sooner on what it does not understand.
  const beams = ["-maxhmmpf", "3000", "-maxwpf", "10"]
  const warping = warp === undefined ? [] : ["-warp_type", "inverse_linear", "-warp_params", warp.toFixed(4)]
  await output("pocketsphinx_batch", [...options, ...files, ...beams, ...warping])
  const lines = (await readFile(heard, "utf8")).trim().split("\n")
  return sentences.map((sentence, i) => {
    const said = words(sentence)
    return { words: said.length, wrong: errors(said, words(lines[i]?.replace(/\([^)]*\)\s*$/u, "") ?? "")) }
  })
}
