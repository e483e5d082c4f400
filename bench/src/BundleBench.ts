/**
 * What a page downloads: minified and gzipped, as six bundlers make it, beside clients of other services, and beside
 * what Effect itself takes.
 */
import { mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { bundlers, placeOf } from "./Bundlers.ts"
import { compare, type Figures, type Outcome, plain, root, save, table } from "./Comparison.ts"
import { inSteps, type Loaded, whole } from "./Loading.ts"

/** Ours, whose parts are loaded when they are needed. */
const ours: Readonly<Record<string, string>> = {
  "@voiceclone/browser": "voiceclone",
  "@voiceclone/browser/standalone": "standalone",
}

const steps: Readonly<Record<keyof Loaded, string>> = {
  page: "with the page",
  call: "and with the first call",
  wait: "and to wait",
  memory: "submit, wait, receive",
  job: "and for whole jobs",
}

const others: Readonly<Record<string, string>> = {
  "@voiceclone/browser, its Effect layer": "voicecloneEffect",
  "Effect.runPromise": "effect",
  "ManagedRuntime, Layer, sleep": "effectRuntime",
  "and HttpClient, Stream": "effectHttp",
  "and Schema": "effectSchema",
  ky: "ky",
  replicate: "replicate",
  assemblyai: "assemblyai",
  "azure core-lro, core-rest-pipeline": "azure",
  "tus-js-client": "tus",
  "fal-ai": "fal",
  openai: "openai",
  elevenlabs: "elevenlabs",
}

const bundle = async (bundler: string, subject: string): Promise<string> => {
  const directory = placeOf(root, bundler, subject)
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  await bundlers[bundler]!(join(root, "subjects", "bundle", `${subject}.ts`), directory)
  return directory
}

/** What the page loads of ours, step by step, of each bundler. */
export const measureOurs = async (): Promise<ReadonlyArray<Outcome>> => {
  const outcomes: Array<Outcome> = []
  for (const [name, subject] of Object.entries(ours)) {
    const bySteps = new Map<string, Record<string, number>>()
    for (const bundler of Object.keys(bundlers)) {
      const loaded = await inSteps(await bundle(bundler, subject))
      for (const [step, title] of Object.entries(steps)) {
        const row = `${name}, ${title}`
        bySteps.set(row, { ...bySteps.get(row), [bundler]: loaded[step as keyof Loaded] })
      }
    }
    for (const [row, figures] of bySteps) outcomes.push({ name: row, figures, rounds: [figures] })
  }
  return outcomes
}

/** A table of outcomes, a column for each bundler. */
export const show = (outcomes: ReadonlyArray<Outcome>): void =>
  table(
    "Browser bundle, gzipped kB (1000 bytes)",
    outcomes,
    Object.keys(bundlers).map((bundler) => plain(bundler, bundler, 1, 1e-3)),
  )

export const run = async (): Promise<void> => {
  const outcomes = await compare(
    "bundle",
    Object.entries(others).map(([name, subject]) => ({
      name,
      run: async () => {
        const figures: Record<string, number> = {}
        for (const bundler of Object.keys(bundlers)) {
          try {
            figures[bundler] = await whole(await bundle(bundler, subject))
          } catch {
            // a cell that stays empty: this bundler cannot bundle it for a page
          }
        }
        return figures satisfies Figures
      },
    })),
    1,
  )
  const all = [...(await measureOurs()), ...outcomes]
  show(all)
  await save("bundle", all)
}
