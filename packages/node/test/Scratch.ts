/**
 * A place of its own for each test: a sample, a target, a journal, and what stands there.
 */
import type { Entry } from "@voiceclone/core/Journal"
import * as WavFile from "@voiceclone/testing/WavFile"
import { createHash } from "node:crypto"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Plan } from "./job.ts"

export interface Scratch extends AsyncDisposable {
  readonly directory: string
  readonly sample: string
  readonly output: string
  readonly journal: string
  /** The path of something inside. */
  readonly inside: (...names: ReadonlyArray<string>) => string
  /** The plan of a whole job. */
  readonly clone: (server: { readonly baseUrl: string; readonly apiKey?: string }, job?: Partial<Job>) => Plan
  /** What the journal knows, oldest first. */
  readonly entries: () => Promise<ReadonlyArray<Entry>>
}

interface Job {
  readonly text: string
  readonly output: string
  readonly force: boolean
  readonly death: Plan["death"]
}

export const voice = WavFile.tone({ seconds: 3, frequency: 220 })

/** A key that is nowhere else to be found. */
export const secretKey = "sk-0f6e2c1b9a7d4853"

/** A text that is nowhere else to be found. */
export const secretText = "Meet me where the heron stood."

export const open = async (parent = tmpdir()): Promise<Scratch> => {
  const directory = await mkdtemp(join(parent, "voiceclone-"))
  const inside = (...names: ReadonlyArray<string>) => join(directory, ...names)
  const [sample, output, journal] = [inside("voice.wav"), inside("speech.wav"), inside("state", "jobs")]
  await writeFile(sample, voice)
  return {
    directory,
    sample,
    output,
    journal,
    inside,
    clone: ({ apiKey = secretKey, baseUrl }, { death, force = false, text = secretText, ...job } = {}) => ({
      options: { apiKey, baseUrl, journal },
      call: { name: "clone", options: { sample, text, output: job.output ?? output, force, timeout: "1 minute" } },
      ...(death === undefined ? {} : { death }),
    }),
    entries: async () => {
      const names = (await readdir(journal).catch(() => [])).filter((name) => name.endsWith(".json"))
      const texts = await Promise.all(names.map((name) => readFile(join(journal, name), "utf8")))
      return texts.map((text) => JSON.parse(text) as Entry).sort((a, b) => a.plannedAt.localeCompare(b.plannedAt))
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

/** The SHA-256 of what stands at a path, or "absent". */
export const digestOf = async (path: string): Promise<string> => readFile(path).then(sha256, () => "absent")
