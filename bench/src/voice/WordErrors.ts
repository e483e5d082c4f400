/** Word error rates, and whether one is worse than another or only chance says so. */
import type { Heard } from "./Recogniser.ts"

/** The share of words that are misheard, of all sentences together. */
export const rate = (heard: ReadonlyArray<Heard>): number =>
  heard.reduce((sum, { wrong }) => sum + wrong, 0) / heard.reduce((sum, { words }) => sum + words, 0)

/** A difference of two rates, and the interval in which it lies with a probability of 95 %. */
export interface Difference {
  readonly mean: number
  readonly least: number
  readonly greatest: number
}

const draws = 4_000

/** Numbers from 0 to 1, always the same ones: mulberry32. */
const randomFrom = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
}

/**
 * How much more of the one is misheard than of the other, where both say the same sentences; of several voices, in the
 * mean. Sentences are drawn anew, each with all that was heard of it; after Bisani and Ney (2004), "Bootstrap estimates for
 * confidence intervals in ASR performance evaluation".
 */
export const difference = (
  pairs: ReadonlyArray<{ readonly ours: ReadonlyArray<Heard>; readonly theirs: ReadonlyArray<Heard> }>,
): Difference => {
  const count = pairs[0]!.ours.length
  const words = pairs[0]!.ours.map((heard) => heard.words)
  const more = words.map(
    (_, i) => pairs.reduce((sum, { ours, theirs }) => sum + ours[i]!.wrong - theirs[i]!.wrong, 0) / pairs.length,
  )
  const over = (sentences: ReadonlyArray<number>) =>
    sentences.reduce((sum, i) => sum + more[i]!, 0) / sentences.reduce((sum, i) => sum + words[i]!, 0)
  const random = randomFrom(1)
  const found = Array.from({ length: draws }, () =>
    over(Array.from({ length: count }, () => Math.floor(random() * count))),
  ).toSorted((a, b) => a - b)
  return {
    mean: over(words.map((_, i) => i)),
    least: found[Math.floor(0.025 * draws)]!,
    greatest: found[Math.floor(0.975 * draws)]!,
  }
}
