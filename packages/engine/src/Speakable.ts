/**
 * Prepares a text for the front end: folds it to ASCII, refuses what cannot be spoken, and cuts it into utterances
 * with the pauses between them.
 */
import * as Effect from "effect/Effect"
import { fold } from "./internal/fold.ts"
import { clauses, sentences } from "./internal/sentences.ts"
import { TextUnspeakable } from "./SynthesisError.ts"

/** Silence after an utterance, in seconds. */
export const pauses = { clause: 0.12, sentence: 0.3, paragraph: 0.6 } as const

/** Longest utterance in characters: the front end's memory grows with it. */
export const utteranceLimit = 240

/** What the embedded voice can speak, for messages. */
export const supported = "English in Latin script"

/** A piece of text small enough to speak at once. */
export interface SpeakableUtterance {
  /** ASCII, not empty, at most {@link utteranceLimit} characters. */
  readonly text: string
  /** Silence that follows, in seconds; 0 at the end of the text. */
  readonly pause: number
  /** Share of the whole text spoken once this utterance is. The last one has 1. */
  readonly progress: number
}

const scripts = [
  "Cyrillic",
  "Greek",
  "Arabic",
  "Hebrew",
  "Devanagari",
  "Bengali",
  "Tamil",
  "Thai",
  "Armenian",
  "Georgian",
  "Hiragana",
  "Katakana",
  "Hangul",
  "Han",
].map((name) => ({ name, pattern: new RegExp(`\\p{Script=${name}}`, "gu") }))

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0

const check = (text: string, folded: string): TextUnspeakable | undefined => {
  if (text.trim() === "") {
    return new TextUnspeakable({ reason: "empty", supported, detail: "The text is empty." })
  }
  const speakable = count(folded, /[A-Za-z]/gu)
  const foreign = count(folded, /\p{L}/gu) - speakable
  if (foreign > speakable) {
    const script = scripts
      .map(({ name, pattern }) => ({ name, letters: count(folded, pattern) }))
      .reduce((most, next) => (next.letters > most.letters ? next : most))
    const found = script.letters > 0 ? `mostly in ${script.name} script` : "mostly in a script without a voice"
    const detail = `The text is ${found}; this engine speaks ${supported} only.`
    return new TextUnspeakable({ reason: "unsupported script", supported, detail })
  }
  if (speakable === 0 && count(folded, /\d/gu) === 0) {
    const detail = `The text holds no letters or digits to say; this engine speaks ${supported}.`
    return new TextUnspeakable({ reason: "nothing to say", supported, detail })
  }
  return undefined
}

/** One line per paragraph: a lone line break is a wrapped line unless a list item follows. */
const paragraphs = (folded: string): ReadonlyArray<string> =>
  folded
    .replaceAll(/\r\n?|[\v\f\u0085\u2028\u2029]/gu, "\n")
    .split(/\n[ \t]*\n\s*|\n(?=\s*(?:[-*]|\d{1,3}[.)])\s)/u)
    .map((paragraph) =>
      paragraph
        .replaceAll(/[^\x20-\x7e]+/gu, " ")
        .replaceAll(/ +/gu, " ")
        .trim(),
    )
    .map((paragraph) => paragraph.replace(/^[-*] /u, ""))

const isSpoken = (text: string) => /[A-Za-z0-9]/u.test(text)

/** Whether there is anything in the text that can be spoken. */
export const inspect = (text: string): Effect.Effect<void, TextUnspeakable> =>
  Effect.suspend(() => check(text, fold(text)) ?? Effect.void)

/**
 * The utterances of a text, in order, at least one. A minority of letters from other scripts is left out; a text
 * that consists mostly of them fails.
 */
export const fromText = Effect.fnUntraced(function* (
  text: string,
): Effect.fn.Return<ReadonlyArray<SpeakableUtterance>, TextUnspeakable> {
  const folded = fold(text)
  const refusal = check(text, folded)
  if (refusal !== undefined) return yield* refusal

  const found = paragraphs(folded).flatMap((paragraph) => {
    const spoken = sentences(paragraph).flatMap((sentence) => {
      const parts = clauses(sentence, utteranceLimit).filter(isSpoken)
      return parts.map((part, i) => ({ text: part, pause: i + 1 < parts.length ? pauses.clause : pauses.sentence }))
    })
    return spoken.map((part, i) => (i + 1 < spoken.length ? part : { ...part, pause: pauses.paragraph }))
  })
  const total = found.reduce((sum, part) => sum + part.text.length, 0)
  let done = 0
  return found.map((part, i) => {
    done += part.text.length
    return { text: part.text, pause: i + 1 < found.length ? part.pause : 0, progress: done / total }
  })
})
