/**
 * Subjects measured side by side: each once per round, every round in another order, and the median of the rounds.
 */
import { mkdir, writeFile } from "node:fs/promises"
import { cpus, loadavg, platform, totalmem } from "node:os"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"

/** Figures by name. What a subject cannot tell is left out. */
export type Figures = Readonly<Record<string, number>>

export interface Subject {
  readonly name: string
  readonly run: () => Promise<Figures>
}

export interface Outcome {
  readonly name: string
  /** Medians. */
  readonly figures: Figures
  readonly rounds: ReadonlyArray<Figures>
  /** Why the subject could not be measured. */
  readonly failure?: string
}

export interface Column {
  readonly title: string
  readonly text: (outcome: Outcome) => string
}

export const root = fileURLToPath(new URL("..", import.meta.url))

export const say = (line: string): void => void process.stdout.write(`${line}\n`)

export const note = (line: string): void => void process.stderr.write(`${line}\n`)

const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const medians = (rounds: ReadonlyArray<Figures>): Figures =>
  Object.fromEntries(
    Object.keys(rounds[0] ?? {}).map((key) => [key, median(rounds.flatMap((round) => round[key] ?? []))]),
  )

/** `BENCH_ROUNDS` overrides the number of rounds, for a look or for a quieter figure. */
export const rounds = (usual: number): number => Number(process.env["BENCH_ROUNDS"] ?? usual)

/** Measures the subjects, interleaved. One that fails is reported and left out from then on. */
export const compare = async (
  title: string,
  subjects: ReadonlyArray<Subject>,
  rounds: number,
): Promise<ReadonlyArray<Outcome>> => {
  const measured = subjects.map(({ name }) => ({ name, rounds: [] as Array<Figures>, failure: "" }))
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      const index = (turn + round) % subjects.length
      const entry = measured[index]!
      if (entry.failure !== "") continue
      try {
        entry.rounds.push(await subjects[index]!.run())
      } catch (error) {
        entry.failure = error instanceof Error ? error.message : String(error)
        note(`${title}: ${entry.name}: ${entry.failure}`)
      }
    }
    note(`${title}: round ${round + 1} of ${rounds}`)
  }
  return measured.map(({ name, rounds, failure }) => ({
    name,
    rounds,
    figures: medians(rounds),
    ...(failure === "" ? {} : { failure }),
  }))
}

/** A figure as it is. */
export const plain = (title: string, key: string, digits = 0, scale = 1): Column => ({
  title,
  text: ({ figures }) => {
    const value = figures[key]
    return value === undefined ? "" : (value * scale).toFixed(digits)
  },
})

/** A figure as a multiple of the base's. */
export const ratio = (title: string, key: string, outcomes: ReadonlyArray<Outcome>, base: string): Column => {
  const unit = outcomes.find(({ name }) => name === base)?.figures[key]
  return {
    title,
    text: ({ figures }) => {
      const value = figures[key]
      return value === undefined || unit === undefined ? "" : (value / unit).toFixed(2)
    },
  }
}

/** A Markdown table, so that it can be read here and pasted there. */
export const table = (title: string, outcomes: ReadonlyArray<Outcome>, columns: ReadonlyArray<Column>): void => {
  const rows = [
    ["", ...columns.map(({ title }) => title)],
    ...outcomes.map((outcome) => [
      outcome.name,
      ...columns.map(({ text }) => (outcome.rounds.length === 0 ? "failed" : text(outcome))),
    ]),
  ]
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)))
  const line = (row: ReadonlyArray<string>) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join(" | ")} |`
  const rule = `| ${widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`
  say(`\n### ${title}\n`)
  for (const text of [line(rows[0]!), rule, ...rows.slice(1).map(line)]) say(text)
}

/** Writes everything that was measured to `results/<name>.json`. */
export const save = async (name: string, results: unknown): Promise<void> => {
  const file = `${root}results/${name}.json`
  const machine = {
    platform: platform(),
    cores: cpus().length,
    memoryBytes: totalmem(),
    node: process.version,
    load: loadavg(),
  }
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify({ at: new Date().toISOString(), machine, results }, undefined, 2)}\n`)
  note(`written: ${file.slice(root.length)}`)
}
