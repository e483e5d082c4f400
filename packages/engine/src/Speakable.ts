/**
 * Prepares a text for the front end: folds it to ASCII, refuses what cannot be spoken, cuts it into sentences, puts
 * numbers, dates, addresses and abbreviations into words, and leaves utterances with the pauses between them.
 */
import * as Effect from "effect/Effect"
import { fold } from "./internal/fold.ts"
import { guessLanguage } from "./internal/language.ts"
import { normalize } from "./internal/normalize.ts"
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

const scripts = (
  "Cyrillic Greek Arabic Hebrew Devanagari Bengali Tamil Telugu Gujarati Gurmukhi Kannada Malayalam Sinhala Thai Lao " +
  "Khmer Myanmar Tibetan Armenian Georgian Ethiopic Hiragana Katakana Hangul Han"
)
  .split(" ")
  .map((name) => ({ name, pattern: new RegExp(`\\p{Script=${name}}`, "u") }))

/** A letter or digit that no folding brings to ASCII, and what is written beside it. Of Latin ones a rest is left out. */
const foreign = /(?=[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}])[\p{L}\p{Nd}][\p{L}\p{Nd}\p{M}]*/u

/** As much of a foreign word as a message needs. */
const quoted = (word: string) => {
  const letters = Array.from(word)
  return `\u201c${letters.slice(0, 20).join("")}${letters.length > 20 ? "\u2026" : ""}\u201d`
}

/** A key that was held down, or filler: "Zzzzz" and "Noooooo!" are shorter, or have other letters. */
const oneLetter = /^[^A-Za-z0-9]*([A-Za-z])(?:[^A-Za-z0-9]*\1){49,}[^A-Za-z0-9]*$/iu

const check = (text: string, folded: string): TextUnspeakable | undefined => {
  if (text.trim() === "") {
    return new TextUnspeakable({ reason: "empty", supported, detail: "The text is empty." })
  }
  const word = foreign.exec(folded)?.[0]
  if (word !== undefined) {
    const script = scripts.find(({ pattern }) => pattern.test(word))?.name ?? "another"
    const detail = `The text has ${quoted(word.normalize("NFC"))} in ${script} script; this engine speaks ${supported} only.`
    return new TextUnspeakable({ reason: "unsupported script", supported, detail })
  }
  if (!/[A-Za-z0-9]/u.test(folded)) {
    const detail = `The text holds no letters or digits to say; this engine speaks ${supported}.`
    return new TextUnspeakable({ reason: "nothing to say", supported, detail })
  }
  const letter = oneLetter.exec(folded)?.[1]
  if (letter !== undefined) {
    const detail = `The text holds no words to say, only the letter \u201c${letter}\u201d again and again.`
    return new TextUnspeakable({ reason: "nothing to say", supported, detail })
  }
  const language = guessLanguage(folded)
  if (language !== undefined) {
    const detail = `The text looks like ${language}; this engine speaks ${supported} only.`
    return new TextUnspeakable({ reason: "unsupported language", supported, detail })
  }
  return undefined
}

/** One line per paragraph: a lone line break is a wrapped line unless a list item follows. */
const paragraphs = (folded: string): ReadonlyArray<string> =>
  folded
    .replaceAll(/\r\n?|[\v\f\u0085\u2028\u2029]/gu, "\n")
    .split(/\n ?\n\s*|\n(?= ?(?:[-*]|\d{1,3}[.)])\s)/u)
    .map((paragraph) =>
      paragraph
        .replaceAll(/[^\x20-\x7e]+/gu, " ")
        .replaceAll(/ +/gu, " ")
        .trim(),
    )
    .map((paragraph) => paragraph.replace(/^[-*] /u, ""))

/** Longest sentence in characters that is put into words at once; nobody writes a longer one. */
const sentenceLimit = 2_000

/** So many sentences take some milliseconds. Then others have their turn: a server's event loop has more to do. */
const turn = 8

const isSpoken = (text: string) => /[A-Za-z0-9]/u.test(text)

/** Whether there is anything in the text that can be spoken. */
export const inspect = (text: string): Effect.Effect<void, TextUnspeakable> =>
  Effect.suspend(() => check(text, fold(text)) ?? Effect.void)

/**
 * The utterances of a text, in order, at least one. A word in another script fails, as leaving it out would change
 * what is said; so does a text in another language, as far as that can be told. Symbols without a name are left out.
 */
export const fromText = Effect.fnUntraced(function* (
  text: string,
): Effect.fn.Return<ReadonlyArray<SpeakableUtterance>, TextUnspeakable> {
  const folded = fold(text)
  const refusal = check(text, folded)
  if (refusal !== undefined) return yield* refusal

  const found: Array<{ readonly text: string; pause: number }> = []
  let count = 0
  for (const paragraph of paragraphs(folded)) {
    const before = found.length
    for (const sentence of sentences(paragraph).flatMap((sentence) => clauses(sentence, sentenceLimit))) {
      if (count++ % turn === 0) yield* Effect.yieldNow
      const parts = clauses(normalize(sentence), utteranceLimit).filter(isSpoken)
      for (const [i, text] of parts.entries()) {
        found.push({ text, pause: i + 1 < parts.length ? pauses.clause : pauses.sentence })
      }
    }
    const last = found.at(-1)
    if (last !== undefined && found.length > before) last.pause = pauses.paragraph
  }
  const total = found.reduce((sum, part) => sum + part.text.length, 0)
  let done = 0
  return found.map((part, i) => {
    done += part.text.length
    return { text: part.text, pause: i + 1 < found.length ? part.pause : 0, progress: done / total }
  })
})
