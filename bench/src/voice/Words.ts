/** How well the matched voices are understood, beside the voices that they are made of: all say the same sentences. */
import type { Speaker, Voice } from "@voiceclone/engine/Speaker"
import { type Column, type Figures, type Outcome, plain } from "../Comparison.ts"
import { type Heard, hear } from "./Recogniser.ts"
import { type Reference, type Spoken, speakWith } from "./References.ts"
import { heardText } from "./Texts.ts"
import * as WordErrors from "./WordErrors.ts"

/** A reference, and the voice that was made after it. */
export interface Fitted {
  readonly reference: Reference
  readonly voice: Voice
}

/** Voices whose formants are moved by more are none of an adult's, whom alone the recogniser was trained with. */
const adult = { least: 0.92, greatest: 1.12 } as const

/** As many as the cores that this is usually run on. */
const atOnce = 2

export const columns: ReadonlyArray<Column> = [
  plain("WER, %", "wer", 1, 100),
  plain("unmatched, %", "unmatched", 1, 100),
  plain("difference", "more", 1, 100),
  plain("at least", "least", 1, 100),
  plain("at most", "greatest", 1, 100),
  plain("normalised, %", "warped", 1, 100),
  plain("the reference, %", "own", 1, 100),
  plain("the reference normalised, %", "ownWarped", 1, 100),
]

const asFigures = ({ greatest, least, mean }: WordErrors.Difference): Figures => ({ more: mean, least, greatest })

export interface Options {
  readonly directory: string
  /** Whether the references say the sentences too, and voices that are none of an adult's are heard by their size: half as long again. */
  readonly isThorough: boolean
  readonly note: (line: string) => void
}

/** Rows for a table: every voice, and in the mean those of adults. */
export const measure = async (
  speaker: Speaker["Service"],
  fitted: ReadonlyArray<Fitted>,
  { directory, isThorough, note }: Options,
): Promise<ReadonlyArray<Outcome>> => {
  let count = 0
  const listen = ({ pieces, recording }: Spoken, warp?: number) =>
    hear(directory, {
      name: `words-${count++}`,
      sentences: heardText,
      pieces,
      sampleRate: recording.sampleRate,
      ...(warp === undefined ? {} : { warp }),
    })

  const unmatched = new Map<Voice["name"], Promise<ReadonlyArray<Heard>>>()
  const asItIs = (name: Voice["name"]) => {
    const known = unmatched.get(name) ?? speakWith(speaker, { name }, heardText).then((said) => listen(said))
    unmatched.set(name, known)
    return known
  }

  const judge = async ({ reference, voice }: Fitted) => {
    const scale = voice.formantScale ?? 1
    const isAdult = scale >= adult.least && scale <= adult.greatest
    const said = await speakWith(speaker, voice, heardText)
    const [ours, theirs] = await Promise.all([listen(said), asItIs(voice.name)])
    const itself = isThorough ? await reference.speak?.(heardText) : undefined
    const isWarped = isThorough && !isAdult
    const figures: Figures = {
      wer: WordErrors.rate(ours),
      unmatched: WordErrors.rate(theirs),
      ...asFigures(WordErrors.difference([{ ours, theirs }])),
      ...(isWarped ? { warped: WordErrors.rate(await listen(said, scale)) } : {}),
      ...(itself === undefined ? {} : { own: WordErrors.rate(await listen(itself)) }),
      ...(itself !== undefined && isWarped ? { ownWarped: WordErrors.rate(await listen(itself, scale)) } : {}),
    }
    const name = `${reference.name} (${voice.name} × ${scale.toFixed(2)})`
    note(
      `words: ${name}: ${columns.map((column) => `${column.title} ${column.text({ name, figures, rounds: [] })}`).join("; ")}`,
    )
    return { outcome: { name, figures, rounds: [figures] }, isAdult, ours, theirs }
  }

  // The recogniser is a process, and hears one voice while the next one is spoken.
  const judged: Array<Awaited<ReturnType<typeof judge>>> = []
  const waiting = [...fitted.entries()]
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) judged[next[0]] = await judge(next[1])
  }
  await Promise.all(Array.from({ length: atOnce }, work))

  const summary = (name: string, of: typeof judged): ReadonlyArray<Outcome> => {
    if (of.length === 0) return []
    const mean = (pick: (one: (typeof judged)[number]) => ReadonlyArray<Heard>) =>
      of.reduce((sum, one) => sum + WordErrors.rate(pick(one)), 0) / of.length
    const owns = of.flatMap(({ outcome }) => outcome.figures["own"] ?? [])
    const figures: Figures = {
      wer: mean(({ ours }) => ours),
      unmatched: mean(({ theirs }) => theirs),
      ...asFigures(WordErrors.difference(of)),
      ...(owns.length > 0 ? { own: owns.reduce((sum, own) => sum + own, 0) / owns.length } : {}),
    }
    return [{ name: `**${name}, mean**`, figures, rounds: [figures] }]
  }
  return [
    ...judged.map(({ outcome }) => outcome),
    ...summary(
      "adults",
      judged.filter(({ isAdult }) => isAdult),
    ),
    ...summary("all", judged),
  ]
}
